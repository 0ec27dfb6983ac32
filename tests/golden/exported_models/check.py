"""Compares exported models with `fer`: ONNX files in ONNX Runtime, Hugging Face folders in PyTorch. To be run by hand:

    pip install huggingface_hub numpy onnx onnxruntime safetensors torch zstandard
    python check.py FER                                 every network, normalisation and equalisation, on data/sample.csv.zst
    python check.py FER --model fer48 --data FILE.csv --usage PublicTest

FER is the built program. Of each model, the predicted class must be the same on every image, but for ties within 1e-6, and probabilities
within 1e-5 of those of `fer predict`; logits of the run's validation images within 1e-5 of those that `evaluate` left,
relative to the largest one.

Passed with onnx 1.23.2, onnxruntime 1.32.0, torch 2.15.0, huggingface_hub 2.4.0 and Python 3.11.
"""

import argparse
import csv
import importlib.util
import io
import itertools
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import zstandard
from huggingface_hub import ModelCard
from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = ["face-cnn", "compact-cnn", "face-resnet", "linear"]
NORMALIZATIONS = ["unit", "standard", "per-image"]
EQUALIZATIONS = ["none", "global"]
# Few epochs on 1,680 faces: a network need not be good, but must tell classes apart.
TRAINING = {
    "face-cnn": {"epochs": 2, "optimizer": {"name": "adamw", "learning_rate": 0.0003}},
    "compact-cnn": {"epochs": 4, "optimizer": {"name": "adamw", "learning_rate": 0.003}},
    "face-resnet": {"epochs": 3, "optimizer": {"name": "adamw", "learning_rate": 0.003}},
    "linear": {"epochs": 8, "optimizer": {"name": "sgd", "learning_rate": 0.02}},
}
BATCH = 128
TOLERANCE = 1e-5
TIE = 1e-6


class Faces:
    """Rows of a CSV file: images U8 [N, H, W], and a file with the same rows for `fer predict`."""

    def __init__(self, source, usage, folder):
        raw = Path(source).read_bytes()
        text = zstandard.decompress(raw, 2**31).decode() if str(source).endswith(".zst") else raw.decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        rows = [row for row in rows if usage is None or row["Usage"] == usage]
        pixels = [np.array(row["pixels"].split(), dtype=np.uint8) for row in rows]
        side = round(len(pixels[0]) ** 0.5)
        self.images = np.stack(pixels).reshape(len(rows), side, side)
        self.path = folder / "faces.csv"
        with self.path.open("w", newline="") as file:
            csv.writer(file).writerows([["pixels"], *([" ".join(map(str, image.flatten()))] for image in self.images)])


def fer(program, *arguments, folder=None):
    ended = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, cwd=folder)
    assert ended.returncode == 0, f"{arguments}: {ended.stderr}"
    return ended.stdout


def ours(program, model, faces):
    """Probabilities of `fer predict`."""
    lines = fer(program, "predict", faces.path, "--model", model, "--json").splitlines()
    rows = [json.loads(line)["probabilities"] for line in lines]
    return np.array([list(row.values()) for row in rows]), list(rows[0])


def in_onnxruntime(path, images):
    """Probabilities and logits, by batches of which the last is a smaller one."""
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    batches = [session.run(["probabilities", "logits"], {"images": images[i : i + BATCH]}) for i in range(0, len(images), BATCH)]
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    return *(np.concatenate(parts) for parts in zip(*batches)), classes


def in_pytorch(folder, images):
    """The same by the folder's own modeling_fer.py."""
    card = ModelCard.load(folder / "README.md")
    assert card.data.pipeline_tag == "image-classification", card.data
    spec = importlib.util.spec_from_file_location("modeling_fer", folder / "modeling_fer.py")
    modeling = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(modeling)
    model = modeling.Fer.from_pretrained(folder)
    with torch.no_grad():
        batches = [model(batch) for batch in torch.from_numpy(images).split(BATCH)]
    logits = torch.cat(batches)
    return logits.softmax(1).numpy(), logits.numpy(), model.classes, card


