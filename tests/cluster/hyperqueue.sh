#!/usr/bin/env bash
# Twelve cells on HyperQueue's LocalCluster: a training is killed, the sweep is submitted again. The artifacts and the table must be those of
# `fer sweep run` alone. Needs Python 3.11 with venv; takes hyperqueue from PyPI.
set -euo pipefail
. "$(dirname "$0")/common.sh"

folder=$place/hyperqueue
rm -rf "$folder"
alone
venv=$place/venv
[ -x "$venv/bin/python3" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet hyperqueue==0.27.0
export PATH=$here:$venv/bin:$PATH
HQ_DIR=$(mktemp -d)
export HQ_DIR
# A folder of the server for the calls, and a pipe that keeps it up.
"$venv/bin/python3" -c '
import sys
from hyperqueue.cluster import LocalCluster, WorkerConfig
with LocalCluster(sys.argv[1]) as cluster:
    cluster.start_worker(WorkerConfig(cores=1))
    cluster.start_worker(WorkerConfig(cores=1))
    print(cluster.cluster.server_dir, flush=True)
    sys.stdin.read()' "$HQ_DIR" < <(while [ -d "$HQ_DIR" ]; do sleep 0.5; done) > "$HQ_DIR/up" 2> "$place/hyperqueue.log" &
trap 'rm -rf "$HQ_DIR"; wait' EXIT
wait_for 30 "the server" test -s "$HQ_DIR/up"
say "HyperQueue $("$venv/bin/pip" show hyperqueue | sed -n 's/^Version: //p'), two workers"

call() { "$fer" sweep "$1" "$sweep" --run-dir "$folder" "${@:2}"; }
# Ends with 1 as long as a cell is not fresh.
told() { call status --json 2> /dev/null || true; }
training() { told | python3 "$here/training.py"; }
ended() { ! told | grep --quiet '"state": "\(running\|queued\)"'; }

say "fer sweep submit --engine hyperqueue"
call submit --engine hyperqueue --checkpoint-epochs 1
wait_for 300 "a training" training
cell=$(training)
say "the training of cell $cell is killed"
pgrep --full "sweep run .*--run-dir $folder .*--index $cell --as-child" | xargs kill -9
wait_for 600 "the other cells" ended
call status || true
say "fer sweep submit again"
call submit --engine hyperqueue
wait_for 300 "the last cell" test -s "$folder/jobs/2/table.txt"
wait_for 60 "its end" ended
same "$folder" 2
say "HyperQueue: well"
