"""Networks of plain arrays, pictures and their files, and what PyTorch computed where it is not installed."""

import base64
import os
import subprocess
import sys
import xml.dom.minidom
from pathlib import Path

import numpy as np
import pytest

import foldspace_nn as fs

FIXTURES = np.load(Path(__file__).parent / "fixtures/torch.npz")
MOONS = Path(__file__).parent / "fixtures/moons.onnx"
REFERENCE = Path(__file__).parents[2] / "tests/it/reference/onnx"
KINDS = sorted({key.rsplit("/", 1)[0] for key in FIXTURES.files if key.endswith("/output")})


@pytest.mark.parametrize("key", KINDS)
def test_every_activation_is_pytorchs(key):
    activation = key.split("/")[0]
    part = lambda name: FIXTURES[f"{key}/{name}"]  # noqa: E731
    network = fs.Network([("a", part("0.weight"), part("0.bias"), activation), ("b", part("2.weight"), part("2.bias"), "softmax")])
    room = 1e-12 if key.endswith("f64") else 1e-6
    assert np.abs(network.forward(FIXTURES["X"]) - part("output")).max() < room


def moons_network():
    part = lambda name: FIXTURES[f"moons/{name}"]  # noqa: E731
    layers = [(f"l{k}", part(f"{k}.weight"), part(f"{k}.bias"), "sigmoid" if k == 4 else "tanh") for k in (0, 2, 4)]
    return fs.Network(layers), FIXTURES["moons/X"], FIXTURES["moons/y"]


@pytest.mark.parametrize("figure", [fs.boundary, fs.embedding])
def test_onnx_and_python_draw_the_same(figure):
    network, X, y = moons_network()
    from_file = figure(MOONS, X, y, caption="")
    assert from_file.svg() == figure(network, X, y, caption="").svg()
    assert from_file.png() == figure(network, X, y, caption="").png()
    assert figure(str(MOONS), X, y).caption.startswith("Read from moons.onnx")


def test_an_onnx_file_that_is_no_chain():
    with pytest.raises(ValueError, match="residual"):
        fs.weights(REFERENCE / "torch_residual.onnx")


def test_the_border_is_exact():
    network, X, y = moons_network()
    curves = fs.boundary(network, X, y).curves
    assert curves
    for curve in curves:
        assert np.abs(network.forward(curve)[:, 0] - 0.5).max() < 1e-9


def test_files(tmp_path):
    network, X, y = moons_network()
    picture = fs.boundary(network, X, y, title="Two moons")
    xml.dom.minidom.parseString(picture.save(tmp_path / "b.svg").read_text())
    assert picture.save(str(tmp_path / "b.pdf")).read_bytes().startswith(b"%PDF")
    small, large = (picture.save(tmp_path / f"{dpi}.png", dpi=dpi).read_bytes() for dpi in (96, 300))
    width = lambda png: int.from_bytes(png[16:20], "big")  # noqa: E731
    assert (width(small), width(large)) == (720, 2250)
    assert picture.title == "Two moons" and "Two moons" in repr(picture)
    with pytest.raises(ValueError, match=".svg, .pdf or .png"):
        picture.save(tmp_path / "b.bmp")
    with pytest.raises(ValueError, match="pixels"):
        picture.save(tmp_path / "b.png", dpi=0)
    assert fs.boundary(network, X, y, theme="dark").svg() != picture.svg()


def test_a_notebook_gets_svg_or_else_png():
    network, X, y = moons_network()
    picture = fs.boundary(network, X, y)
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"] == picture.svg() and "image/png" not in bundle
    many = np.random.RandomState(0).randn(9000, 2)
    heavy = fs.data(many, many[:, 0] > 0)._repr_mimebundle_()
    assert "image/svg+xml" not in heavy
    assert base64.b64decode(heavy["image/png"]).startswith(b"\x89PNG")


def test_figures_without_data():
    network, _, _ = moons_network()
    titles = [figure(network).title for figure in (fs.weights, fs.spectrum, fs.network)]
    assert titles[:2] == ["Weights", "Singular values"]


def test_regions_of_a_folded_plane():
    """Two units fold along the axes: four cells."""
    network = fs.Network([("fold", np.eye(2), [0.0, 0.0], "relu"), ("out", [[1.0, 1.0]], [-1.0], "sigmoid")])
    X = np.array([[-1.0, -1.0], [1.0, 1.0], [2.0, -1.0], [-1.0, 2.0]])
    assert "4 cells" in fs.regions(network, X, [0, 1, 1, 1]).caption


def test_flow_and_layers(tmp_path):
    network, X, y = moons_network()
    flow = fs.flow(network, X, y)
    assert flow.save(tmp_path / "flow.gif", fps=5).read_bytes().startswith(b"GIF89a")
    assert "layer l0" in fs.embedding(network, X, y, layer="l0").caption
    assert fs.embedding(network, X, y, layer=2).svg() == fs.embedding(network, X, y).svg() == fs.embedding(network, X, y, layer="l2").svg()
    assert fs.activations(network, X, "l0").shape == (len(X), 16)
    expected = np.tanh(X @ FIXTURES["moons/0.weight"].astype(float).T + FIXTURES["moons/0.bias"])
    assert np.abs(fs.activations(network, X, 1) - expected).max() < 1e-12
    with pytest.raises(ValueError, match="choose among 'l0'"):
        fs.embedding(network, X, y, layer="l1")
    with pytest.raises(ValueError, match="one of these endings"):
        flow.save(tmp_path / "flow.png")
    with pytest.raises(ValueError, match="give 5 or more"):
        flow.save(tmp_path / "flow.gif", fps=2)


