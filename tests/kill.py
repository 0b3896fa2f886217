#!/usr/bin/env python3
"""Kills training with SIGKILL at random moments, resumes it to the end, and compares every file with a run that was
never killed.

    cargo build && python3 tests/kill.py                      # 100 kills of target/debug/foldspace
    python3 tests/kill.py --binary target/release/foldspace --count 20

After each kill every file must be readable: safetensors whole and self-consistent, TOML parsable, tables of whole lines
but for the last. At the end all files but timing.csv must have the same bytes. Needs nothing but Python 3.11.
"""

import argparse
import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib

CONFIG = """
seed = 5
[data]
name = "moons"
samples = 200
[model]
layers = [
    { units = 16, activation = "tanh", batch_norm = true, dropout = 0.1 },
    { units = 8, activation = "relu", rank = 3 },
    { units = 2, activation = "tanh", name = "embedding" },
    { units = 1, activation = "sigmoid" },
]
[train]
epochs = 120
batch_size = 32
loss = "bce"
checkpoint_every = 3
keep_last = 2
optimizer = { name = "adam", lr = 0.01 }
schedule = { name = "cosine" }
warmup = { epochs = 5 }
clip = { norm = 1.0 }
early_stopping = { patience = 1000, restore_best = true }
[capture]
sites = ["layers.0", "embedding", "embedding.pre"]
gradients = true
"""


def check_safetensors(path):
    """The header is JSON of the announced length, and the arrays fill the rest of the file without gaps."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1].get("data_offsets", [-1])[0]):
        if name != "__metadata__":
            start, stop = entry["data_offsets"]
            assert start == end and stop >= start, f"{path}: a gap before {name}"
            end = stop
    assert len(data) == 8 + length + end, f"{path}: {len(data)} bytes, not {8 + length + end}"


def check_readable(run):
    for path in run.rglob("*"):
        if path.name.startswith(".") or path.is_dir():
            continue  # what was being written aside
        if path.suffix == ".safetensors":
            check_safetensors(path)
        elif path.suffix == ".toml":
            tomllib.loads(path.read_text())
        elif path.suffix == ".csv":
            lines = path.read_text().split("\n")[:-1]  # the last may be cut
            assert len({line.count(",") for line in lines}) <= 1, f"{path}: ragged"


def contents(run):
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name != "timing.csv"
    }


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=root / "target/debug/foldspace", type=pathlib.Path)
    parser.add_argument("--count", default=100, type=int)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--backend", default="flex")
    arguments = parser.parse_args()
    binary, chance = arguments.binary.resolve(), random.Random(arguments.seed)

    folder = pathlib.Path(tempfile.mkdtemp(prefix="foldspace-kill-"))
    (folder / "kill.toml").write_text(CONFIG)

    def command(*words):
        return [str(binary), "--quiet", *words]

    def train(out):
        return command("train", "kill.toml", "--out", out, "--backend", arguments.backend)

    def succeed(words):
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{words}: {done.stderr}"

    start = time.perf_counter()
    succeed(train("whole"))
    duration = time.perf_counter() - start
    whole = contents(folder / "whole")
    print(f"a run takes {duration:.2f} s and leaves {len(whole)} files")

    killed = before = 0
    epochs = []
    while killed < arguments.count:
        run = folder / "killed"
        shutil.rmtree(run, ignore_errors=True)
        process = subprocess.Popen(train("killed"), cwd=folder, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, duration))
        process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            continue  # it was done already
        killed += 1
        if run.exists():
            check_readable(run)
        table = run / "metrics.csv"
        epochs.append(max(0, table.read_text().count("\n") - 1) if table.exists() else 0)
        if (run / "config.toml").exists():
            succeed(command("resume", "killed"))
        else:
            before += 1  # killed before there was a run to resume
            succeed(train("killed"))
        check_readable(run)
        found = contents(run)
        assert found.keys() == whole.keys(), f"other files: {found.keys() ^ whole.keys()}"
        different = [name for name in whole if found[name] != whole[name]]
        assert not different, f"killed after epoch {epochs[-1]}: {different} differ"
        if killed % 10 == 0:
            print(f"{killed} killed, resumed and identical", flush=True)
    print(
        f"all {killed} runs ended in the same {len(whole)} files, byte for byte; killed after epochs "
        f"{min(epochs)} to {max(epochs)} ({len(set(epochs))} different), {before} of them before the run began"
    )
    shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"failed: {error}")
