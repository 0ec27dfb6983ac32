#!/usr/bin/env bash
# Twelve cells on a Slurm of two nodes in this machine: one node dies in a training, a job of another partition takes the other node,
# a third training is warned that its time ends, a fourth cell waits while its job is cancelled. The artifacts and the table must be those of
# `fer sweep run` alone. As root, on Debian: apt-get install slurm-wlm iproute2 python3
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$here/nodes.sh"

cluster=$(mktemp -d)
folder=$place/slurm
trap '[ $? = 0 ] || cluster_state >&2; cluster_down; rm -rf "$cluster"' EXIT
cluster_down
rm -rf "$folder"
alone

cluster_up

call() { "$fer" sweep "$1" "$sweep" --run-dir "$folder" "${@:2}"; }
# Ends with 1 as long as a cell is not fresh.
told() { call status --json 2> /dev/null || true; }
jobs_in() { squeue --noheader --array --states="$1" --format=%F_%K "${@:2}"; }

# training NODE: the task whose training is under way there, in its second epoch or later.
training() {
    local task
    task=$(squeue --noheader --array --states=RUNNING --nodelist="$1" --format=%K)
    [[ $task =~ ^[0-9]+$ ]] || return 1
    told | python3 "$here/training.py" "$task"
}

say "fer sweep submit"
call submit --checkpoint-epochs 1
array=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["id"])' "$folder/jobs/1/submission.json")
call submit | grep --quiet "every cell is fresh, or waits or runs in a job"

wait_for 300 "a training on n1" training n1
task=$(training n1)
say "node n1 dies in the training of task $task"
node_down n1
wait_for 60 "Slurm takes n1 for dead" waits "${array}_$task"
call status > "$place/slurm-status.txt" || true
sed -n '/^cells/,/^$/p' "$place/slurm-status.txt"
node_up n1
at_once "${array}_$task"

wait_for 300 "a training on n2" training n2
task=$(training n2)
say "a job of partition high takes n2 from the training of task $task"
sbatch --partition=high --nodelist=n2 --output=/dev/null --wrap 'sleep 1' > /dev/null
wait_for 60 "Slurm preempts task $task" restarted "${array}_$task" "[1-9]"
at_once "${array}_$task"

wait_for 300 "a third training on n1" training n1
task=$(training n1)
say "task $task is warned that its time ends"
# The answer may come too late: the task is under way back into the queue by then.
timeout 3 scancel --batch --signal=USR1 "${array}_$task" 2> /dev/null || true
wait_for 60 "the task asks to be started again" restarted "${array}_$task" "[1-9]"
at_once "${array}_$task"

wait_for 300 "a fourth training on n2" training n2
say "fer sweep cancel; fer sweep submit"
call cancel
none() { [ -z "$(jobs_in RUNNING,COMPLETING,PENDING --partition=low)" ]; }
wait_for 60 "all jobs end" none
call submit

wait_for 600 "the table" none
call status > "$place/slurm-status.txt"
same "$folder" 2
grep --count "goes on from epoch" "$folder"/cells/*/cell.log | grep -v ":0$" | wc -l | sed 's/$/ cells went on from a checkpoint/'
say "Slurm: well"
