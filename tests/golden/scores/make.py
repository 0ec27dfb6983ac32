"""Writes cases.json: logits and labels with the scores that scikit-learn, SciPy and written-out arithmetic give them.

Made with Python 3.11, numpy 2.4.6, scikit-learn 1.9.1, scipy 1.17.1:  python make.py

* precision, recall, F1 of each class, confusion: scikit-learn with `labels=range(K)` and `zero_division=0`.
* balanced_accuracy, macro_f1: scikit-learn's `balanced_accuracy_score` and `f1_score(average="macro")`, which know nothing of
  K: the first takes the classes that occur among the labels, the second those that occur among labels or predictions.
* absent_classes: classes that do not occur among the labels; left out of the JSON where there are none.
* loss: mean of SciPy's `-log_softmax` in float64; compared here with scikit-learn's `log_loss` where that does not clip.
* ece: 15 bins (i/15, (i+1)/15] on the top probability, as in Guo et al. 2017, written out below.
* accuracy_ci95: Wilson's interval from `scipy.stats.binomtest`.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy.special import log_softmax, softmax
from scipy.stats import binomtest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)

warnings.simplefilter("ignore", UndefinedMetricWarning)
warnings.simplefilter("ignore", UserWarning)


def expected_calibration_error(logits, labels, bins=15):
    probabilities = softmax(logits, axis=1)
    top, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    total = 0.0
    for i in range(bins):
        inside = (top > i / bins) & (top <= (i + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - top[inside].mean())
    return total


def case(name, logits, labels):
    logits32 = np.asarray(logits, dtype=np.float32)
    labels = np.asarray(labels, dtype=np.int64)
    logits, (n, k) = logits32.astype(np.float64), logits32.shape
    classes = range(k)
    predicted = logits.argmax(axis=1)  # the first of equal ones
    precision, recall, f1, support = precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=0)
    loss = -log_softmax(logits, axis=1)[np.arange(n), labels].mean()
    if k > 1 and softmax(logits, axis=1).min() > 1e-15:
        assert abs(loss - log_loss(labels, softmax(logits, axis=1), labels=classes)) < 1e-12
    interval = binomtest(int((predicted == labels).sum()), n).proportion_ci(0.95, method="wilson")
    scores = {
        "n": n,
        "loss": loss,
        "accuracy": accuracy_score(labels, predicted),
        "balanced_accuracy": balanced_accuracy_score(labels, predicted),
        "macro_f1": f1_score(labels, predicted, average="macro", zero_division=0),
        "ece": expected_calibration_error(logits, labels),
        "accuracy_ci95": [interval.low, interval.high],
        "absent_classes": [f"c{i}" for i in classes if support[i] == 0],
        "per_class": [
            {"name": f"c{i}", "precision": precision[i], "recall": recall[i], "f1": f1[i], "support": int(support[i])}
            for i in classes
        ],
        "confusion": confusion_matrix(labels, predicted, labels=classes).tolist(),
    }
    if not scores["absent_classes"]:
        del scores["absent_classes"]
    return {"name": name, "logits": logits32.tolist(), "labels": labels.tolist(), "scores": scores}


def main():
    rng = np.random.default_rng(20130614)
    labels7 = rng.choice(7, size=60, p=[0.14, 0.02, 0.14, 0.25, 0.17, 0.11, 0.17])
    skilled = rng.normal(size=(60, 7)) + 2.0 * np.eye(7)[labels7]
    never_two = rng.normal(size=(40, 5))
    never_two[:, 2] = -9.0
    cases = [
        case("seven classes, some skill", skilled, labels7),
        case("random", rng.normal(size=(50, 4)), rng.integers(0, 4, 50)),
        case("perfect and sure", 30.0 * np.eye(3)[[0, 1, 2, 2, 1, 0]], [0, 1, 2, 2, 1, 0]),
        case("all wrong", 5.0 * np.eye(3)[[1, 2, 0, 1]], [0, 1, 2, 0]),
        case("a class without members", rng.normal(size=(30, 4)), rng.choice([0, 1, 3], 30)),
        case("a class without predictions", never_two, rng.integers(0, 5, 40)),
        case("a class without either", never_two, rng.choice([0, 1, 3, 4], 40)),
        case("everything called one class", np.tile([0.0, 3.0, 0.5], (12, 1)), [0, 1, 2] * 4),
        case("a class predicted and absent", 6.0 * np.eye(5)[[0, 1, 2, 1, 0, 2]], [0, 1, 1, 1, 0, 0]),
        case("two classes of seven, all right", 9.0 * np.eye(7)[[3, 4, 3]], [3, 4, 3]),
        case("one class alone", rng.normal(size=(5, 1)), [0] * 5),
        case("one image", [[0.2, -0.1]], [1]),
        # Probabilities of exactly 1/3 stand on the border of two bins and belong to the lower one.
        case("ties go to the first", [[1, 1, 1], [0, 2, 2], [2, 0, 2], [1, 1, 1], [0, 0, 4]], [0, 2, 0, 2, 2]),
        case("large logits", 300.0 * rng.normal(size=(20, 3)), rng.integers(0, 3, 20)),
    ]
    text = ",\n".join(json.dumps(c) for c in cases)
    Path(__file__).with_name("cases.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
