"""Writes small Parquet files as people have them, and expected.json: what pyarrow and Pillow read in them.

    pip install datasets numpy pillow pyarrow
    python make.py

Written with datasets 5.2.0, pyarrow 26.0.1, Pillow 13.0.0 and NumPy 2.4.6. The pictures are drawn, 4 by 4 pixels.

* `hub/data/`: shards as `datasets` pushes them to the hub: pictures in a struct, ClassLabel with its names in the file's metadata.
* `bytes.parquet`: pictures in a binary column, labels as dictionary-encoded text, splits in a column; zstd, row groups of 2.
* `pixels.parquet`: FER2013's columns, pixels as text; gzip.
* `lists.parquet`: pixels as lists of bytes, labels as int8; no compression, data pages of version 2.
* `bad.parquet`: rows that cannot be used, one kind each.
"""

import io
import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Image
from PIL import Image as Pillow

CLASSES = ["happy", "angry", "neutral"]
expected = {}


def face(number):
    return ((np.arange(16, dtype=np.uint16) * 13 + number * 29) % 256).astype(np.uint8).reshape(4, 4)


def png(number):
    out = io.BytesIO()
    Pillow.fromarray(face(number)).save(out, "PNG")
    return out.getvalue()


def gray(data):
    return np.asarray(Pillow.open(io.BytesIO(data)).convert("L")).reshape(-1).tolist()


def hub():
    os.makedirs("hub/data", exist_ok=True)
    features = Features({"image": Image(), "label": ClassLabel(names=CLASSES)})
    shards = {
        "train-00000-of-00002": [0, 1, 2],
        "train-00001-of-00002": [3, 4],
        "validation-00000-of-00001": [5],
        "test-00000-of-00001": [6, 7],
    }
    rows = []
    for name in sorted(shards):
        numbers = shards[name]
        data = {
            "image": [{"bytes": png(number), "path": f"face{number}.png"} for number in numbers],
            "label": [number % 3 for number in numbers],
        }
        path = f"hub/data/{name}.parquet"
        Dataset.from_dict(data, features=features).to_parquet(path, batch_size=2)
        table = pq.read_table(path)
        for image, label in zip(table["image"].to_pylist(), table["label"].to_pylist()):
            rows.append({"split": name.split("-")[0], "label": CLASSES[label], "pixels": gray(image["bytes"])})
    expected["hub"] = rows


def written(name, table, **options):
    pq.write_table(table, f"{name}.parquet", **options)
    return pq.read_table(f"{name}.parquet").to_pylist()


def of_bytes():
    labels = pa.array([CLASSES[number % 3] for number in range(5)]).dictionary_encode()
    usage = ["Training", "Training", "PublicTest", "PrivateTest", "Training"]
    table = pa.table({"img_bytes": [png(number) for number in range(5)], "emotion": labels, "Usage": usage})
    rows = written("bytes", table, compression="zstd", row_group_size=2)
    split = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
    expected["bytes"] = [
        {"split": split[row["Usage"]], "label": row["emotion"], "pixels": gray(row["img_bytes"])} for row in rows
    ]


def of_pixels():
    text = [" ".join(map(str, face(number).reshape(-1))) for number in range(4)]
    table = pa.table({"emotion": [3, 4, 0, 6], "pixels": text, "Usage": ["Training"] * 4})
    rows = written("pixels", table, compression="gzip")
    names = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    expected["pixels"] = [
        {"split": "train", "label": names[row["emotion"]], "pixels": [int(value) for value in row["pixels"].split()]}
        for row in rows
    ]


def of_lists():
    lists = pa.array([face(number).reshape(-1).tolist() for number in range(3)], pa.list_(pa.uint8()))
    table = pa.table({"feature": lists, "label": pa.array([3, 4, 0], pa.int8())})
    rows = written("lists", table, compression="none", data_page_version="2.0")
    names = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    expected["lists"] = [{"label": names[row["label"]], "pixels": row["feature"]} for row in rows]


def bad():
    pictures = [
        {"bytes": png(0), "path": "good.png"},
        {"bytes": b"<html>Not found</html>", "path": "page.png"},
        {"bytes": None, "path": "elsewhere.png"},
        None,
        {"bytes": png(1), "path": "unlabelled.png"},
        {"bytes": png(2), "path": "stranger.png"},
        {"bytes": gray_of(3), "path": "small.png"},
    ]
    image = pa.array(pictures, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    label = ["happy", "happy", "happy", "happy", None, "bored", "happy"]
    written("bad", pa.table({"image": image, "label": label}), row_group_size=3)


def gray_of(number):
    out = io.BytesIO()
    Pillow.fromarray(face(number)[:3, :2]).save(out, "PNG")
    return out.getvalue()


hub()
of_bytes()
of_pixels()
of_lists()
bad()
with open("expected.json", "w") as file:
    json.dump(expected, file, indent=1)
    file.write("\n")
