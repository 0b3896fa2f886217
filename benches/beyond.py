"""foldspace beside scikit-learn's SVC (margins), gudhi (alpha complexes) and ripser (Vietoris-Rips).

    python3 benches/beyond.py [--rounds 5] [--ours PROGRAM]

Makes a virtual environment under target/beyond, builds the bench `beyond`, and lets the two sides take turns, each in a process
of its own. A line per task: the answers of either, their least milliseconds, and the ratio as the median of the rounds' own
ratios; then what has no peer.
"""

import argparse
import math
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / "target/beyond"


def cloud(seed, n, d):
    import numpy as np

    state, values = seed, []
    for _ in range(n * d):
        state = (1103515245 * state + 12345) % 2**31
        values.append(state / 2**30 - 1.0)
    return np.array(values).reshape(n, d)


def parted(seed, n, d):
    import numpy as np

    points, labels = cloud(seed, n, d), np.arange(n) % 2
    points[:, 0] = np.where(labels == 1, 1.0, -1.0) * (np.abs(points[:, 0]) + 0.0625)
    for j in range(1, d):
        points[:, j] += 0.5 * points[:, 0]
    return points, labels


def timed(name, repeats, work):
    least, answer = math.inf, 0.0
    for _ in range(repeats):
        start = time.perf_counter()
        answer = work()
        least = min(least, 1e3 * (time.perf_counter() - start))
    print(f"{name} {answer:.9f} {least:.4f}", flush=True)


def peers():
    """Run inside the environment: the same lines as the bench prints."""
    import gudhi
    import numpy as np
    from ripser import ripser
    from sklearn.svm import SVC

    for n, d in [(1000, 2), (1000, 8), (1000, 32), (4000, 8)]:
        points, labels = parted(7, n, d)
        timed(f"margin-{n}x{d}", 3, lambda: 1 / np.linalg.norm(SVC(kernel="linear", C=1e9, tol=1e-6).fit(points, labels).coef_))

    def alpha(points):
        tree = gudhi.AlphaComplex(points=points, precision="safe").create_simplex_tree()
        tree.compute_persistence()
        total = 0.0
        for k in range(2):
            bars = tree.persistence_intervals_in_dimension(k)
            bars = np.sqrt(np.maximum(bars[np.isfinite(bars[:, 1])], 0))
            total += float((bars[:, 1] - bars[:, 0]).sum())
        return total

    for n in [1000, 5000]:
        points = cloud(3, n, 2)
        timed(f"alpha-{n}", 3, lambda: alpha(points))

    def rips(points):
        bars = ripser(points, maxdim=1, thresh=0.9)["dgms"][1]
        bars = bars[np.isfinite(bars[:, 1])]
        return float((bars[:, 1] - bars[:, 0]).sum())

    points = cloud(5, 60, 3)
    timed("rips-60x3", 3, lambda: rips(points))


def measured(command):
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: (float(answer), float(ms)) for name, answer, ms in (line.split() for line in lines)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ours", help="a program that prints what the bench prints, instead of building it")
    parser.add_argument("--peers", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peers:
        return peers()
    python = HOME / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
        subprocess.run([HOME / "bin/pip", "install", "--quiet", "numpy", "scikit-learn", "gudhi", "ripser"], check=True)
    ours = [arguments.ours] if arguments.ours else ["cargo", "bench", "--quiet", "--bench", "beyond"]
    rounds = []
    for _ in range(arguments.rounds):
        rounds.append((measured(ours), measured([python, __file__, "--peers"])))
    print(f"{'task':38} {'foldspace':>13} {'ms':>9} {'peer':>13} {'ms':>9}    ratio")
    for name in rounds[0][0]:
        own = [ours[name] for ours, _ in rounds]
        line = f"{name:38} {own[0][0]:13.7f} {min(ms for _, ms in own):9.3f}"
        if name in rounds[0][1]:
            other = [theirs[name] for _, theirs in rounds]
            ratio = statistics.median(q[1] / p[1] for p, q in zip(own, other))
            line += f" {other[0][0]:13.7f} {min(ms for _, ms in other):9.3f} {ratio:7.1f}x"
        print(line)


if __name__ == "__main__":
    main()
