#!/usr/bin/env bash
# Twelve cells by Snakemake, two at a time: cancelled in the middle and submitted again. The artifacts and the table must be those of
# `fer sweep run` alone. On Debian: apt-get install snakemake
set -euo pipefail
. "$(dirname "$0")/common.sh"

folder=$place/snakemake
rm -rf "$folder"
alone
call() { "$fer" sweep "$1" "$sweep" --run-dir "$folder" "${@:2}"; }
# Ends with 1 as long as a cell is not fresh.
told() { call status --json 2> /dev/null || true; }
training() { told | python3 "$here/training.py"; }
none_runs() { told | python3 -c 'import json, sys; sys.exit(any(job["running"] for job in json.load(sys.stdin)["jobs"]))'; }

say "Snakemake $(snakemake --version): fer sweep submit --engine snakemake"
call submit --engine snakemake --at-once 2 --cells-per-job 2 --checkpoint-epochs 1
wait_for 300 "a training" training
say "fer sweep cancel in the training of cell $(training)"
call cancel
wait_for 60 "the end of all processes" none_runs
call status || true
say "fer sweep submit again"
call submit --engine snakemake --at-once 2
wait_for 600 "the table" none_runs
same "$folder" 2
say "Snakemake: well"
