"""Whatever people hold their samples in gives the same picture, or a ValueError with the way out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neural_network import MLPClassifier

import foldspace_nn as fs

W1 = np.array([[1.5, -1.0], [0.5, 2.0], [-1.0, 0.3]])
NETWORK = fs.Network([("hidden", W1, [0.1, -0.4, 0.2], "tanh"), ("out", np.array([[2.0, -1.5, 1.0]]), [0.1], "sigmoid")])
X = np.round(np.random.RandomState(0).randn(60, 2) * 8) / 4  # exact in float16
y = (NETWORK.forward(X)[:, 0] > 0.5).astype(int)
SVG = fs.boundary(NETWORK, X, y).svg()


class Tensor:
    """A tensor of another library, on another device."""

    def __init__(self, values):
        self.values, self.dtype = values, "float32"

    def detach(self):
        return self

    cpu = detach

    def numpy(self):
        return self.values

    def __array__(self, *_, **__):
        raise TypeError("detach it first")


strided = np.zeros((120, 4))
strided[::2, ::2] = X
SAMPLES = {
    "list": X.tolist(),
    "float32": X.astype(np.float32),
    "float16": X.astype(np.float16),
    "fortran": np.asfortranarray(X),
    "strided": strided[::2, ::2],
    "reversed": X[::-1][::-1],
    "objects": X.astype(object),
    "big endian": X.astype(">f8"),
    "read only": np.frombuffer(X.tobytes()).reshape(X.shape),
    "tensor": Tensor(X),
    "frame": pd.DataFrame(X, columns=["x1", "x2"]),
    "nullable": pd.DataFrame(X, columns=["x1", "x2"]).astype("Float64"),
}
TARGETS = {
    "list": y.tolist(),
    "bytes": y.astype(np.int8),
    "floats": y.astype(float),
    "column": y[:, None],
    "one-hot": np.eye(2)[y],
    "tensor": Tensor(y),
    "series": pd.Series(y),
    "frame": pd.DataFrame({"label": y}),
    "objects": y.astype(object),
    "nullable": pd.Series(y).astype("Int64"),
    "category": pd.Series(y).astype("category"),
    "unsigned": y.astype(np.uint64),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_samples_of_any_kind(kind):
    assert fs.boundary(NETWORK, SAMPLES[kind], y).svg() == SVG


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_of_any_kind(kind):
    assert fs.boundary(NETWORK, X, TARGETS[kind]).svg() == SVG


def broken(row, column, value):
    table = X.copy()
    table[row, column] = value
    return table


REFUSED = {
    "nan": (broken(3, 1, np.nan), y, "feature x2 of sample 3 is not finite; remove"),
    "infinite": (broken(3, 1, np.inf), y, "feature x2 of sample 3 is not finite; remove"),
    "missing in a frame": (pd.DataFrame(broken(2, 0, np.nan), columns=["a", "b"]), y, "feature a of sample 2 is not finite"),
    "text": (X.astype(str), y, "encode them as numbers"),
    "a column of text": (pd.DataFrame({"a": X[:, 0], "b": ["u"] * 60}), y, "column b: .*encode them as numbers"),
    "columns alike": (pd.DataFrame(X, columns=["a", "a"]), y, "two columns are called a; rename"),
    "complex": (X.astype(complex), y, "complex"),
    "one dimension": (X[:, 0], y, r"X.reshape\(-1, 1\)"),
    "a number": (3.0, y, "a row per sample"),
    "no samples": (X[:0], y[:0], "no samples"),
    "fewer targets": (X, y[:-1], "59 targets for 60 samples"),
    "three features": (np.c_[X, X[:, 0]], y, "3 features, the network takes 2"),
    "one class": (X, np.ones(60, dtype=int), "every sample is of class 1; give samples of at least 2 classes"),
    "three classes": (X, np.arange(60) % 3, "the network parts 2 classes, the data have 3"),
    "targets that are numbers": (X, X[:, 0] + 0.25, "draw prediction, residuals or data"),
    "no label": (X, np.where(np.arange(60) == 4, None, "a"), "sample 4 has no label"),
    "nan label": (X, np.where(np.arange(60) == 4, np.nan, y), "sample 4 has no label"),
    "mixed labels": (X, np.array([1, "a"] * 30, dtype=object), "different kinds"),
    "several labels": (X, np.c_[y, y, y], "not one-hot"),
    "masked": (np.ma.masked_array(X, np.eye(60, 2) > 0), y, "masked"),
    "dates": (np.zeros((60, 2), dtype="datetime64[s]"), y, "dates"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_says_the_way_out(kind):
    samples, targets, words = REFUSED[kind]
    with pytest.raises(ValueError, match=words):
        fs.boundary(NETWORK, samples, targets)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"theme": "blue"}, "choose light or dark"),
        ({"output": "probabilities"}, "choose among auto"),
        ({"xlim": (1, 0)}, "the smaller first"),
        ({"xlim": 3}, "give two numbers"),
        ({"class_names": ["a"]}, "1 names for 2 classes"),
        ({"features": ("a", "b", "c")}, "name the two"),
        ({"feature_names": ["a"]}, "1 names for 2 features"),
    ],
)
def test_options(options, words):
    with pytest.raises(ValueError, match=words):
        fs.boundary(NETWORK, X, y, **options)


def test_frames_name_the_axes_and_may_turn_them():
    frame = pd.DataFrame(X, columns=["width", "height"])
    named = fs.boundary(NETWORK, frame, y)
    assert named.svg() == fs.boundary(NETWORK, X, y, features=("width", "height")).svg() != SVG
    turned = fs.boundary(NETWORK, frame, y, features=("height", "width"))
    assert all(np.allclose(NETWORK.forward(curve[:, ::-1])[:, 0], 0.5, atol=1e-9) for curve in turned.curves)


def test_names_are_shown_as_they_are():
    """Signs that the pictures' markup has stand for themselves."""
    odd = fs.boundary(NETWORK, X, y, features=("a_b$x$", "c^2"), class_names=["<u>", "$v$"])
    plain = fs.boundary(NETWORK, X, y, features=("abx", "c2"), class_names=["u", "v"])
    assert odd.svg() != plain.svg()


