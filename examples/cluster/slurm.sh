#!/bin/bash
# A shard of a sweep per task of a Slurm array: the number of shards, then what `foldspace sweep` takes.
#
#     sweep=(configs/moons.toml --set train.optimizer.lr=0.01,0.1 --seeds 0..1000 --out /shared/moons)
#     job=$(sbatch --parsable --array=0-99 examples/cluster/slurm.sh 100 "${sweep[@]}")
#     sbatch --dependency=afterany:$job --wrap 'foldspace collect /shared/moons'
#
# Where runs are missing, `collect` prints the shards to run again, which skip what they have:
#
#     sbatch --array=$(foldspace collect /shared/moons) examples/cluster/slurm.sh 100 "${sweep[@]}"
#
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60

shards=$1
shift
# The number of shards is said here: with `--array=1,3` Slurm's own count of tasks would be 2. And so is that of processors: where
# tasks are not bound to processors, a process sees all of the machine's.
foldspace sweep "$@" --shard "$SLURM_ARRAY_TASK_ID/$shards" --jobs "${SLURM_CPUS_PER_TASK:-1}" --quiet &
worker=$!
trap 'stopping=yes; kill -TERM "$worker"' TERM
wait "$worker"
code=$?
if [ -n "$stopping" ]; then
    wait "$worker"
    code=$?
fi
# Stopped before its end, as Slurm asks 60 seconds before a time limit: again, from where it is.
if [ "$code" = 75 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
