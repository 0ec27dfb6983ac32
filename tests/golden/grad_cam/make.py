"""Grad-CAM by PyTorch, for crates/fer-model/tests/it/grad_cam.rs.

    python make.py        writes grad_cam.safetensors beside this file

Made with Python 3.11, torch 2.15.0, safetensors 0.8, in float64 on the CPU; the networks are those of
../face_cnn/make.py, small ones with the weights of its formula.
"""

import importlib.util
import pathlib

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("face_cnn", FOLDER.parent / "face_cnn" / "make.py")
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)


def grad_cam(model, last, x, classes):
    """Maps of the output of the module `last`, by hooks and autograd."""
    kept = {}
    last.register_forward_hook(lambda module, inputs, output: kept.update(maps=output))
    logits = model(x)
    gradient = torch.autograd.grad(logits.gather(1, classes[:, None]).sum(), kept["maps"])[0]
    weights = gradient.mean((2, 3), keepdim=True)
    return torch.relu((weights * kept["maps"]).sum(1)), logits


def main():
    tensors = {}
    cases = {
        "face-resnet": (networks.FaceResnet(stem=(5, 8), widths=(8, 12, 16), blocks=(1, 2, 1)), "layer3", 34),
        "compact-cnn": (networks.CompactCNN(dropout=0.0, size=24), "conv3", 24),
    }
    for name, (model, last, size) in cases.items():
        model = model.double().eval()
        for number, (key, tensor) in enumerate(networks.state(model).items()):
            model.state_dict()[key].copy_(networks.initial(number, key, tuple(tensor.shape)))
            tensors[f"{name}/state/{key}"] = model.state_dict()[key]
        x, _ = networks.images(5, size)
        classes = torch.tensor([0, 3, 6, 1, 2])
        maps, _ = grad_cam(model, getattr(model, last), x, classes)
        print(name, tuple(maps.shape), "share above 0:", (maps > 0).double().mean().item())
        tensors |= {f"{name}/images": x, f"{name}/maps": maps}
    save_file({key: tensor.detach().float().contiguous().clone() for key, tensor in tensors.items()}, FOLDER / "grad_cam.safetensors")


if __name__ == "__main__":
    main()
