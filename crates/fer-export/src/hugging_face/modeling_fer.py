"""The networks of `fer`, with their preprocessing and their temperature, in PyTorch. Needs torch and safetensors.

    model = Fer.from_pretrained(".")        # the folder with config.json and model.safetensors
    model.probabilities(images)             # of gray faces, U8 [N, H, W]: [N, classes], in the order of model.classes
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn


def equalize(images):
    """Levels [N, H, W] with equalised histograms, as OpenCV's `equalizeHist`; an image of one level stays as it is."""
    pixels = images.flatten(1).long()
    counts = torch.zeros(len(pixels), 256).scatter_add_(1, pixels, torch.ones(pixels.shape))
    darkest = counts.gather(1, pixels.amin(1, keepdim=True))
    brighter = pixels.shape[1] - darkest
    # A tensor on both sides: PyTorch would turn `255 / x` into `255 * (1 / x)`, which is rounded twice.
    scale = torch.full_like(brighter, 255) / brighter.clamp(min=1)
    table = torch.round((counts.cumsum(1) - darkest).clamp(min=0) * scale)
    table = torch.where(brighter == 0, torch.arange(256.0), table)
    return table.gather(1, pixels).reshape(images.shape)


def normalize(levels, kind, mean=0.0, std=1.0):
    """Features F32 [N, H, W] of levels 0 to 255, reckoned in F64."""
    levels = levels.double()
    if kind == "unit":
        levels = levels / 255
    elif kind == "standard":
        levels = (levels / 255 - mean) / std
    elif kind == "per-image":
        flat = levels.flatten(1)
        n, total = flat.shape[1], flat.sum(1)
        variance = n * flat.square().sum(1) - total.square()
        deviation = (variance.sqrt() / n).clamp(min=1e-9)
        levels = (levels - (total / n)[:, None, None]) / deviation[:, None, None]
    else:
        raise ValueError(f"expected the normalisation unit, standard or per-image, found {kind}")
    return levels.float()


def conv_block(inputs, outputs, activation):
    """Halves the size."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), activation, nn.MaxPool2d(2))


class FaceCnn(nn.Module):
    def __init__(self, height, width, classes, rrelu, dropout):
        super().__init__()
        activation = nn.RReLU(rrelu["lower"], rrelu["upper"])
        self.conv1 = conv_block(1, 64, activation)
        self.conv2 = conv_block(64, 128, activation)
        self.conv3 = conv_block(128, 256, activation)
        inputs = 256 * (height // 8) * (width // 8)
        self.fc = nn.Sequential(
            nn.Dropout(dropout[0]), nn.Linear(inputs, 4096), activation,
            nn.Dropout(dropout[1]), nn.Linear(4096, 1024), activation,
            nn.Linear(1024, 256), activation,
            nn.Linear(256, classes),
        )  # fmt: skip

    def forward(self, x):
        return self.fc(self.conv3(self.conv2(self.conv1(x))).flatten(1))


class CompactCnn(nn.Module):
    def __init__(self, height, width, classes, dropout):
        super().__init__()
        self.conv1 = conv_block(1, 16, nn.ReLU())
        self.conv2 = conv_block(16, 32, nn.ReLU())
        self.conv3 = conv_block(32, 64, nn.ReLU())
        inputs = 64 * (height // 8) * (width // 8)
        self.fc = nn.Sequential(nn.Dropout(dropout), nn.Linear(inputs, classes))

    def forward(self, x):
        return self.fc(self.conv3(self.conv2(self.conv1(x))).flatten(1))


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Identity()
        if inputs != outputs or stride != 1:
            projection = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + self.downsample(x)).relu()


class FaceResnet(nn.Module):
    def __init__(self, height, width, classes, stem, widths, blocks, dropout):
        super().__init__()
        first, second = stem
        self.stem = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1, bias=False), nn.BatchNorm2d(first), nn.ReLU(),
            nn.Conv2d(first, second, 3, 2, padding=1, bias=False), nn.BatchNorm2d(second), nn.ReLU(),
        )  # fmt: skip
        inputs = second
        for stage, (outputs, count) in enumerate(zip(widths, blocks)):
            strides = [1 if stage == 0 else 2] + [1] * (count - 1)
            layers = [Residual(outputs if block else inputs, outputs, stride) for block, stride in enumerate(strides)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
            inputs = outputs
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.stem(x))))
        return self.fc(self.dropout(x.mean((2, 3))))


class Linear(nn.Module):
    def __init__(self, height, width, classes):
        super().__init__()
        self.fc = nn.Linear(height * width, classes)

    def forward(self, x):
        return self.fc(x.flatten(1))


NETWORKS = {"face-cnn": FaceCnn, "compact-cnn": CompactCnn, "face-resnet": FaceResnet, "linear": Linear}


class Fer(nn.Module):
    """A network that takes gray faces as they are."""

    def __init__(self, config, preprocessing):
        super().__init__()
        network = dict(config["network"])
        self.network = NETWORKS[network.pop("name")](**network)
        self.classes = [config["id2label"][str(label)] for label in range(network["classes"])]
        self.temperature = config["temperature"]
        self.preprocessing = preprocessing
        self.size = (preprocessing["size"]["height"], preprocessing["size"]["width"])

    @classmethod
    def from_pretrained(cls, folder):
        read = lambda name: json.loads((Path(folder) / name).read_text(encoding="utf-8"))
        model = cls(read("config.json"), read("preprocessor_config.json"))
        weights = load_file(Path(folder) / "model.safetensors")
        model.network.load_state_dict({name: weight.float() for name, weight in weights.items()}, strict=True)
        return model.eval()

    def features(self, images):
        """What the network sees of images U8 [N, H, W]: F32 [N, 1, H, W]."""
        if images.dtype != torch.uint8 or images.shape[1:] != self.size:
            raise ValueError(f"expected uint8 [N, {self.size[0]}, {self.size[1]}], found {images.dtype} {list(images.shape)}")
        equalization = self.preprocessing["equalization"]
        if equalization not in ("none", "global"):
            raise ValueError(f"expected the equalisation none or global, found {equalization}")
        levels = equalize(images) if equalization == "global" else images
        return normalize(levels, **self.preprocessing["normalization"])[:, None]

    def forward(self, images):
        """Logits [N, classes], divided by the temperature."""
        return self.network(self.features(images)) / self.temperature

    @torch.no_grad()
    def probabilities(self, images):
        """A probability for each class, [N, classes]."""
        return self(images).softmax(1)
