"""What a step costs whose batch is computed in parts by several machines: docs/scale.md describes the model.

    python model.py                  the tables of docs/scale.md
    python model.py check LOG…       compares what `fer run --verbose` said under mpirun with the model; measure.sh calls it

Needs Python 3.11 and nothing else. Every number that is put in is here, with its origin.
"""

import re
import sys
from dataclasses import dataclass

BUCKET = 1 << 18  # numbers; crates/fer-train/src/reduction.rs
GIGABIT = 1e9 / 8


@dataclass
class Layer:
    """Numbers of each parameter in the order of the layers, multiplications for an image in the forward pass."""

    parameters: list[int]
    products: int
    channels: int = 0  # of a batch norm


def conv(inputs, outputs, kernel, side, bias):
    weights = inputs * outputs * kernel * kernel
    return Layer([weights] + [outputs] * (3 if bias else 2), weights * side * side, outputs)


def linear(inputs, outputs):
    return Layer([inputs * outputs, outputs], inputs * outputs)


def face_cnn(side=48):
    third = side // 8
    convs = [conv(1, 64, 3, side, True), conv(64, 128, 3, side // 2, True), conv(128, 256, 3, side // 4, True)]
    return convs + [linear(256 * third**2, 4096), linear(4096, 1024), linear(1024, 256), linear(256, 7)]


def face_resnet(side=48, stem=(32, 40), widths=(40, 80, 160), blocks=(1, 2, 2)):
    layers = [conv(1, stem[0], 3, side, False), conv(stem[0], stem[1], 3, side // 2, False)]
    inputs, at = stem[1], side // 2
    for stage, (width, count) in enumerate(zip(widths, blocks)):
        for block in range(count):
            at = at // 2 if stage > 0 and block == 0 else at
            layers += [conv(inputs, width, 3, at, False), conv(width, width, 3, at, False)]
            if inputs != width:
                layers.append(conv(inputs, width, 1, at, False))
            inputs = width
    return layers + [linear(inputs, 7)]


@dataclass
class Network:
    name: str
    layers: list[Layer]
    seconds: float  # of a machine for an image, forward and backward
    update: float  # seconds of the optimiser's step

    def numbers(self):
        return sum(sum(layer.parameters) for layer in self.layers)

    def statistics(self):
        return sum(2 * layer.channels for layer in self.layers)

    def buckets(self):
        """Numbers of each bucket, and the share of the backward pass after which it is complete."""
        total = sum(layer.products for layer in self.layers)
        buckets, numbers, done = [], 0, 0
        parameters = []
        for layer in reversed(self.layers):
            done += layer.products / total
            parameters += [(size, done) for size in reversed(layer.parameters)]
        for place, (size, at) in enumerate(parameters):
            numbers += size
            if numbers >= BUCKET or place + 1 == len(parameters):
                buckets.append((numbers, at))
                numbers = 0
        return buckets


# The machine: two cores of an AMD EPYC with AVX-512. FaceCNN: 593 images a second with an update of 7 ms in each step of 128
# (docs/performance.md). face-resnet took 0.93 of the processor time of FaceCNN for an image, in epochs in turns.
FACE_CNN = Network("face-cnn", face_cnn(), 128 / 593 / 128 - 0.007 / 128, 0.007)
FACE_RESNET = Network("face-resnet", face_resnet(), 1 / 640, 0.0003)
NETWORKS = {network.name: network for network in (FACE_CNN, FACE_RESNET)}


@dataclass
class Link:
    """Bytes a second of a machine in each direction; seconds until a message arrives, for one more message, and for a byte that is sent, copied
    and added. The last was measured by measure.sh, with FaceCNN on two busy cores that were both machines and the network between them; the other
    two are usual for TCP and were not measured."""

    bandwidth: float
    latency: float = 50e-6
    message: float = 5e-6
    handling: float = 3.1e-9


def exchange(link, processes, numbers):
    """Seconds until all processes have a bucket's sum: each sends and takes its numbers twice, but for its own stretch."""
    sent = 2 * 4 * numbers * (processes - 1) / processes
    return sent * (1 / link.bandwidth + link.handling) + 2 * (link.latency + (processes - 1) * link.message)


def step(network, link, processes, images):
    """Seconds of a step on a batch of so many images, and how many of them are left to wait for others."""
    each = images / processes
    forward, backward = network.seconds * each / 3, network.seconds * each * 2 / 3
    if processes == 1:
        return forward + backward + network.update, 0.0
    # The note of the part travels first, and whether to go on travels last.
    small = link.latency + (processes - 1) * link.message
    ends = forward + small
    for numbers, at in network.buckets():
        ends = max(ends, forward + at * backward) + exchange(link, processes, numbers)
    waited = max(0.0, ends - forward - backward)
    return forward + backward + waited + small + network.update, waited


def least_batch(network, link, processes, efficiency):
    """Images a machine from which each does so much of what it does alone."""
    images = 1
    while True:
        alone, _ = step(network, link, 1, images * processes)
        together, _ = step(network, link, processes, images * processes)
        if alone / processes / together >= efficiency or images > 1 << 20:
            return images
        images = images + 1 if images < 64 else int(images * 1.02) + 1


def sent(network, processes, parts, steps):
    """Bytes that process 0 sends in so many steps, all parts and processes being powers of two."""
    own = parts // processes
    notes = (processes - 1) * 4 * (1 + own * (1 + network.statistics()))
    gradients = 0
    for numbers, _ in network.buckets():
        stretch = [(rank + 1) * numbers // processes - rank * numbers // processes for rank in range(processes)]
        gradients += 4 * (sum(stretch[1:]) + (processes - 1) * stretch[0])
    return steps * (notes + gradients + (processes - 1) * 4)


def tables():
    for network in NETWORKS.values():
        buckets = ", ".join(f"{4e-6 * numbers:.1f} at {at:.0%}" for numbers, at in network.buckets())
        print(f"{network.name}: {4e-6 * network.numbers():.1f} MB of gradients; MB and share of the backward pass: {buckets}")
        print("| machines | Gbit/s | batch of 128 | of 1,024 | of 8,192 | half | nine tenths | nine tenths by the wire alone |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for processes in (2, 8, 64):
            for rate in (1, 10, 100):
                link, wire = Link(rate * GIGABIT), Link(rate * GIGABIT, handling=0.0)
                speedups = []
                for images in (128, 1024, 8192):
                    alone, _ = step(network, link, 1, images)
                    speedups.append(f"{alone / step(network, link, processes, images)[0]:.2f}")
                least = [least_batch(network, link, processes, share) for share in (0.5, 0.9)]
                least = [f"{processes * images:,}" for images in (*least, least_batch(network, wire, processes, 0.9))]
                print(f"| {processes} | {rate} | {' | '.join(speedups)} | {' | '.join(least)} |")


def check(path):
    """Of a log: what was sent, beside what the model says; and the share of the exchanges that passed behind work."""
    text = open(path).read()
    name, processes, parts, steps, rate = re.search(r"^# (\S+) processes=(\d+) parts=(\d+) steps=(\d+) gbit=(\S+)", text).groups()
    network, processes, steps = NETWORKS[name], int(processes), int(steps)
    found = re.search(r"sent (\d+) messages of ([\d.]+) MB together; ([\d.]+) s in exchanges", text)
    messages, megabytes, seconds = int(found[1]), float(found[2]), float(found[3])
    waited = sum(float(line) for line in re.findall(r"waited ([\d.]+) s of", text))
    expected = sent(network, processes, int(parts), steps) / 1e6
    link = Link(float(rate) * GIGABIT)
    wire = steps * sum(exchange(link, processes, numbers) for numbers, _ in network.buckets())
    print(
        f"{name}, {processes} processes, {rate} Gbit/s, {steps} steps: sent {megabytes:.1f} MB in {messages} messages, expected {expected:.1f}; "
        f"in exchanges {seconds:.2f} s, expected {wire:.2f}; waited {waited:.2f} s: {1 - waited / seconds:.0%} behind work"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        for path in sys.argv[2:]:
            check(path)
    else:
        tables()
