"""How far a linear model gets on the sample: multinomial logistic regression on pixels, plain and equalised.

    pip install numpy opencv-python-headless pandas scikit-learn zstandard
    python data/linear_baseline.py [data/sample.csv.zst]

Written with scikit-learn 1.9.1, OpenCV 5.0.0, pandas 3.1.1, numpy 2.4.6. Fits on Training, scores PublicTest (which also
picks the regularisation) and PrivateTest.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

table = pd.read_csv(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("sample.csv.zst"))
faces = np.array([np.array(text.split(), np.uint8) for text in table.pixels])
equalised = np.array([cv2.equalizeHist(face.reshape(48, 48)).ravel() for face in faces])
part = {usage: (table.Usage == usage).to_numpy() for usage in ("Training", "PublicTest", "PrivateTest")}
labels = table.emotion.to_numpy()

for name, images in (("plain", faces), ("equalised", equalised)):
    images = images / np.float32(255)
    for strength in (0.01, 0.1):
        model = LogisticRegression(C=strength, max_iter=1000).fit(images[part["Training"]], labels[part["Training"]])
        scores = [f"{usage} {model.score(images[rows], labels[rows]):.3f}" for usage, rows in part.items()]
        print(f"{name:9}  C={strength:<4}  " + "  ".join(scores), flush=True)