def compare(found, expected):
    """The largest difference; the classes must be the same, but where `fer` has two within the last digits of an f32."""
    difference = np.abs(found - expected).max()
    assert difference <= TOLERANCE, f"probabilities differ by {difference}"
    lead = np.diff(np.sort(expected, axis=1)[:, -2:], axis=1)[:, 0]
    others = lead[found.argmax(1) != expected.argmax(1)]
    assert (others < TIE).all(), f"{len(others)} of {len(found)} images have another class; they led by {others}"
    if len(others):
        print(f"{len(others)} of {len(found)} images have another class, where the best led the second by {others.max():.1e}")
    return difference


def check(program, model, faces, folder, run=None):
    """Exports a model in all formats and compares each; gives the largest difference by format."""
    differences = {}
    for flag in [[], ["--f16"]]:
        name = "f16" if flag else "f32"
        reference = folder / f"{name}.safetensors"
        fer(program, "export-model", model, reference, "--force", *flag)
        expected, names = ours(program, reference, faces)
        classes_met, certain = len(set(expected.argmax(1))), expected.max(1).mean()
        assert classes_met > 3 and certain > 0.2, f"{classes_met} classes, {certain}: no network to compare by"
        fer(program, "export-model", model, folder / f"{name}.onnx", "--force", *flag)
        found, logits, classes = in_onnxruntime(folder / f"{name}.onnx", faces.images)
        assert classes == names, classes
        differences[f"onnx {name}"] = compare(found, expected)
        hub = folder / f"hub-{name}"
        fer(program, "export-model", model, hub, "--format", "hugging-face", "--force", *flag)
        found, of_torch, classes, card = in_pytorch(hub, faces.images)
        assert classes == names, classes
        differences[f"torch {name}"] = compare(found, expected)
        if run and not flag:
            differences["logits"] = max(logits_differ(run, each) for each in (logits, of_torch))
            metrics = json.loads((run / "evaluate" / "metrics.json").read_text())["splits"]
            claimed = {(r.dataset_split, r.metric_type): r.metric_value for r in card.data.eval_results}
            assert claimed["validation", "accuracy"] == metrics["validation"]["accuracy"], claimed
            assert claimed["validation", "f1"] == metrics["validation"]["macro_f1"], claimed
    return differences


def logits_differ(run, logits):
    """How far logits are from those that the run's evaluation left, which are without the temperature."""
    predictions = load_file(run / "evaluate" / "predictions-validation.safetensors")
    temperature = json.loads((run / "evaluate" / "metrics.json").read_text())["temperature"]
    expected = predictions["logits"] / temperature
    difference = np.abs(logits[predictions["rows"]] - expected).max() / max(1, np.abs(expected).max())
    assert difference <= TOLERANCE, f"logits differ by {difference}"
    return difference


def train(program, folder, network, normalization, equalization):
    """A short training on the sample."""
    params = {"model": {"name": network}, "batch_size": 32, "shuffle": True, "evaluate_every": 100, **TRAINING[network]}
    source = {"kind": "csv", "path": str(ROOT / "data" / "sample.csv.zst")}
    stages = [
        {"stage": "ingest", "params": {"source": source, "split": {"kind": "usage"}}},
        {"stage": "preprocess", "params": {"equalization": equalization, "normalization": {"kind": normalization}}},
        {"stage": "train", "params": params},
        {"stage": "evaluate", "params": {}},
    ]
    # JSON is YAML too.
    (folder / "pipeline.yaml").write_text(json.dumps({"version": 1, "seed": 42, "run_dir": "run", "stages": stages}))
    fer(program, "run", "pipeline.yaml", folder=folder)
    return folder / "run"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("fer", type=Path)
    parser.add_argument("--model", help="a run, a model file or a built-in name; by default, networks are trained")
    parser.add_argument("--data", default=ROOT / "data" / "sample.csv.zst")
    parser.add_argument("--usage", help="rows of the file with this in the column `Usage`")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    settings = parser.parse_args()
    program = settings.fer.resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        faces = Faces(settings.data, settings.usage, folder)
        print(f"{len(faces.images)} images")
        if settings.model:
            print(settings.model, shown(check(program, settings.model, faces, folder)))
            return
        for case in itertools.product(settings.networks, NORMALIZATIONS, EQUALIZATIONS):
            run = train(program, folder, *case)
            print(*case, shown(check(program, run, faces, folder, run)), flush=True)


def shown(differences):
    return "  ".join(f"{name} {value:.1e}" for name, value in differences.items())


if __name__ == "__main__":
    main()
