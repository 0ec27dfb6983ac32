"""The seed's network and training loop in PyTorch.

    python face_cnn.py train CSV --images N --epochs E [--compile]       prints images per second of every epoch as JSON
    python face_cnn.py forward --batch B --repeats R [--compile]         prints milliseconds a batch as JSON

On the CPU always. The images lie in memory as tensors: the seed reads, decodes and equalises a file an image in every
epoch, and that is not counted here.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

WARM_UP = 3


def block(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, stride=1, padding=1),
        nn.BatchNorm2d(outputs),
        nn.RReLU(inplace=True),
        nn.MaxPool2d(kernel_size=2, stride=2),
    )


class FaceCNN(nn.Module):
    """48×48 gray pixels to logits of seven expressions."""

    def __init__(self):
        super().__init__()
        self.conv1 = block(1, 64)
        self.conv2 = block(64, 128)
        self.conv3 = block(128, 256)
        self.fc = nn.Sequential(
            nn.Dropout(0.2),
            nn.Linear(256 * 6 * 6, 4096),
            nn.RReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 1024),
            nn.RReLU(inplace=True),
            nn.Linear(1024, 256),
            nn.RReLU(inplace=True),
            nn.Linear(256, 7),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0.0, 0.04)

    def forward(self, x):
        x = self.conv3(self.conv2(self.conv1(x)))
        return self.fc(x.flatten(1))


def network(compiled):
    model = FaceCNN()
    # One graph a shape: what serves the last, smaller batch of an epoch shall not slow down the others.
    return torch.compile(model, dynamic=False) if compiled else model


def train(model, images, labels, batch, epochs):
    """The seed's loop; images per second of every epoch."""
    loader = DataLoader(TensorDataset(images, labels), batch_size=batch)
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    speeds = []
    for _ in range(epochs):
        start = time.perf_counter()
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
        speeds.append(len(images) / (time.perf_counter() - start))
    return {"images_per_second": speeds, "last_batch_loss": loss.item()}


def forward(model, batch, repeats):
    """Milliseconds of every forward pass in evaluation, after some that do not count."""
    model.eval()
    images = torch.rand(batch, 1, 48, 48)
    times = []
    with torch.inference_mode():
        for _ in range(WARM_UP + repeats):
            start = time.perf_counter()
            model(images)
            times.append(1000 * (time.perf_counter() - start))
    times = times[WARM_UP:]
    return {"batch": batch, "median_ms": statistics.median(times), "all_ms": times}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("train", "forward"))
    parser.add_argument("csv", type=Path, nargs="?")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--images", type=int)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    settings = parser.parse_args()
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    model = network(settings.compile)
    if settings.task == "train":
        import faces

        images, labels = map(torch.from_numpy, faces.in_memory(settings.csv, settings.images))
        answer = train(model, images, labels, settings.batch, settings.epochs)
    else:
        answer = forward(model, settings.batch, settings.repeats)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
