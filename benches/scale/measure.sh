#!/usr/bin/env bash
# Trainings by several processes over links of a known rate, compared with model.py: bytes, seconds in exchanges, and how many of these passed
# behind the backward pass. Two nodes in this machine, each a network namespace; `tc` holds back what leaves each.
# As tests/cluster/mpi.sh; takes a minute where nothing else runs. Times beside other work tell little, bytes and shares tell something.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/cluster/common.sh"
. "$here/ranks.sh"

logs=$place/scale
rm -rf "$logs"
mkdir -p "$logs"
ranks_up

cat > "$cluster/scale.yaml" <<END
version: 1
run_dir: $logs/run
stages:
  - stage: ingest
    params:
      source: {kind: csv, path: $root/data/sample.csv.zst}
      split: {kind: usage}
  - stage: preprocess
    params: {}
  - stage: train
    params: {model: {name: face-cnn}, epochs: 1, batch_size: 64, shards: 4, evaluate_every: 1000}
END
"$fer" run "$cluster/scale.yaml" --only ingest --quiet
"$fer" run "$cluster/scale.yaml" --only preprocess --quiet
images=$("$fer" inspect "$logs/run/preprocess/train.safetensors" --json | python3 -c '
import json, sys
tensors = json.load(sys.stdin)["tensors"]
print(next(tensor["shape"][0] for tensor in tensors if len(tensor["shape"]) == 4))')

# measure NETWORK PROCESSES PARTS BATCH GBIT
measure() {
    local log=$logs/$1-$2-$5.txt steps=$(((images + $4 - 1) / $4))
    for node in $nodes; do
        ip netns exec "$(node_namespace "$node")" tc qdisc replace dev eth0 root tbf rate "${5}gbit" burst 1mb latency 400ms
    done
    echo "# $1 processes=$2 parts=$3 steps=$steps gbit=$5" > "$log"
    ranks "$2" "$fer" run "$cluster/scale.yaml" --from train --force --verbose --threads 1 --set "train.model={name: $1}" \
        --set "train.batch_size=$4" --set "train.shards=$3" --set "train.optimizer={name: sgd, learning_rate: 0.01}" >> "$log" 2>&1 || cat "$log"
    python3 "$root/benches/scale/model.py" check "$log"
}
measure face-resnet 2 2 64 0.1
measure face-resnet 2 4 64 0.1
measure face-cnn 2 2 128 1
measure face-cnn 2 2 128 2
