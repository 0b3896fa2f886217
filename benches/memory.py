#!/usr/bin/env python3
"""The resident set of a training process that captures every layer, before and after its activation, in every epoch.

    cargo build --release && python3 benches/memory.py --binary target/release/foldspace

Trains 1000 points for 10 000 epochs, reads VmRSS from /proc every 50 ms, and fails where the largest value after the first
tenth is more than BOUND above the largest value of that tenth. Linux, Python 3.11; writes some 2 GB into a temporary folder.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

BOUND = 8  # MiB
CONFIG = """
[data]
name = "moons"
samples = 1000
test_fraction = 0.0
[model]
layers = [
    {{ units = 16, activation = "tanh"{extra} }},
    {{ units = 2, activation = "tanh", name = "embedding" }},
    {{ units = 1, activation = "sigmoid" }},
]
[train]
epochs = {epochs}
batch_size = 250
checkpoint_every = 100
loss = "bce"
optimizer = {{ name = "adam", lr = 0.001 }}
[capture]
sites = ["layers.0.pre", "layers.0", "embedding.pre", "embedding", "layers.2.pre", "layers.2"]
gradients = true
"""


def resident(pid):
    """MiB, and the largest ever."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return tuple(int(fields[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=root / "target/debug/foldspace", type=pathlib.Path)
    parser.add_argument("--epochs", default=10_000, type=int)
    parser.add_argument("--backend", default="flex")
    parser.add_argument("--extra", default="", help='such as ", batch_norm = true, dropout = 0.1"')
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="foldspace-memory-"))
    (folder / "job.toml").write_text(CONFIG.format(epochs=arguments.epochs, extra=arguments.extra))
    words = [arguments.binary.resolve(), "--quiet", "train", "job.toml", "--out", "run", "--backend", arguments.backend]
    start = time.perf_counter()
    process = subprocess.Popen(words, cwd=folder)
    samples = []
    timing = folder / "run/timing.csv"
    while process.poll() is None:
        try:
            now, most = resident(process.pid)
        except (FileNotFoundError, KeyError):
            break
        # A line of the table has 10 to 30 bytes; counting them is for the end.
        samples.append((time.perf_counter() - start, timing.stat().st_size if timing.exists() else 0, now, most))
        time.sleep(0.05)
    assert process.wait() == 0
    text = timing.read_bytes()
    points = [(text[:size].count(b"\n") - 1, now, most) for _, size, now, most in samples if size]
    print(f"{arguments.backend}: {arguments.epochs} epochs in {samples[-1][0]:.0f} s, {len(points)} samples")
    print(" epoch   VmRSS   VmHWM (MiB)")
    for tenth in range(11):
        wanted = tenth * arguments.epochs // 10
        epoch, now, most = min(points, key=lambda point: abs(point[0] - wanted))
        print(f"{epoch:6d}  {now:6.1f}  {most:6.1f}")
    early = max(now for epoch, now, _ in points if epoch <= arguments.epochs // 10)
    late = max(now for epoch, now, _ in points if epoch > arguments.epochs // 10)
    print(f"largest in the first tenth {early:.1f} MiB, after it {late:.1f} MiB: {late - early:+.1f} MiB")
    shutil.rmtree(folder)
    if late - early > BOUND:
        sys.exit(f"failed: grew by more than {BOUND} MiB")


if __name__ == "__main__":
    main()