def test_separability_comes_with_its_certificate():
    network, X, y = moons_network()
    apart = fs.separability(fs.activations(network, X), y)
    h = fs.activations(network, X)
    heights = h @ apart["normal"] + apart["offset"]
    assert apart["separable"] and ((heights > 0) == (y == 1)).all()
    assert np.abs(heights).min() == pytest.approx(apart["margin"], rel=1e-9)
    mixed = fs.separability(X, y)
    assert not mixed["separable"]
    for side, label in (("zero", 0), ("one", 1)):
        rows, weights = zip(*mixed[side])
        assert (y[list(rows)] == label).all() and sum(weights) == pytest.approx(1)
        assert np.abs(np.array(weights) @ X[list(rows)] - mixed["point"]).max() < 1e-9
    three = fs.separability([[0.0, 0], [1, 0], [5, 5], [6, 5], [0, 9], [1, 9]], ["a", "a", "b", "b", "c", "c"])
    assert three["separable"] and list(three["pairs"]) == [("a", "b"), ("a", "c"), ("b", "c")]


def test_what_one_number_means():
    """The same network, its border at 0 and at 1/2."""
    line = fs.Network([("out", [[1.0, 0.0]], [0.0], "identity")])
    X, y = np.array([[-2.0, 0.0], [3.0, 1.0], [1.0, -1.0]]), [0, 1, 1]
    with pytest.raises(ValueError, match='output="logit"'):
        fs.boundary(line, X, y)
    for output, place in (("logit", 0.0), ("value", 0.5)):
        assert np.abs(np.vstack(fs.boundary(line, X, y, output=output).curves)[:, 0] - place).max() < 1e-9
    signs = fs.boundary(line, X, [-1, 1, 1], output="value")
    assert np.abs(np.vstack(signs.curves)[:, 0]).max() < 1e-9
    scores = fs.Network([("out", [[1.0, 0.0], [0.0, 1.0]], None, "sigmoid")])
    curve = np.vstack(fs.boundary(scores, X, y).curves)
    assert np.abs(curve[:, 0] - curve[:, 1]).max() < 1e-6


def test_wrong_shapes():
    W = np.ones((3, 2))
    with pytest.raises(ValueError, match="transpose it"):
        fs.Network([("a", W, np.zeros(3), "tanh"), ("b", np.ones((3, 1)), [0.0], "sigmoid")])
    with pytest.raises(ValueError, match="biases"):
        fs.Network([("a", W, np.zeros(2), "tanh")])
    with pytest.raises(ValueError, match="did you mean tanh"):
        fs.Network([("a", W, np.zeros(3), "tahn")])
    with pytest.raises(ValueError, match="not finite"):
        fs.Network([("a", W * np.nan, np.zeros(3), "tanh")])
    with pytest.raises(ValueError, match="no layer"):
        fs.Network([])


def test_the_command(tmp_path):
    _, X, y = moons_network()
    np.savetxt(tmp_path / "points.csv", np.c_[X, y], delimiter=",", header="x1,x2,label", comments="")
    call = lambda *given: subprocess.run([sys.executable, "-m", "foldspace_nn._cli", *map(str, given)], capture_output=True, text=True)  # noqa: E731
    done = call("draw", MOONS, "--data", tmp_path / "points.csv", "boundary", "flow", "--out", tmp_path / "out", "--fps", 5)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["boundary.png", "boundary.svg", "flow.gif"]
    assert (tmp_path / "out/boundary.svg").read_text() == fs.boundary(MOONS, X, y).svg()
    failed = call("draw", MOONS, "--data", tmp_path / "none.csv")
    assert failed.returncode == 1 and "Traceback" not in failed.stderr and "none.csv" in failed.stderr
    assert call("train").returncode == 2


def test_weights_files_take_their_activations():
    with pytest.raises(ValueError, match="Network.from_file"):
        fs.boundary("net.pt", [[0.0, 0.0], [1.0, 1.0]], [0, 1])
    network, X, _ = moons_network()
    assert np.array_equal(fs.Network.from_file(MOONS).forward(X), models_forward(MOONS, X))


def models_forward(path, X):
    from foldspace_nn import _native, models

    return models.forward(_native.read_network(str(path)), X)


@pytest.mark.skipif("FOLDSPACE" not in os.environ, reason="FOLDSPACE names no program to compare with")
def test_the_program_draws_the_same_bytes(tmp_path):
    """`foldspace draw` and the package: one core, two doors."""
    _, X, y = moons_network()
    np.savetxt(tmp_path / "points.csv", np.c_[X, y], fmt="%.17g", delimiter=",", header="x1,x2,label", comments="")
    given = [os.environ["FOLDSPACE"], "draw", MOONS, "--data", tmp_path / "points.csv", "boundary", "embedding", "--format", "svg", "--out", tmp_path / "out"]
    subprocess.run(list(map(str, given)), check=True, capture_output=True)
    for name, figure in (("boundary", fs.boundary), ("embedding", fs.embedding)):
        assert (tmp_path / f"out/{name}.svg").read_text() == figure(MOONS, X, y).svg()
