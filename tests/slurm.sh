#!/bin/bash
# A sweep as an array of a real Slurm, on this machine alone: one task is killed with -9, one is requeued while it runs, one is asked to
# stop. What is missing is run again as `collect` lists it, and every file is that of a sweep without Slurm.
#
#     apt-get install slurm-wlm
#     cargo build && tests/slurm.sh [target/debug/foldspace]
#
# Takes root, since Slurm's daemons start tasks; needs no systemd and no cgroups. The array is examples/cluster/slurm.sh.
set -euo pipefail

here=$(realpath "$(dirname "$0")/..")
binary=$(realpath "${1:-$here/target/debug/foldspace}")
recipe=$here/examples/cluster/slurm.sh
host=$(hostname -s)
folder=$(mktemp -d)
daemons=()
finish() {
    scancel --user root 2>/dev/null || true
    for daemon in "${daemons[@]}"; do
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap finish EXIT
fail() {
    echo "failed: $*" >&2
    tail -n 20 "$folder"/*.log "$folder"/slurm-*.out >&2 2>/dev/null || true
    exit 1
}
# await SECONDS COMMAND: tries until it succeeds.
await() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "waited for: $*"
        sleep 0.05
    done
}

# Not Slurm's own ports, so that one that runs here already is left alone.
control=$((20000 + RANDOM % 20000))
node=$((control + 1))
mkdir "$folder/state" "$folder/spool" "$folder/bin"
ln -s "$binary" "$folder/bin/foldspace"
export SLURM_CONF=$folder/slurm.conf PATH=$folder/bin:$PATH
cat >"$SLURM_CONF" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$control
SlurmdPort=$node
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
AuthInfo=cred_expire=5
CredType=cred/none
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
MinJobAge=600
ReturnToService=2
KillWait=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
slurmctld -i -D >"$folder/control.log" 2>&1 &
daemons+=($!)
slurmd -D -N "$host" >"$folder/node.log" 2>&1 &
daemons+=($!)
ready() { sinfo -h -o %t 2>/dev/null | grep -qx idle; }
await 60 ready
echo "Slurm $(slurmctld -V | cut -d' ' -f2) is up after $SECONDS s"

cd "$folder"
cat >job.toml <<'END'
[data]
name = "moons"
samples = 400
[model]
layers = [
    { units = 8, activation = "tanh" },
    { units = 2, activation = "tanh", name = "embedding" },
    { units = 1, activation = "sigmoid" },
]
[train]
epochs = 60
batch_size = 16
loss = "bce"
optimizer = { name = "adam", lr = 0.01 }
END
shards=8
# So many epochs that a run takes 0.3 s of this processor with this binary: long enough to be killed in. The program's start is no
# part of it, nor is a moment when the machine is busy elsewhere: the least of three times counts.
milliseconds() {
    local least=1000000 start took
    for _ in 1 2 3; do
        start=$(date +%s%N)
        foldspace sweep job.toml --set train.epochs="$1" --out timed --curves never --quiet || exit
        took=$((($(date +%s%N) - start) / 1000000))
        rm -r timed
        [ "$took" -ge "$least" ] || least=$took
    done
    echo "$least"
}
began=$(milliseconds 1)
epochs=60
until took=$(($(milliseconds $epochs) - began)) && [ "$took" -ge 100 ]; do epochs=$((epochs * 2)); done
epochs=$((epochs * 300 / took))
sweep=(job.toml --set train.optimizer.lr=0.01,0.1 --set train.epochs=$((epochs / 3)),$epochs --seeds 0..12)
foldspace sweep "${sweep[@]}" --out local --quiet

submit() { sbatch --parsable --array="$1" "$recipe" "$shards" "${sweep[@]}" --out cut; }
idle() { [ -z "$(squeue -h)" ]; }
# The process of a shard stands in the name of its file, which has this many runs.
process() {
    local files=(cut/shards/"$1"-of-"$shards".*.csv)
    local file=${files[-1]}
    [ -e "$file" ] && [ "$(wc -l <"$file")" -gt "${2:-1}" ] || return 1
    file=${file##*/"$1"-of-"$shards.$host"-}
    worker=${file%%-*}
    kill -0 "$worker" 2>/dev/null
}
job=$(submit 0-$((shards - 1)))
collected=$(sbatch --parsable --dependency=afterany:"$job" --wrap 'foldspace collect cut')
await 60 process 1
kill -9 "$worker"
await 60 process 2
scontrol requeue "${job}_2"
await 60 process 3
# The daemon refuses while a task is still being started, and may say so of a signal that has arrived.
stopped() { grep -q 'runs have ended; the same command goes on' "slurm-${job}_3.out"; }
stop() {
    timeout 1 scancel --quiet --signal=TERM --batch "${job}_3" || true
    sleep 0.2
    stopped
}
await 60 stop
await 120 idle
grep -q 'runs are missing, in shards 1 of 8' "slurm-$collected.out" || fail "nothing was missing: $(cat "slurm-$collected.out")"
echo "the array has ended after $SECONDS s, shards that lack runs: $(foldspace collect cut 2>/dev/null || true)"

submit "$(foldspace collect cut 2>/dev/null || true)" >/dev/null
await 60 idle
foldspace collect cut --quiet || fail "the collection is not whole"
diff -r -x shards local cut || fail "a file differs"
echo "every file is the same after $SECONDS s"
