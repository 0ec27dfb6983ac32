"""What ONNX Runtime answers for the networks that the program ships, for tests/program/own_model.rs.

    pip install numpy onnxruntime zstandard
    python make.py FER        writes probabilities.json beside this file; FER is the built program

The faces are the first 12 of data/sample.csv.zst: drawn ones, so the answers say nothing of a network's accuracy. They tell
whether its weights, its preprocessing or its temperature are others than before.

Made with onnxruntime 1.32.0 and Python 3.11.
"""

import csv
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import zstandard

HERE = Path(__file__).resolve().parent
FACES = 12

sample = (HERE.parents[2] / "data" / "sample.csv.zst").read_bytes()
rows = list(csv.DictReader(io.StringIO(zstandard.decompress(sample, 2**31).decode())))[:FACES]
images = np.array([np.array(row["pixels"].split(), dtype=np.uint8).reshape(48, 48) for row in rows])

probabilities = {}
for name in ["fer48", "ferplus48"]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        subprocess.run([sys.argv[1], "export-model", name, str(path)], check=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        [found] = session.run(["probabilities"], {"images": images})
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    probabilities[name] = [dict(zip(classes, (round(float(probability), 6) for probability in row))) for row in found]
(HERE / "probabilities.json").write_text(json.dumps(probabilities, indent=1) + "\n")
