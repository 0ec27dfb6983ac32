"""Losses and gradients against soft targets, as PyTorch has them: cases.json.

Made with torch 2.15.0: python3 make.py
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(16)
torch.set_default_dtype(torch.float64)

# Votes of ten people for eight classes, without those for none.
votes = torch.tensor(
    [
        [4, 0, 0, 0, 3, 2, 0, 0],
        [0, 10, 0, 0, 0, 0, 0, 0],
        [0, 0, 6, 0, 0, 0, 4, 0],
        [3, 0, 0, 3, 3, 0, 0, 0],
        [2, 0, 0, 0, 0, 0, 0, 7],
    ]
)
# Shares are kept as 32-bit numbers, logits are such too.
shares = (votes / votes.sum(1, keepdim=True)).float().double()
logits = (3 * torch.randn(5, 8)).float().double()
weights = torch.tensor([0.25, 0.5, 1.0, 1.5, 2.0, 6.0, 3.0, 8.0])


def weighted_mean(x):
    """The weights of what is learnt count as the number of images, as they do for labels."""
    return F.cross_entropy(x, shares, weight=weights, label_smoothing=0.1, reduction="sum") / (shares @ weights).sum()


def likeliest(x):
    """The paper's multi-target loss: the likeliest of the classes with votes is the label."""
    return -F.log_softmax(x, 1).masked_fill(shares == 0, -torch.inf).max(1).values.mean()


def case(loss):
    x = logits.clone().requires_grad_()
    value = loss(x)
    value.backward()
    return {"loss": value.item(), "gradient": x.grad.flatten().tolist()}


cases = {
    "shares": case(lambda x: F.cross_entropy(x, shares)),
    "smoothed": case(lambda x: F.cross_entropy(x, shares, label_smoothing=0.1)),
    "weighted": case(weighted_mean),
    "likeliest": case(likeliest),
}
content = {
    "logits": logits.flatten().tolist(),
    "shares": shares.flatten().tolist(),
    "weights": weights.tolist(),
    "cases": cases,
}
Path(__file__).with_name("cases.json").write_text(json.dumps(content, indent=1) + "\n")