def test_the_window_is_the_one_that_is_asked_for():
    picture = fs.boundary(NETWORK, X, y, xlim=(-10, 10), ylim=(-9, 9))
    ends = np.vstack(picture.curves)
    assert np.abs(ends[:, 0]).max() == pytest.approx(10) or np.abs(ends[:, 1]).max() == pytest.approx(9)
    for curve in picture.curves:
        assert np.abs(NETWORK.forward(curve)[:, 0] - 0.5).max() < 1e-9


def test_thirty_features():
    table = np.random.RandomState(0).randn(90, 30)
    target = (table @ np.random.RandomState(1).randn(30) > 0).astype(int)
    model = MLPClassifier((8,), max_iter=1500, random_state=0).fit(table, target)
    picture = fs.boundary(model, table, target)
    assert "30 features" in picture.caption
    fs.embedding(model, table, target)
    fs.boundary(model, table, target, features=(0, 29))
    fs.weights(model)


def test_images_go_in_as_they_are():
    images = np.random.RandomState(0).rand(40, 3, 2)
    bright = images.mean(axis=(1, 2)) > 0.5
    assert fs.boundary(lambda P: P.mean(axis=(1, 2)) > 0.5, images, bright).curves


def test_what_numpy_does_not_know_by_itself():
    small = pytest.importorskip("ml_dtypes").bfloat16
    coarse = X.astype(small)
    assert fs.boundary(NETWORK, coarse, y).svg() == fs.boundary(NETWORK, coarse.astype(float), y).svg()


@pytest.mark.parametrize("size", [(0, 0), (-3, 5), (300.5, 200), 700, (100_000, 100_000)])
def test_sizes(size):
    with pytest.raises(ValueError, match="width and height in pixels"):
        fs.boundary(NETWORK, X, y, size=size)


def test_chance_has_no_border():
    """Answers that differ from call to call would be drawn as a thousand islands."""
    random = np.random.RandomState(0)
    with pytest.raises(ValueError, match="differ from one call to the next"):
        fs.boundary(lambda P: (P[:, 0] + random.randn(len(P)) > 0.5), X, y)
    with pytest.raises(ValueError, match="differ from one call to the next"):
        fs.boundary(lambda P: (P[:, 0] > P[:, 0].sum() / 10), X, y)


def test_somebodys_own_exception_comes_with_a_note():
    with pytest.raises(TypeError) as raised:
        fs.boundary(lambda p: float(p[0] > 0.5), X, y)
    assert "60 samples at once" in raised.value.__notes__[0] or "1 samples at once" in raised.value.__notes__[0]
