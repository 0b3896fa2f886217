"""What a cold build costs, by way, and against another checkout: python3 benches/builds.py [--against DIR] [WAY ...]

Each build starts from an empty target directory. With --against, the same way is built in both checkouts at the same time, one
core each, so that whatever else the machine does slows both; compare the CPU seconds. The packages' sources are fetched first,
which is not counted. Ways of the other checkout that its features do not know are left out.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
WITHOUT = ["--no-default-features"]
WAYS = {
    "release": ["build", "--release"],
    "release without gpu": ["build", "--release", *WITHOUT, "--features", "cli"],
    "python": ["build", "--profile", "embedded", "-p", "foldspace-nn"],
    "release library only": ["build", "--release", "--lib", *WITHOUT],
    "dev": ["build"],
    "dev without gpu": ["build", *WITHOUT, "--features", "cli"],
    "tests": ["test", "--no-run"],
}


class Build:
    """A cold build of one checkout."""

    def __init__(self, checkout, arguments, jobs):
        self.target = tempfile.mkdtemp(prefix="cold-build-")
        environment = dict(os.environ, CARGO_TARGET_DIR=self.target, CARGO_INCREMENTAL="0")
        command = ["cargo", *arguments, "--locked", "--quiet", *(["--jobs", str(jobs)] if jobs else [])]
        self.start = time.monotonic()
        self.process = subprocess.Popen(command, cwd=checkout, env=environment)

    def finish(self):
        """CPU seconds, wall seconds, and the program's size in MB where there is one."""
        _, status, usage = os.wait4(self.process.pid, 0)
        wall = time.monotonic() - self.start
        if status != 0:
            sys.exit("the build failed")
        programs = [path for path in Path(self.target).glob("*/foldspace*") if path.suffix in ("", ".exe")]
        programs += [path for path in Path(self.target).glob("*/*_native.*") if path.suffix in (".so", ".dylib", ".dll")]
        size = max((path.stat().st_size for path in programs), default=0)
        shutil.rmtree(self.target)
        return usage.ru_utime + usage.ru_stime, wall, size / 1e6


def line(way, name, cpu, wall, size, alone):
    time_taken = f"{wall:8.0f} s" if alone else ""
    program = f"{size:8.1f} MB" if size else ""
    print(f"{way:22} {name:8} {cpu:8.0f} s of CPU {time_taken} {program}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ways", nargs="*", metavar="WAY", help=", ".join(WAYS))
    parser.add_argument("--against", type=Path, help="another checkout, such as one of an older version")
    options = parser.parse_args()
    checkouts = {"now": HERE} | ({"against": options.against} if options.against else {})
    for checkout in checkouts.values():
        subprocess.run(["cargo", "fetch", "--locked", "--quiet"], cwd=checkout, check=True)
    for way in options.ways or WAYS:
        known = {
            name: checkout
            for name, checkout in checkouts.items()
            if not {*WITHOUT, "foldspace-nn"} & set(WAYS[way]) or "\ngpu = " in (checkout / "Cargo.toml").read_text()
        }
        # Both at once, so that neither has the quieter hour.
        jobs = 1 if len(known) > 1 else None
        builds = {name: Build(checkout, WAYS[way], jobs) for name, checkout in known.items()}
        results = {name: build.finish() for name, build in builds.items()}
        for name, result in results.items():
            line(way, name, *result, alone=len(results) == 1)
        if len(results) > 1:
            print(f"{way:22} ratio    {results['now'][0] / results['against'][0]:8.2f}")


if __name__ == "__main__":
    main()
