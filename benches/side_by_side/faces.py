"""Faces from a CSV, in Python: the seed program's way and a quicker one, each to equalised float32 in [0, 1].

    python faces.py cut DATA CSV --rows N          the first rows as a file of their own
    python faces.py files DATA FOLDER              the seed's way, by way of picture files; prints seconds as JSON
    python faces.py memory DATA                    the quicker way, in memory; prints seconds as JSON
    python faces.py compare DATA RUN_DIR           whether a run folder's features are those of `memory`, bit for bit

Seconds are without starting Python and importing its libraries.
"""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd


def read(path, rows=None):
    """Labels and pixel texts, whatever the columns are called: the seed's names or Kaggle's."""
    names = {"emotion": "label", "pixels": "feature"}
    return pd.read_csv(path, nrows=rows).rename(columns=names)[["label", "feature"]]


def in_memory(path, rows=None):
    """The quickest way in plain numpy and OpenCV that we know: one pass, one array, no checks, nothing written."""
    faces = read(path, rows)
    features = np.empty((len(faces), 1, 48, 48), np.float32)
    for feature, text in zip(features, faces.feature):
        pixels = np.fromstring(text, np.uint8, sep=" ").reshape(48, 48)
        np.divide(cv2.equalizeHist(pixels), np.float32(255), out=feature[0])
    return features, faces.label.to_numpy(np.int64)


def by_files(path, folder):
    """The seed's way, step by step: label and pixels each to a file, the pixels through `np.loadtxt`, a JPEG file a
    face, a list of files and labels; then every file is read, made gray and equalised.

    The seed does the last step anew in every epoch; here it is done once.
    """
    faces = read(path)
    faces.label.to_csv(folder / "label.csv", index=False, header=False)
    faces.feature.to_csv(folder / "pixels.csv", index=False, header=False)
    for row, pixels in enumerate(np.loadtxt(folder / "pixels.csv")):
        cv2.imwrite(str(folder / f"{row}.jpg"), pixels.reshape(48, 48))
    labels = pd.read_csv(folder / "label.csv", header=None)[0]
    listed = pd.DataFrame({"path": [f"{row}.jpg" for row in labels.index], "label": labels})
    listed.to_csv(folder / "dataset.csv", header=False, index=False)

    listed = pd.read_csv(folder / "dataset.csv", header=None)
    features = [by_file(folder / name) for name in listed[0]]
    return np.array(features), listed[1].to_numpy(np.int64)


def by_file(path):
    gray = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2GRAY)
    return (cv2.equalizeHist(gray).reshape(1, 48, 48) / 255.0).astype(np.float32)


def stored(run_dir):
    """Features and labels of all splits in a run folder, in the order of the source."""
    parts = [tensors(path) for path in sorted((run_dir / "preprocess").glob("*.safetensors"))]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in ("images", "labels", "rows")}
    order = np.argsort(joined["rows"])
    return joined["images"][order], joined["labels"][order]


def tensors(path):
    """The tensors of a safetensors file: eight bytes of length, a JSON header, the numbers."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    dtypes = {"F32": np.float32, "U8": np.uint8, "U32": np.uint32}
    named = {name: entry for name, entry in header.items() if name != "__metadata__"}
    return {name: array(data, begin, entry, dtypes[entry["dtype"]]) for name, entry in named.items()}


def array(data, begin, entry, dtype):
    start, end = entry["data_offsets"]
    return np.frombuffer(data[begin + start : begin + end], dtype).reshape(entry["shape"])


def equal(path, run_dir):
    ours, theirs = stored(run_dir), in_memory(path)
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs))


def timed(way, *arguments):
    start = time.perf_counter()
    features, _ = way(*arguments)
    return {"seconds": time.perf_counter() - start, "rows": len(features)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("cut", "files", "memory", "compare"))
    parser.add_argument("data", type=Path)
    parser.add_argument("place", type=Path, nargs="?")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--threads", type=int, default=2)
    settings = parser.parse_args()
    cv2.setNumThreads(settings.threads)
    if settings.task == "cut":
        faces = read(settings.data, settings.rows)
        faces.to_csv(settings.place, index=False)
        answer = {"rows": len(faces)}
    elif settings.task == "files":
        answer = timed(by_files, settings.data, settings.place)
    elif settings.task == "memory":
        answer = timed(in_memory, settings.data)
    else:
        answer = {"equal": equal(settings.data, settings.place)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
