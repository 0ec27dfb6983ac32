"""Weights between PyTorch and fer, both ways, with the seed's network. To be run by hand:

    python exchange.py give OUT.safetensors          PyTorch's fresh FaceCNN, as `state_dict` has it, for `train.init`
    python exchange.py take MODEL.safetensors [PREDICTIONS.safetensors FEATURES.safetensors]

`take` loads a model of fer with `load_state_dict(strict=True)`; given predictions of fer and the features they are of,
it compares the logits. For example, in the project's folder:

    python tests/golden/face_cnn/exchange.py give /tmp/start.safetensors
    fer run --run-dir /tmp/run --set train.model.name=face-cnn --set train.init=/tmp/start.safetensors \\
        --set train.optimizer.learning_rate=0.0001
    python tests/golden/face_cnn/exchange.py take /tmp/run/train/model.safetensors \\
        /tmp/run/evaluate/predictions-test.safetensors /tmp/run/preprocess/test.safetensors

Used with torch 2.15.0 and safetensors.
"""

import sys

import torch
from make import FaceCNN
from safetensors.torch import load_file, save_file


def give(path):
    torch.manual_seed(0)
    save_file(FaceCNN().state_dict(), path)


def take(path, predictions=None, features=None):
    model = FaceCNN()
    model.load_state_dict(load_file(path), strict=True)
    print("load_state_dict(strict=True) takes it")
    if predictions is None:
        return
    with torch.no_grad():
        ours = model.eval()(load_file(features)["images"])
    theirs = load_file(predictions)["logits"]
    print(f"{len(ours)} rows of logits differ by at most {(ours - theirs).abs().max():.1e}, the largest is {theirs.abs().max():.3g}")


if __name__ == "__main__":
    {"give": give, "take": take}[sys.argv[1]](*sys.argv[2:])
