"""Asserts that a run's features equal what OpenCV and NumPy make of the same rows of its CSV file.

    pip install opencv-python-headless numpy pandas safetensors
    fer run pipelines/seed.yaml --set train.epochs=1
    python compare_with_opencv.py cnn_train.csv RUN_DIR/preprocess/train.safetensors [validation.safetensors …]

The first artifact must be train, which normalization `standard` is fitted on; the header says what was done. It equals
in every bit for normalization `unit`; for the others NumPy's sums differ in the last digits, so values may differ by
1e-6 (relative, or absolute below one). Features that were resized cannot be compared.
"""

import json
import sys

import cv2
import numpy as np
import pandas as pd
from safetensors import safe_open


def main(csv, *artifacts):
    frame = pd.read_csv(csv)
    pixels = next(name for name in ("feature", "pixels") if name in frame)
    classes = next(name for name in ("label", "emotion") if name in frame)
    levels = np.stack([np.array(text.split(), np.uint8) for text in frame[pixels]])
    side = int(round(levels.shape[1] ** 0.5))
    levels = levels.reshape(-1, side, side)
    fitted = None
    for path in artifacts:
        with safe_open(path, "numpy") as file:
            header = json.loads(file.metadata()["fer"])
            images, labels, rows = (file.get_tensor(name) for name in ("images", "labels", "rows"))
        done = header["preprocessing"]
        assert (header["kind"], header["schema"]) == ("features", 1), header
        assert done["size"] == {"height": side, "width": side}, f"resized to {done['size']}"
        assert images.dtype == np.float32 and images.shape == (len(rows), 1, side, side), images.shape
        assert np.array_equal(labels, frame[classes].to_numpy()[rows]), "labels differ"
        source = levels[rows]
        if done["equalization"] == "global":
            source = np.stack([cv2.equalizeHist(image) for image in source])
        if fitted is None:
            assert header["split"] == "train", "the first artifact must be train"
            fitted = moments(source)
        expected = normalized(source, done["normalization"], fitted)
        report(path, len(rows), done, images[:, 0], expected)


def moments(source):
    unit = source.reshape(-1) / 255.0
    return unit.mean(), unit.std()


def normalized(source, normalization, fitted):
    if normalization["kind"] == "unit":
        return source.astype(np.float32) / np.float32(255)
    if normalization["kind"] == "standard":
        found = (normalization["mean"], normalization["std"])
        assert np.allclose(found, fitted, rtol=1e-12), f"expected mean and std {fitted}, found {found}"
        print(f"mean and std {found}, NumPy's {fitted}")
        mean, std = fitted
        return ((np.arange(256) / 255.0 - mean) / std).astype(np.float32)[source]
    out = np.zeros(source.shape, np.float32)
    for image, values in zip(source, out):
        if np.ptp(image):
            values[:] = (image / 255.0 - (image / 255.0).mean()) / (image / 255.0).std()
    return out


def report(path, n, done, images, expected):
    different = int((images.view(np.uint32) != expected.view(np.uint32)).sum())
    worst = float((np.abs(images - expected) / np.maximum(1, np.abs(expected))).max(initial=0))
    print(f"{path}: {n} images, {done['equalization']}, {done['normalization']['kind']}: "
          f"{different} of {images.size} values differ in any bit, worst by {worst:.1e}")
    assert worst <= (0 if done["normalization"]["kind"] == "unit" else 1e-6)
    assert different == 0 or done["normalization"]["kind"] != "unit"


main(*sys.argv[1:])
