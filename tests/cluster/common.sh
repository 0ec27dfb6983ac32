# Sourced by the scripts beside it: where things lie, and what they wait for.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
fer=${FER:-$root/target/release/fer}
place=${CLUSTER_DIR:-$root/target/tmp/cluster}
sweep=$here/sweep.yaml

[ -x "$fer" ] || { echo "$fer: expected the program; cargo build --release makes it, or FER names it" >&2; exit 1; }
mkdir -p "$place"

say() { echo "$(date +%T) $*"; }

# wait_for SECONDS WHAT COMMAND…: until the command succeeds.
wait_for() {
    local seconds=$1 what=$2
    shift 2
    for _ in $(seq $((seconds * 2))); do
        if "$@" > /dev/null 2>&1; then return; fi
        sleep 0.5
    done
    echo "waited $seconds s in vain: $what" >&2
    return 1
}

# The sweep as one machine runs it: what every engine must leave, too.
alone() {
    if ! "$fer" sweep status "$sweep" --run-dir "$place/alone" > "$place/alone.txt" 2> /dev/null; then
        say "the sweep alone: fer sweep run"
        "$fer" sweep run "$sweep" --run-dir "$place/alone" --threads 1 --quiet > /dev/null
        "$fer" sweep status "$sweep" --run-dir "$place/alone" > "$place/alone.txt"
    fi
}

# same FOLDER SUBMISSION: its artifacts, and the scores that the submission printed last, are those of the sweep alone.
same() {
    local table=$1/jobs/$2/table.txt
    python3 "$here/compare.py" "$place/alone" "$1"
    # The scores follow the cells, and end the table.
    diff <(sed -n '/^scores/,$p' "$place/alone.txt") <(sed -n '/^scores/,$p' "$table")
    say "the table:"
    sed -n '/^scores/,$p' "$table"
}
