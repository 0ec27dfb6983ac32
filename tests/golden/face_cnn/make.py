"""Trainings and schedules by PyTorch, for crates/fer-train/tests/it/golden.rs.

    python make.py        writes training.json and schedules.json beside this file

Made with Python 3.11, torch 2.15.0, numpy 2.4.6, in float64 on the CPU. The networks have 42 million weights, too many
to keep here. So that both sides start from the same ones, initial weights and images follow from a formula, `uniform`
below; of the trained weights only samples, sums and norms are kept.
"""

import json
import pathlib
import re

import numpy as np
import torch
from torch import nn

FOLDER = pathlib.Path(__file__).parent
SAMPLES = 64


def uniform(number, count):
    """`count` numbers in [0, 1) that belong to tensor `number`: a 32-bit mix of the index, its upper 24 bits."""
    mask = np.uint64(0xFFFFFFFF)
    x = (np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B1) + np.uint64(number * 0x85EBCA77)) & mask
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(0x2C1B3C6D)) & mask
    x ^= x >> np.uint64(12)
    x = (x * np.uint64(0x297A2D39)) & mask
    x ^= x >> np.uint64(15)
    return (x >> np.uint64(8)).astype(np.float64) / 2.0**24


def initial(number, name, shape):
    """First value of the tensor called `name`, the `number`-th by name, rounded to float32."""
    u = uniform(number, int(np.prod(shape)))
    if name.endswith("running_var"):
        values = 0.5 + u
    elif name.endswith(".1.weight") and name.startswith("conv"):
        values = 0.75 + 0.5 * u
    else:
        bound = 1 / np.sqrt(np.prod(shape[1:])) if len(shape) > 1 else 0.1
        values = (2 * u - 1) * bound
    return torch.from_numpy(values.astype(np.float32).astype(np.float64).reshape(shape))


def images(count, size):
    """`count` images of `size` x `size` whose labels go round: noise, darker in the upper left corner for low labels.

    Nowhere constant: ties in max pooling would be broken by rounding, and gradients then go elsewhere.
    """
    labels = np.arange(count) % 7
    pixels = uniform(1000, count * size * size).reshape(count, 1, size, size)
    pixels[:, :, : size // 2, : size // 2] *= ((labels + 1) / 7).reshape(count, 1, 1, 1)
    return torch.from_numpy(pixels.astype(np.float32).astype(np.float64)), torch.from_numpy(labels)


def block(inputs, outputs, activation):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, stride=1, padding=1),
        nn.BatchNorm2d(outputs),
        activation(),
        nn.MaxPool2d(2, 2),
    )


class FaceCNN(nn.Module):
    """The seed's network, with what draws random numbers in training as arguments."""

    def __init__(self, activation=nn.RReLU, dropout=(0.2, 0.5), size=48, classes=7):
        super().__init__()
        self.conv1 = block(1, 64, activation)
        self.conv2 = block(64, 128, activation)
        self.conv3 = block(128, 256, activation)
        self.fc = nn.Sequential(
            nn.Dropout(dropout[0]),
            nn.Linear(256 * (size // 8) ** 2, 4096),
            activation(),
            nn.Dropout(dropout[1]),
            nn.Linear(4096, 1024),
            activation(),
            nn.Linear(1024, 256),
            activation(),
            nn.Linear(256, classes),
        )

    def forward(self, x):
        x = self.conv3(self.conv2(self.conv1(x)))
        return self.fc(x.flatten(1))


class CompactCNN(nn.Module):
    def __init__(self, dropout=0.25, size=48, classes=7):
        super().__init__()
        self.conv1 = block(1, 16, nn.ReLU)
        self.conv2 = block(16, 32, nn.ReLU)
        self.conv3 = block(32, 64, nn.ReLU)
        self.fc = nn.Sequential(nn.Dropout(dropout), nn.Linear(64 * (size // 8) ** 2, classes))

    def forward(self, x):
        return self.fc(self.conv3(self.conv2(self.conv1(x))).flatten(1))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if inputs != outputs or stride != 1:
            projection = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + shortcut)


class FaceResnet(nn.Module):
    def __init__(self, stem, widths, blocks, classes=7):
        super().__init__()
        first, second = stem
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 3, 1, 1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, 2, 1, bias=False),
            nn.BatchNorm2d(second),
            nn.ReLU(),
        )
        inputs = second
        for stage, (width, count) in enumerate(zip(widths, blocks), 1):
            chain = []
            for place in range(count):
                chain.append(Block(inputs, width, 2 if stage > 1 and place == 0 else 1))
                inputs = width
            setattr(self, f"layer{stage}", nn.Sequential(*chain))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.stem(x))))
        return self.fc(x.mean((2, 3)))


