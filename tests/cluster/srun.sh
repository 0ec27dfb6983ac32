#!/usr/bin/env bash
# One training by two processes on the two nodes of a Slurm, started by srun with PMIx: the bytes of one process. It is told that its time
# ends, asks to be started again and goes on; a node dies, Slurm starts it again, and it goes on.
# As root, on Debian: apt-get install slurm-wlm openmpi-bin libopenmpi-dev libclang-dev iproute2 python3;
# cargo build --release -p fer-cli --features mpi
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$here/nodes.sh"

cluster=$(mktemp -d)
file=$here/shards.yaml
folder=$place/srun
trap '[ $? = 0 ] || cluster_state >&2; cluster_down; rm -rf "$cluster"' EXIT
cluster_down
rm -rf "$folder"
mkdir -p "$folder"

say "one process, without srun"
"$fer" run "$file" --run-dir "$folder/alone" --threads 1 > "$folder/alone.txt" 2>&1
cluster_up

# The job, as docs/clusters.md has it.
cat > "$folder/job.sh" <<'END'
#!/bin/sh
#SBATCH --nodes=2 --ntasks-per-node=1 --requeue --open-mode=append --signal=USR1@120
srun --mpi=pmix --kill-on-bad-exit=1 "$FER" run "$FILE" --run-dir "$RUN_DIR" --threads 1 --checkpoint-epochs 1
code=$?
[ "$code" != 75 ] || scontrol requeue "$SLURM_JOB_ID"
exit "$code"
END
# go NAME: submits it with a run folder of this name; what it says is in NAME.txt.
go() { FER=$fer FILE=$file RUN_DIR=$folder/$1 sbatch --parsable --output="$folder/$1.txt" "$folder/job.sh"; }
same() { python3 "$here/compare.py" "$folder/alone" "$folder/$1"; }
says() { grep --quiet "$2" "$folder/$1.txt"; }
ended() { [ -z "$(squeue --noheader --jobs="$1" --states=PENDING,RUNNING,COMPLETING)" ]; }
# The end of a script that was killed would count as that of the next one, if that began before.
over() { ! ip netns pids "$(node_namespace n1)" | xargs ps --no-headers -o comm= -p | grep --quiet slurmstepd; }
# goes_on NAME TIMES
goes_on() { [ "$(grep --count "goes on from epoch" "$folder/$1.txt")" = "$2" ]; }

say "two processes"
job=$(go whole)
wait_for 120 "the end of the training" ended "$job"
same whole

job=$(go disturbed)
wait_for 120 "the third epoch" says disturbed "epoch 3/12"
say "both processes are warned that their time ends"
scancel --signal=USR1 "$job"
wait_for 60 "the job asks to be started again" restarted "$job" 1
grep "stopped in epoch" "$folder/disturbed.txt"
wait_for 60 "the end of the script" over
at_once "$job"
wait_for 60 "it goes on" goes_on disturbed 1
wait_for 120 "the seventh epoch" says disturbed "epoch 7/12"
say "node n2 dies"
node_down n2
wait_for 60 "Slurm takes n2 for dead" restarted "$job" 2
node_up n2
wait_for 60 "the end of the script" over
at_once "$job"
wait_for 60 "it goes on" goes_on disturbed 2
wait_for 120 "the end of the training" ended "$job"
grep "goes on from epoch" "$folder/disturbed.txt"
same disturbed
say "srun: well"
