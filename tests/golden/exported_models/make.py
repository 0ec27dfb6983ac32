"""The graphs of exported models as the package `onnx` reads them, for crates/fer-export/src/onnx/tests.rs.

    pip install numpy onnx onnxruntime opencv-python-headless safetensors torch
    python make.py FER        writes graphs.json beside this file; FER is the built program

The folder for Hugging Face is looked at too: `equalize` of its modeling_fer.py must equal OpenCV's on 20,000 images.

A graph is written down only after `onnx.checker` has taken it and ONNX Runtime has given the probabilities that OpenCV's
equalisation, NumPy and PyTorch give: f32 and f64 alike, on images of noise, of few levels, and of one level. Weights and
images are random; nothing here depends on them.

Made with onnx 1.23.2, onnxruntime 1.32.0, opencv-python-headless 5.0.0, torch 2.15.0 and Python 3.11.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
MODELING = HERE.parents[2] / "crates" / "fer-export" / "src" / "hugging_face" / "modeling_fer.py"
# Not square, so that no side is taken for the other.
HEIGHT, WIDTH, CLASSES, TEMPERATURE = 16, 24, 3, 0.75
NETWORKS = {
    "linear": {},
    "compact-cnn": {"dropout": 0.25},
    "face-cnn": {"rrelu": {"lower": 0.125, "upper": 0.25}, "dropout": [0.2, 0.5]},
    "face-resnet": {"stem": [3, 4], "widths": [4, 6, 8], "blocks": [1, 2, 1], "dropout": 0.5},
}
NORMALIZATIONS = {
    "unit": {"kind": "unit"},
    "standard": {"kind": "standard", "mean": 0.5, "std": 0.25},
    "per-image": {"kind": "per-image"},
}


def cases():
    """Network, equalisation, normalisation and bits of a weight: each network once, each preprocessing once."""
    for network in NETWORKS:
        yield network, "none", "unit", 32
    for equalization in ["none", "global"]:
        for normalization in NORMALIZATIONS:
            if (equalization, normalization) != ("none", "unit"):
                yield "linear", equalization, normalization, 32
    yield "compact-cnn", "none", "unit", 16


def images():
    random = np.random.default_rng(7)
    noise = random.integers(0, 256, (5, HEIGHT, WIDTH))
    few = random.choice([3, 90, 91, 255], (5, HEIGHT, WIDTH))
    one = np.full((3, HEIGHT, WIDTH), np.array([0, 77, 255])[:, None, None])
    return np.concatenate([noise, few, one]).astype(np.uint8)


def features(faces, equalization, normalization):
    if equalization == "global":
        faces = np.stack([cv2.equalizeHist(face) for face in faces])
    levels = faces.astype(np.float64)
    if normalization == "unit":
        levels = levels / 255
    elif normalization == "standard":
        levels = (levels / 255 - 0.5) / 0.25
    else:
        std = levels.std((1, 2), keepdims=True)
        levels = (levels - levels.mean((1, 2), keepdims=True)) / np.where(std == 0, 1, std)
    return torch.from_numpy(levels)[:, None]


def check_equalization(modeling):
    """Levels near a half, where rounding decides, are met among so many images."""
    random = np.random.default_rng(8)
    faces = [random.choice(random.integers(0, 256, 1 + k % 60), (48, 48)) for k in range(20_000)]
    faces = np.stack(faces).astype(np.uint8)
    expected = np.stack([cv2.equalizeHist(face) for face in faces])
    differing = int((modeling.equalize(torch.from_numpy(faces)).numpy() != expected).sum())
    assert differing == 0, f"{differing} pixels differ from OpenCV's"


def network_of(modeling, name):
    """In f64, with running statistics that are not those of a fresh network."""
    torch.manual_seed(0)
    network = modeling.NETWORKS[name](height=HEIGHT, width=WIDTH, classes=CLASSES, **NETWORKS[name])
    for key, tensor in network.state_dict().items():
        if key.endswith(("running_mean", "running_var", "bias")) or tensor.dim() == 1:
            tensor.copy_(torch.rand(tensor.shape) + 0.5)
    return network.eval()


def export(program, folder, network, case):
    name, equalization, normalization, bits = case
    header = {
        "kind": "model",
        "schema": 1,
        "classes": ["happy", "sad", "neutral"],
        "network": {"name": name, "height": HEIGHT, "width": WIDTH, "classes": CLASSES, **NETWORKS[name]},
        "preprocessing": {
            "equalization": equalization,
            "normalization": NORMALIZATIONS[normalization],
            "size": {"height": HEIGHT, "width": WIDTH},
        },
        "evaluation": {"temperature": TEMPERATURE},
    }
    weights = {key: tensor for key, tensor in network.state_dict().items() if "num_batches" not in key}
    save_file(weights, folder / "model.safetensors", {"fer": json.dumps(header)})
    out = folder / "model.onnx"
    flags = ["--f16"] if bits == 16 else []
    command = [program, "export-model", folder / "model.safetensors", out, "--force", *flags]
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return out


def verify(out, network, case):
    name, equalization, normalization, bits = case
    onnx.checker.check_model(str(out), full_check=True)
    if bits == 16:
        for tensor in network.state_dict().values():
            if tensor.dim() > 1:
                tensor.copy_(tensor.half())
    faces = images()
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    found, logits = session.run(["probabilities", "logits"], {"images": faces})
    with torch.no_grad():
        expected = network.double()(features(faces, equalization, normalization)) / TEMPERATURE
    difference = np.abs(found - expected.softmax(1).numpy()).max()
    assert difference < 1e-6 and np.allclose(logits, expected.numpy(), rtol=1e-5, atol=1e-5), (case, difference)
    print(*case, f"probabilities differ by at most {difference:.1e}")


def described(out, weights):
    model = onnx.load(str(out))
    graph = model.graph
    types = onnx.TensorProto.DataType.Name

    def attribute(value):
        value = onnx.helper.get_attribute_value(value)
        if isinstance(value, onnx.TensorProto):
            return onnx.numpy_helper.to_array(value).tolist()
        return value.decode() if isinstance(value, bytes) else list(value) if not isinstance(value, (int, float)) else value

    def place(value):
        of = value.type.tensor_type
        return [value.name, types(of.elem_type), *(side.dim_param or side.dim_value for side in of.shape.dim)]

    def values(tensor):
        """Of constants that are no weights of the network: those are the model's, and random here."""
        array = onnx.numpy_helper.to_array(tensor)
        is_own = tensor.name not in weights and (array.size <= 8 or tensor.name == "levels")
        return [array.ravel().tolist()] if is_own else []

    return {
        "opset": [[opset.domain, opset.version] for opset in model.opset_import],
        "input": [place(value) for value in graph.input],
        "output": [place(value) for value in graph.output],
        "constants": [
            [tensor.name, types(tensor.data_type), list(tensor.dims), *values(tensor)] for tensor in graph.initializer
        ],
        "nodes": [
            [node.op_type, list(node.input), list(node.output), {each.name: attribute(each) for each in node.attribute}]
            for node in graph.node
        ],
    }


def lines(value, depth=0):
    """JSON with a line for each node and constant."""
    if isinstance(value, dict) and depth < 2:
        inner = [f"{' ' * (depth + 1)}{json.dumps(key)}: {lines(each, depth + 1)}" for key, each in value.items()]
        return "{\n" + ",\n".join(inner) + "\n" + " " * depth + "}"
    if isinstance(value, list) and depth == 2:
        return "[\n" + ",\n".join("   " + json.dumps(each) for each in value) + "\n  ]"
    return json.dumps(value)


def main(program):
    spec = importlib.util.spec_from_file_location("modeling_fer", MODELING)
    modeling = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(modeling)
    check_equalization(modeling)
    graphs = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            network = network_of(modeling, case[0])
            out = export(program, Path(folder), network, case)
            verify(out, network, case)
            graphs[" ".join(map(str, case))] = described(out, network.state_dict())
    (HERE / "graphs.json").write_text(lines(graphs) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
