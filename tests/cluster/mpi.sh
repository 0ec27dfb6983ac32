#!/usr/bin/env bash
# One training by 1, 2 and 4 processes on two nodes in this machine, by Open MPI: the same bytes each time. A process is killed with -9, and two
# go on where four were; one process is slow; all are told to stop, and one goes on alone. What cannot work is refused.
# As root, on Debian: apt-get install openmpi-bin libopenmpi-dev libclang-dev iproute2 python3; cargo build --release -p fer-cli --features mpi
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$here/ranks.sh"

file=$here/shards.yaml
folder=$place/mpi
rm -rf "$folder"
mkdir -p "$folder"
ranks_up

# go N NAME OPTIONS…: the training as N processes, in a run folder of this name; what it says is in NAME.txt.
go() { ranks "$1" "$fer" run "$file" --run-dir "$folder/$2" --threads 1 "${@:3}" > "$folder/$2.txt" 2>&1; }
same() { python3 "$here/compare.py" "$folder/alone" "$folder/$1"; }
says() { grep --quiet "$2" "$folder/$1.txt"; }

say "$(mpirun --version | head -n 1); one process, without mpirun"
"$fer" run "$file" --run-dir "$folder/alone" --threads 1 > "$folder/alone.txt" 2>&1

for count in 1 2 4; do
    say "$count processes"
    go $count by-$count --verbose
    same by-$count
    grep "process 0 of" "$folder/by-$count.txt" || [ $count = 1 ]
done

say "4 processes, of which one is killed with -9"
go 4 killed --checkpoint-epochs 1 &
all=$!
wait_for 60 "the fourth epoch" says killed "epoch 4/12"
mapfile -t of_node < <(pids m2)
kill -9 "${of_node[0]}"
code=0
wait $all || code=$?
say "mpirun ends with $code and says:"
grep --max-count 1 "exited on signal 9" "$folder/killed.txt"
[ $code != 0 ]
none() { [ -z "$(pids m1)$(pids m2)" ]; }
wait_for 30 "the end of all processes" none
ls "$folder/killed/train/checkpoints"/*/*.safetensors > /dev/null
say "2 processes go on"
go 2 killed
grep "goes on" "$folder/killed.txt"
same killed

say "4 processes, of which one stands still for two seconds, three times"
go 4 slow &
all=$!
for epoch in 2 4 6; do
    wait_for 60 "epoch $epoch" says slow "epoch $epoch/12"
    mapfile -t of_node < <(pids m2)
    kill -STOP "${of_node[-1]}"
    sleep 2
    kill -CONT "${of_node[-1]}"
done
wait $all
same slow

say "4 processes are told to stop"
go 4 stopped --checkpoint-seconds 1000 &
all=$!
wait_for 60 "the third epoch" says stopped "epoch 3/12"
pkill -USR1 --parent $all mpirun || kill -USR1 $all
code=0
wait $all || code=$?
say "mpirun ends with $code"
[ $code = 75 ]
grep "stopped in epoch" "$folder/stopped.txt"
say "1 process goes on, without mpirun"
"$fer" run "$file" --run-dir "$folder/stopped" --threads 1 > "$folder/stopped.txt" 2>&1
grep "goes on" "$folder/stopped.txt"
same stopped

say "4 processes, of which a scheduler tells one that is not the first to stop"
go 4 told --checkpoint-seconds 1000 &
all=$!
wait_for 60 "the third epoch" says told "epoch 3/12"
mapfile -t of_node < <(pids m2)
kill -USR1 "${of_node[-1]}"
code=0
wait $all || code=$?
say "mpirun ends with $code"
[ $code = 75 ]
grep "stopped in epoch" "$folder/told.txt"
go 4 told
same told

say "what cannot work is refused"
code=0
go 4 refused --set train.shards=2 || code=$?
[ $code = 2 ] && [ ! -e "$folder/refused" ]
grep "4 processes need" "$folder/refused.txt"
say "MPI: well"
