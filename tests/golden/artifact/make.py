"""Makes seed.json, images.safetensors and state_dict.safetensors: files and numbers from outside of fer-artifact.

    pip install blake3==1.0.11 safetensors==0.8.0 numpy==2.4.6 torch==2.15.0
    python make.py

Last made with exactly these, under Python 3.11. With file names as arguments it reads these files, written by the
project, and prints what it finds.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from blake3 import blake3
from safetensors import safe_open
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

HERE = Path(__file__).parent


def stream(seed, name):
    """As `Seed::stream` documents it."""
    return int.from_bytes(blake3(seed.to_bytes(8, "little") + name.encode()).digest()[:8], "little")


def seeds():
    cases = [(0, ""), (0, "train"), (42, "ingest"), (42, "train"), (42, "größe"), (2**64 - 1, "evaluate")]
    streams = [{"seed": seed, "name": name, "stream": stream(seed, name)} for seed, name in cases]
    nested = stream(stream(42, "train"), "dropout/1")
    digest = {"text": "fer", "blake3": blake3(b"fer").hexdigest()}
    return {"streams": streams, "nested": {"seed": 42, "names": ["train", "dropout/1"], "stream": nested}, "digest": digest}


def images():
    """What a stage of the user's own may write: only what the contract asks for, in the order Python likes."""
    header = {"kind": "images", "schema": 1, "classes": ["sad", "happy"], "split": "test"}
    tensors = {
        "rows": np.array([5, 70000], np.uint32),
        "images": np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20,
        "labels": np.array([1, 0], np.uint8),
    }
    save_file(tensors, HERE / "images.safetensors", metadata={"fer": json.dumps(header), "author": "somebody"})


def state_dict():
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    with torch.no_grad():
        for index, tensor in enumerate(net.state_dict().values()):
            if tensor.dtype == torch.float32:
                tensor.copy_((torch.arange(tensor.numel()) + index / 4).reshape(tensor.shape))
    save_torch(net.state_dict(), HERE / "state_dict.safetensors")


for path in sys.argv[1:]:
    with safe_open(path, "numpy") as file:
        print(path, file.metadata())
        for name in sorted(file.keys()):
            tensor = file.get_tensor(name)
            print(f"  {name}: {tensor.dtype} {list(tensor.shape)} sum {tensor.sum(dtype=np.float64)}")
if len(sys.argv) == 1:
    (HERE / "seed.json").write_text(json.dumps(seeds(), indent=1, ensure_ascii=False) + "\n")
    images()
    state_dict()
