"""A train stage in Python: PyTorch trains fer's `compact-cnn`, so that fer's own evaluate, predict and explain can use the model.

fer calls it as the `command` of a stage, see docs/swapping.md. Needs torch, numpy and safetensors.
"""

import json
import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import cross_entropy

params = {"epochs": 20, "batch_size": 64, "learning_rate": 0.003, "dropout": 0.25}
params |= json.loads(Path(os.environ["FER_PARAMS"]).read_text())
source, target = Path(os.environ["FER_INPUT_DIR"], "preprocess"), Path(os.environ["FER_OUTPUT_DIR"])
seed = int(os.environ["FER_SEED"])
torch.manual_seed(seed)
torch.set_num_threads(int(os.environ["FER_THREADS"]))
torch.use_deterministic_algorithms(True)


def features(split):
    """Header, images and labels of a split; nothing where the data has none."""
    path = source / f"{split}.safetensors"
    if not path.exists():
        return None
    with safe_open(path, "pt") as file:
        header = json.loads(file.metadata()["fer"])
        return header, file.get_tensor("images"), file.get_tensor("labels").long()


def block(inputs, outputs):
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2))


class CompactCnn(nn.Module):
    """The layers of fer's `compact-cnn`, under the names that it knows (`fer params train.model` lists the networks)."""

    def __init__(self, height, width, classes):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = block(1, 16), block(16, 32), block(32, 64)
        inputs = 64 * (height // 8) * (width // 8)
        self.fc = nn.Sequential(nn.Dropout(params["dropout"]), nn.Linear(inputs, classes))

    def forward(self, images):
        return self.fc(self.conv3(self.conv2(self.conv1(images))).flatten(1))


@torch.no_grad()
def judged(network, images, labels):
    """Loss and accuracy."""
    network.eval()
    logits = torch.cat([network(batch) for batch in images.split(256)])
    return cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).float().mean().item()


header, images, labels = features("train")
validation = features("validation")
(height, width), classes = images.shape[2:], header["classes"]
network = CompactCnn(height, width, len(classes))
optimizer = torch.optim.AdamW(network.parameters(), params["learning_rate"])
batches = -(-len(images) // params["batch_size"])
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, params["epochs"] * batches)
history = []
for epoch in range(1, params["epochs"] + 1):
    network.train()
    losses = []
    for chosen in torch.randperm(len(images)).split(params["batch_size"]):
        optimizer.zero_grad()
        loss = cross_entropy(network(images[chosen]), labels[chosen])
        loss.backward()
        optimizer.step()
        rate = schedule.get_last_lr()[0]
        schedule.step()
        losses.append(loss.item() * len(chosen))
    record = {"epoch": epoch, "loss": sum(losses) / len(images), "last_batch_loss": loss.item(), "learning_rate": rate}
    record["train_accuracy"] = judged(network, images, labels)[1]
    if validation:
        record["validation_loss"], record["validation_accuracy"] = judged(network, *validation[1:])
    history.append(record)
    print(f"  epoch {epoch} of {params['epochs']}: loss {record['loss']:.4f}", flush=True)

# What fer must know of a model: docs/artifacts.md has the table.
header = {
    "kind": "model", "schema": 1, "classes": classes,
    "network": {"name": "compact-cnn", "dropout": params["dropout"], "height": height, "width": width, "classes": len(classes)},
    "preprocessing": header["preprocessing"],
    "training": {"epochs": params["epochs"], "epoch": params["epochs"], "select": "last", "history": history},
    "producer": "train.py 1", "seed": seed, "params": params,
}
# fer has no counter of batches.
state = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith("num_batches_tracked")}
save_file(state, target / "model.safetensors", metadata={"fer": json.dumps(header, sort_keys=True)})
lines = [json.dumps(record | {"images_per_second": 0}) + "\n" for record in history]
(target / "history.jsonl").write_text("".join(lines))
