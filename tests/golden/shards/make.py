"""Trainings whose batches are computed in parts, by PyTorch, for crates/fer-train/tests/it/golden.rs.

    python make.py        writes training.json beside this file

Each part is a forward and a backward pass of its own: batch norm sees the part alone, the parts' gradients add up, weighed so that every
image of a batch counts the same, and the running statistics follow the parts in their order. Where all parts are equal, DistributedDataParallel
must end with the same weights, a process a part; that is checked here (it keeps the running statistics of its first process alone, so
these are left out).

Made with Python 3.11, torch 2.15.0, numpy 2.4.6, in float64 on the CPU. Networks, initial weights and images are those of
../face_cnn/make.py.
"""

import json
import pathlib
import sys

import torch
import torch.multiprocessing
from torch import nn

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "face_cnn"))
from make import FaceResnet, compact_cnn, images, initial, state, summary  # noqa: E402

CASES = {
    "compact-cnn, 4 shards": (
        compact_cnn,
        dict(shards=4, size=16, count=40, batch=8, optimizer=lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    ),
    # Parts of two images; in the last batch, of four images, of two, one and one.
    "face-resnet, 3 shards": (
        lambda: FaceResnet(stem=(5, 8), widths=(8, 12, 16), blocks=(1, 2, 1)),
        dict(shards=3, size=18, count=40, batch=6, optimizer=lambda p: torch.optim.AdamW(p, lr=0.01, eps=1e-4)),
    ),
}


def parts(places, shards):
    """The places of a batch in parts; where they do not divide, the first parts have one more."""
    each, more = divmod(len(places), shards)
    sizes = [each + (part < more) for part in range(shards)]
    return [places[sum(sizes[:part]) : sum(sizes[: part + 1])] for part in range(shards)]


def fresh(make):
    model = make().double()
    for number, (name, tensor) in enumerate(state(model).items()):
        model.state_dict()[name].copy_(initial(number, name, tuple(tensor.shape)))
    return model


def training(make, shards, size, count, batch, optimizer):
    """One epoch in order."""
    model = fresh(make)
    before = state(model)
    x, y = images(count, size)
    with torch.no_grad():
        first_logits = model.eval()(x[:batch])
    model.train()
    step = optimizer(model.parameters())
    losses = []
    for start in range(0, count, batch):
        places = list(range(count))[start : start + batch]
        step.zero_grad()
        mean = 0.0
        for part in filter(None, parts(places, shards)):
            loss = nn.functional.cross_entropy(model(x[part]), y[part]) * (len(part) / len(places))
            loss.backward()
            mean += loss.item()
        step.step()
        losses.append(mean)
    after = state(model)
    with torch.no_grad():
        last_logits = model.eval()(x[:batch])
    golden = {
        "size": size,
        "images": count,
        "batch_size": batch,
        "losses": losses,
        "first_logits": first_logits.tolist(),
        "last_logits": last_logits.tolist(),
        "tensors": {name: summary(before[name], after[name]) for name in after},
    }
    return golden, after


def process(rank, name, expected):
    """The same training by DistributedDataParallel, as one of its processes sees it."""
    make, settings = CASES[name]
    shards, count, batch = settings["shards"], settings["count"], settings["batch"]
    torch.distributed.init_process_group("gloo", "tcp://127.0.0.1:29533", rank=rank, world_size=shards)
    model = fresh(make)
    before = state(model)
    x, y = images(count, settings["size"])
    wrapped = nn.parallel.DistributedDataParallel(model.train())
    step = settings["optimizer"](model.parameters())
    for start in range(0, count, batch):
        part = parts(list(range(start, start + batch)), shards)[rank]
        step.zero_grad()
        nn.functional.cross_entropy(wrapped(x[part]), y[part]).backward()
        step.step()
    for tensor, values in state(model).items():
        if "running" not in tensor:
            change = (expected[tensor] - before[tensor]).norm()
            # In exact arithmetic the bias of a convolution before batch norm does not change.
            assert (values - expected[tensor]).norm() <= 1e-9 * change + 1e-12, tensor
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    golden = {}
    for name, (make, settings) in CASES.items():
        golden[name], after = training(make, **settings)
        if settings["count"] % settings["batch"] == 0:
            torch.multiprocessing.spawn(process, (name, after), settings["shards"])
            print(f"{name}: as by DistributedDataParallel")
    (FOLDER / "training.json").write_text(json.dumps(golden))
