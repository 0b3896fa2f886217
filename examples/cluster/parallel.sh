#!/bin/bash
# A sweep on several machines with GNU parallel and ssh: the number of shards, then what `foldspace sweep` takes.
#
#     examples/cluster/parallel.sh 100 configs/moons.toml --seeds 0..1000 --out /shared/moons
#
# With MACHINES set to a list such as 4/one,8/two the shards go there, 4 and 8 at once, over ssh; the program, the configuration and the
# directory must have the same paths there. Without it they run here, as many at once as there are processors.
#
# The log says which shards ended well. The same command again runs those that did not, and none that did.
set -euo pipefail

shards=$1
shift
machines=()
if [ -n "${MACHINES:-}" ]; then
    machines=(--sshlogin "$MACHINES" --workdir "$PWD")
fi
out=
arguments=("$@")
for place in "${!arguments[@]}"; do
    case ${arguments[place]} in
        -o | --out) out=${arguments[place + 1]} ;;
        --out=*) out=${arguments[place]#--out=} ;;
    esac
done
if [ -z "$out" ]; then
    echo "give the sweep's directory with --out" >&2
    exit 2
fi
mkdir -p "$out"

seq 0 $((shards - 1)) | parallel "${machines[@]}" --joblog "$out/parallel.log" --resume-failed --retries 3 --quote \
    foldspace sweep "$@" --jobs 1 --quiet --shard "{}/$shards" ||
    echo "some shards failed, see $out/parallel.log" >&2
foldspace collect "$out"
