#!/bin/sh
# A stage as a shell script: runs the built-in stage with low priority, and so leaves the built-in stage's bytes.
# Put `srun`, `ssh` or `docker run` in the place of `nice`.
set -eu
exec nice fer stage "$FER_STAGE" --params "$FER_PARAMS" --in "$FER_INPUT_DIR" --out "$FER_OUTPUT_DIR" \
    --seed "$FER_SEED" --threads "$FER_THREADS"