def state(model):
    named = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    return {name: named[name].detach().clone() for name in sorted(named)}


def summary(before, after):
    before, after = before.flatten(), after.flatten()
    # Odd, so that samples do not all come from one column of a matrix.
    stride = max(1, len(after) // SAMPLES) | 1
    change = after - before
    return {
        "stride": stride,
        "samples": after[::stride][:SAMPLES].tolist(),
        "changes": change[::stride][:SAMPLES].tolist(),
        "sum": after.sum().item(),
        "norm": after.norm().item(),
        "change_norm": change.norm().item(),
    }


def training(model, size, count, batch, optimizer, smoothing, dtype=torch.float64):
    """One epoch in order; the last batch may be smaller."""
    model = model.double()
    for number, (name, tensor) in enumerate(state(model).items()):
        model.state_dict()[name].copy_(initial(number, name, tuple(tensor.shape)))
    model = model.to(dtype)
    before = state(model)
    x, y = images(count, size)
    x = x.to(dtype)
    with torch.no_grad():
        first_logits = model.eval()(x[:batch])
    model.train()
    step = optimizer(model.parameters())
    losses = []
    for start in range(0, count, batch):
        step.zero_grad()
        logits = model(x[start : start + batch])
        loss = nn.functional.cross_entropy(logits, y[start : start + batch], label_smoothing=smoothing)
        loss.backward()
        step.step()
        losses.append(loss.item())
    after = state(model)
    with torch.no_grad():
        last_logits = model.eval()(x[:batch])
    return {
        "size": size,
        "images": count,
        "batch_size": batch,
        "losses": losses,
        "first_logits": first_logits.tolist(),
        "last_logits": last_logits.tolist(),
        "tensors": {name: summary(before[name], after[name]) for name in after},
    }


def face_cnn():
    return FaceCNN(activation=lambda: nn.RReLU(0.25, 0.25), dropout=(0.0, 0.0), size=16)


def compact_cnn():
    return CompactCNN(dropout=0.0, size=16)


CASES = {
    # Small images: among the millions of poolings and slopes of larger ones some are so near to a tie that changing the
    # weights by 1e-6 of themselves, in float64, changes gradients by several per cent. Here nothing changes by 1e-5.
    "face-cnn, sgd": (
        face_cnn,
        dict(size=16, count=40, batch=8, smoothing=0.0, optimizer=lambda p: torch.optim.SGD(p, lr=0.05)),
    ),
    "face-resnet, momentum": (
        lambda: FaceResnet(stem=(5, 8), widths=(8, 12, 16), blocks=(1, 2, 1)),
        dict(
            size=18,
            count=37,
            batch=8,
            smoothing=0.0,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
        ),
    ),
    "compact-cnn, momentum": (
        compact_cnn,
        dict(
            size=16,
            count=37,
            batch=8,
            smoothing=0.0,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
        ),
    ),
    "compact-cnn, nesterov": (
        compact_cnn,
        dict(
            size=16,
            count=37,
            batch=8,
            smoothing=0.1,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
        ),
    ),
    "compact-cnn, adamw": (
        compact_cnn,
        dict(
            size=16,
            count=37,
            batch=8,
            smoothing=0.2,
            optimizer=lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1),
        ),
    ),
}


