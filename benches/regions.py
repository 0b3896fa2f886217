"""foldspace beside Regioncam and relucent on the cells of the formula networks, in the window [-4, 4]².

    python3 benches/regions.py [--rounds 5] [--ours PROGRAM]

Makes a virtual environment under target/regions with regioncam and relucent, builds the bench `regions`, and lets them take
turns, each in a process of its own. A line per network and peer: cells and least milliseconds of either, and the ratio as the
median of the rounds' own ratios. relucent solves linear programs, two processes at a time, and takes seconds for the smallest network:
it has that one alone, in the first round.
"""

import argparse
import math
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / "target/regions"
NETS = [[2, 16, 16, 1], [2, 32, 32, 1], [2, 100, 2, 1], [2, 128, 2, 2]]
REPEATS = 7
RELUCENT = [[2, 16, 16, 1]]


def formula(widths):
    import numpy as np

    for l in range(1, len(widths)):
        n, m = widths[l], widths[l - 1]
        w = [[math.sin(12.9898 * (i + 1) + 78.233 * (j + 1) + 37.719 * l) * math.sqrt(4 / m) for j in range(m)] for i in range(n)]
        b = [0.5 * math.sin(93.9737 * (i + 1) + 11.135 * l) for i in range(n)]
        yield np.array(w, "f4"), np.array(b, "f4")


def regioncam_times():
    """Run inside the environment: the same lines as the bench prints."""
    import numpy as np
    from regioncam import Regioncam

    for widths in NETS:
        layers = [(np.ascontiguousarray(w.T), b) for w, b in formula(widths)]
        least, cells = math.inf, 0
        for _ in range(REPEATS):
            start = time.perf_counter()
            camera = Regioncam(size=4)
            for k, (w, b) in enumerate(layers):
                camera.linear(w, b)
                if k + 1 < len(layers):
                    camera.relu()
            cells = camera.num_faces
            cells = cells() if callable(cells) else cells
            least = min(least, 1e3 * (time.perf_counter() - start))
        print("-".join(map(str, widths)), cells, f"{least:.4f}", flush=True)


def relucent_times():
    """The cells that meet the window, found from neighbour to neighbour."""
    from relucent import Complex
    from relucent.model.model import LinearLayer, ReLULayer, ReLUNetwork

    for widths in RELUCENT:
        layers = []
        for w, b in formula(widths):
            layers += [LinearLayer(w.astype("f8"), b.astype("f8")), ReLULayer()]
        start = time.perf_counter()
        cells = Complex(ReLUNetwork(layers[:-1]))
        cells.bfs(cube_radius=4.0, cube_mode="intersect", nworkers=2, verify=False, verbose=0)
        print("-".join(map(str, widths)), len(cells), f"{1e3 * (time.perf_counter() - start):.4f}", flush=True)


PEERS = {"regioncam": regioncam_times, "relucent": relucent_times}


def measured(command):
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: (int(cells), float(ms)) for name, cells, ms in (line.split() for line in lines)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ours", help="a program that prints what the bench prints, instead of building it")
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return PEERS[arguments.peer]()
    python = HOME / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
        subprocess.run([HOME / "bin/pip", "install", "--quiet", "numpy", "regioncam", "relucent"], check=True)
    ours = [arguments.ours] if arguments.ours else ["cargo", "bench", "--quiet", "--bench", "regions"]
    rounds = []
    for k in range(arguments.rounds):
        own = measured(ours)
        for peer in PEERS if k == 0 else ["regioncam"]:
            rounds.append((own, peer, measured([python, __file__, "--peer", peer])))
    print("network          cells  foldspace ms  peer         cells         ms    ratio")
    for name in rounds[0][0]:
        for peer in PEERS:
            pairs = [(own[name], theirs[name]) for own, which, theirs in rounds if which == peer and name in theirs]
            if pairs:
                own, other = zip(*pairs)
                ratio = statistics.median(q[1] / p[1] for p, q in pairs)
                print(f"{name:14} {own[0][0]:7} {min(p[1] for p in own):13.3f}  {peer:10} {other[0][0]:7} {min(q[1] for q in other):10.3f} {ratio:7.1f}x")


if __name__ == "__main__":
    main()
