"""A preprocess stage in Python: OpenCV's CLAHE, then pixels over 255.

fer calls it as the `command` of a stage, see docs/swapping.md. Needs numpy, opencv-python-headless and safetensors.
"""

import json
import os
from pathlib import Path

import cv2
from safetensors import safe_open
from safetensors.numpy import save_file

params = {"clip_limit": 2.0, "tiles": 4} | json.loads(Path(os.environ["FER_PARAMS"]).read_text())
source, target = Path(os.environ["FER_INPUT_DIR"], "ingest"), Path(os.environ["FER_OUTPUT_DIR"])
cv2.setNumThreads(int(os.environ["FER_THREADS"]))
clahe = cv2.createCLAHE(params["clip_limit"], (params["tiles"], params["tiles"]))

for path in sorted(source.glob("*.safetensors")):
    with safe_open(path, "numpy") as file:
        header = json.loads(file.metadata()["fer"])
        images = file.get_tensor("images")
        # What is known of each image stays with it: labels, rows, and targets where there are votes.
        known = {name: file.get_tensor(name) for name in ["labels", "rows", "targets"] if name in file.keys()}
    features = images.astype("float32")[:, None]  # N, 1, H, W
    for feature, image in zip(features, images):
        feature[0] = clahe.apply(image) / 255
    header = {
        "kind": "features", "schema": 1, "classes": header["classes"], "split": header["split"],
        "producer": "clahe.py 1", "seed": int(os.environ["FER_SEED"]), "params": params,
        "preprocessing": {"equalization": "clahe", **params},
    }
    save_file({"images": features} | known, target / path.name, metadata={"fer": json.dumps(header, sort_keys=True)})
    print(f"  {header['split']}: {len(images)} images")