def rates(epochs, batches, scheduler, per):
    """The learning rate of every step."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = scheduler(optimizer)
    values = []
    for _ in range(epochs):
        for _ in range(batches):
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if per == "step":
                schedule.step()
        if per == "epoch":
            schedule.step()
    return values


def warm_cosine(warmup, total):
    def make(optimizer):
        rise = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / warmup, 1.0, warmup - 1)
        fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total - warmup)
        return torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], [warmup])

    return make


def trapezoid(warmup, fall, total):
    """A linear rise, a constant, a linear fall towards 0 over the last steps."""

    def make(optimizer):
        schedule = torch.optim.lr_scheduler
        parts = [schedule.ConstantLR(optimizer, 1.0, 0), schedule.LinearLR(optimizer, 1.0, 0.0, fall)]
        starts = [total - fall]
        if warmup:
            parts, starts = [schedule.LinearLR(optimizer, 1 / warmup, 1.0, warmup - 1), *parts], [warmup, *starts]
        return schedule.SequentialLR(optimizer, parts, starts)

    return make


def schedules():
    epochs, batches = 9, 4
    total = epochs * batches
    schedule = torch.optim.lr_scheduler

    def one_cycle(**settings):
        return lambda o: schedule.OneCycleLR(o, 0.1, total_steps=total, cycle_momentum=False, **settings)

    cases = [
        ({"name": "constant"}, lambda o: schedule.ConstantLR(o, 1.0, 0), "step"),
        ({"name": "step", "step_size": 2, "gamma": 0.8}, lambda o: schedule.StepLR(o, 2, 0.8), "epoch"),
        ({"name": "cosine", "warmup_epochs": 0}, lambda o: schedule.CosineAnnealingLR(o, total), "step"),
        ({"name": "cosine", "warmup_epochs": 2}, warm_cosine(2 * batches, total), "step"),
        ({"name": "one-cycle"}, one_cycle(), "step"),
        (
            {"name": "one-cycle", "pct_start": 0.25, "div_factor": 10.0, "final_div_factor": 100.0},
            one_cycle(pct_start=0.25, div_factor=10.0, final_div_factor=100.0),
            "step",
        ),
        # A fifth of nine epochs is nearest to two of them, 0.4 to four, 0.01 to none, of which one is left.
        ({"name": "stable"}, trapezoid(0, 2 * batches, total), "step"),
        ({"name": "stable", "warmup_epochs": 2, "cooldown": 0.4}, trapezoid(2 * batches, 4 * batches, total), "step"),
        ({"name": "stable", "warmup_epochs": 3, "cooldown": 0.01}, trapezoid(3 * batches, batches, total), "step"),
    ]
    return {
        "epochs": epochs,
        "steps_per_epoch": batches,
        "learning_rate": 0.1,
        "cases": [{"schedule": name, "rates": rates(epochs, batches, make, per)} for name, make, per in cases],
    }


def difference(a, b):
    """Largest relative difference of the changes between two precisions: how well the training is conditioned."""
    worst = {}
    for name in a["tensors"]:
        x, y = (np.array(case["tensors"][name]["changes"]) for case in (a, b))
        worst[name] = np.linalg.norm(x - y) / np.linalg.norm(x)
    return {name: f"{value:.1e}" for name, value in sorted(worst.items(), key=lambda item: -item[1])[:6]}


def main():
    trainings = {}
    for name, (model, settings) in CASES.items():
        trainings[name] = training(model(), **settings)
        single = training(model(), **settings, dtype=torch.float32)
        print(name, trainings[name]["losses"], single["losses"], "float32 differs by", difference(trainings[name], single))
    write("training.json", trainings)
    write("schedules.json", schedules())


def write(name, value):
    text = json.dumps(value, indent=1)
    # Lists of numbers on one line.
    text = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: "[" + re.sub(r"\s+", " ", found[1]) + "]", text)
    (FOLDER / name).write_text(text + "\n")


if __name__ == "__main__":
    main()
