"""Writes cases.json: labels and groups, and how even the folds are that scikit-learn makes of them.

Made with Python 3.11, numpy 2.4.6, scikit-learn 1.9.1:  python make.py

`unevenness` is, for the folds of StratifiedGroupKFold without shuffling, the mean over classes of the standard deviation over
folds of the class's share in the fold: what StratifiedGroupKFold itself keeps small. `largest` is the size of the largest fold.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold


def unevenness(labels, fold_of, folds):
    deviations = []
    for label in np.unique(labels):
        counts = np.array([np.sum((labels == label) & (fold_of == fold)) for fold in range(folds)])
        deviations.append(np.std(counts / counts.sum()))
    return float(np.mean(deviations))


def case(name, labels, groups, folds):
    labels, groups = np.asarray(labels), np.asarray(groups)
    fold_of = np.full(len(labels), -1)
    for fold, (_, test) in enumerate(StratifiedGroupKFold(folds).split(labels, labels, groups)):
        fold_of[test] = fold
    assert (fold_of >= 0).all()
    return {
        "name": name,
        "labels": labels.tolist(),
        "groups": groups.tolist(),
        "folds": folds,
        "unevenness": unevenness(labels, fold_of, folds),
        "largest": int(np.bincount(fold_of).max()),
    }


def main():
    rng = np.random.default_rng(118)
    # As in CK+48: 118 people, each with some of seven expressions, three pictures of each.
    labels, groups = [], []
    for person in range(118):
        for label in rng.choice(7, size=rng.integers(1, 6), replace=False, p=[0.14, 0.05, 0.18, 0.08, 0.21, 0.09, 0.25]):
            labels += [int(label)] * 3
            groups += [person] * 3
    cases = [
        case("people with some expressions", labels, groups, 10),
        case("equal groups", list(range(7)) * 20, np.repeat(np.arange(20), 7), 5),
        case("groups of all sizes", rng.integers(0, 4, 400), np.sort(rng.zipf(1.6, 400) % 40), 4),
        case("a group a row", rng.integers(0, 3, 60), np.arange(60), 3),
    ]
    Path(__file__).with_name("cases.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
