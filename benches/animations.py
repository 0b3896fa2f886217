"""foldspace against matplotlib: both views of one training, 150 frames of 800 x 400, as a GIF.

    python3 -m venv peers && peers/bin/pip install numpy matplotlib pillow
    cargo build --release
    peers/bin/python benches/animations.py [--runs 3]

Both read the same run directory and draw the same things: points and warped graph paper in the embedding, points,
probability and boundary in input space. Each run is a process of its own; the two take turns, and CPU seconds (user
and system, all threads) are compared pair by pair.
"""

import argparse
import json
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EPOCHS = range(1, 151)


def read_safetensors(path):
    import numpy as np

    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def matplotlib_pictures(run, points, out):
    """The animation where `out` is a GIF; else the last epoch, as SVG and PNG."""
    x, y = points[:, :2], points[:, 2].astype(int)
    epochs = EPOCHS if out.suffix == ".gif" else EPOCHS[-1:]
    frames = [read_safetensors(run / f"weights/epoch-{epoch:06}.safetensors") for epoch in epochs]
    if out.suffix == ".gif":
        return draw_animation(frames, x, y, out)
    figure, draw = views(frames, x, y)
    draw(0)
    figure.savefig(out.with_suffix(".svg"))
    figure.savefig(out.with_suffix(".png"), dpi=192)


def draw_animation(frames, x, y, out):
    """Both views side by side, a frame per dictionary of weights (units x inputs)."""
    figure, draw = views(frames, x, y)
    from matplotlib.animation import FuncAnimation, PillowWriter

    FuncAnimation(figure, draw, frames=len(frames)).save(out, writer=PillowWriter(fps=25))


def views(frames, x, y):
    """The figure, and what draws a frame into it."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    names = sorted({name.rsplit(".", 1)[0] for name in frames[0]}, key=lambda n: (n == "layers.2", n == "embedding"))

    def head(weights, points):
        for name in names[:-1]:
            points = np.tanh(points @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])
        return points

    def probability(weights, embedding):
        return 1 / (1 + np.exp(-(embedding @ weights[f"{names[-1]}.weight"].T + weights[f"{names[-1]}.bias"])))

    low, high = x.min(0) - 0.4, x.max(0) + 0.4
    gx, gy = np.meshgrid(np.linspace(low[0], high[0], 96), np.linspace(low[1], high[1], 96))
    mesh = np.stack([gx.ravel(), gy.ravel()], 1)
    ex, ey = np.meshgrid(np.linspace(-1.1, 1.1, 96), np.linspace(-1.1, 1.1, 96))
    space = np.stack([ex.ravel(), ey.ravel()], 1)
    t = np.linspace(0, 1, 61)
    paper = [np.stack([np.full(61, c), low[1] + t * (high[1] - low[1])], 1) for c in np.linspace(low[0], high[0], 21)]
    paper += [np.stack([low[0] + t * (high[0] - low[0]), np.full(61, c)], 1) for c in np.linspace(low[1], high[1], 17)]

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4), dpi=100)
    colours = np.array(["#e8553a", "#5a3fa8"])[y]

    def draw(frame):
        weights = frames[frame]
        left.clear()
        right.clear()
        left.imshow(
            probability(weights, space).reshape(96, 96),
            extent=(-1.1, 1.1, -1.1, 1.1), origin="lower", cmap="PuOr_r", vmin=0, vmax=1, interpolation="bilinear",
        )
        for line in paper:
            left.plot(*head(weights, line).T, lw=0.7, color="#0f7f8c", alpha=0.4)
        left.scatter(*head(weights, x).T, s=7, c=colours, edgecolors="white", linewidths=0.4)
        left.set_title(f"embedding, epoch {frame + 1}")
        values = probability(weights, head(weights, mesh)).reshape(96, 96)
        extent = (low[0], high[0], low[1], high[1])
        right.imshow(values, extent=extent, origin="lower", cmap="PuOr_r", vmin=0, vmax=1, interpolation="bilinear")
        right.contour(gx, gy, values, levels=[0.5], colors="black")
        right.scatter(*x.T, s=7, c=colours, edgecolors="white", linewidths=0.4)
        right.set_title("input space")

    return figure, draw


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer", nargs=3, metavar=("RUN", "POINTS", "OUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        import numpy as np

        run, points, out = arguments.peer
        points = np.loadtxt(points, delimiter=",", skiprows=1)
        matplotlib_pictures(pathlib.Path(run), points, pathlib.Path(out))
        return

    program = ROOT / "target/release/foldspace"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run, points = folder / "moons", folder / "moons.csv"
        subprocess.run([program, "train", ROOT / "configs/moons.toml", "--out", run, "--quiet"], check=True)
        subprocess.run([program, "data", "moons", "-o", points, "--quiet"], check=True)
        ours = [program, "animate", run, "training", "--size", "800x400", "--out", folder / "ours", "--quiet"]
        peer = [sys.executable, __file__, "--peer", run, points, folder / "peer.gif"]
        ratios = []
        for index in range(arguments.runs):
            (a, a_wall), (b, b_wall) = cpu_of(ours), cpu_of(peer)
            ratios.append(b / a)
            print(f"run {index + 1}: foldspace {a:.2f} s CPU ({a_wall:.2f} s), matplotlib {b:.1f} s CPU ({b_wall:.1f} s)")
        size = lambda path: path.stat().st_size / 1e6
        ratios.sort()
        print(f"matplotlib / foldspace, CPU: median {ratios[len(ratios) // 2]:.1f}, from {ratios[0]:.1f} to {ratios[-1]:.1f}")
        print(f"sizes: foldspace {size(folder / 'ours/training.gif'):.2f} MB, matplotlib {size(folder / 'peer.gif'):.2f} MB")


if __name__ == "__main__":
    main()
