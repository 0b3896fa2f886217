"""A sweep on a Ray cluster: the number of shards, then what `foldspace sweep` takes.

    python examples/cluster/ray_sweep.py 100 configs/moons.toml --seeds 0..1000 --out /shared/moons

The program, the configuration and the directory must have the same paths on every machine. Ray starts a shard again whose machine
or process died; one that failed by itself is listed by `foldspace collect`, and the same command again does what is missing.
"""

import subprocess
import sys

import ray


@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=True)
def shard(index, count, sweep):
    command = ["foldspace", "sweep", *sweep, "--shard", f"{index}/{count}", "--jobs", "1", "--quiet"]
    subprocess.run(command, check=True)


def main():
    if len(sys.argv) < 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    count, sweep = int(sys.argv[1]), sys.argv[2:]
    ray.init()
    left = [shard.remote(index, count, sweep) for index in range(count)]
    failed = 0
    while left:
        done, left = ray.wait(left)
        for one in done:
            try:
                ray.get(one)
            except Exception as error:  # One shard that fails does not end the others.
                failed += 1
                print(error, file=sys.stderr)
    sys.exit(f"{failed} of {count} shards failed" if failed else 0)


if __name__ == "__main__":
    main()
