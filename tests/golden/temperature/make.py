"""Writes cases.json: logits and labels with the temperature of the smallest cross entropy and the calibration errors.

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, torch 2.15.0:  python make.py

* temperature: the root, by SciPy's `brentq`, of the derivative of the mean cross entropy by the temperature's inverse;
  compared here with SciPy's bounded minimisation of the cross entropy and with PyTorch's L-BFGS, as in the code that
  goes with Guo et al. 2017.
* ece, ece_calibrated: 15 bins (i/15, (i+1)/15] on the top probability, before and after dividing by the temperature.
"""

import json
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, softmax


def expected_calibration_error(logits, labels, bins=15):
    probabilities = softmax(logits, axis=1)
    top, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    total = 0.0
    for i in range(bins):
        inside = (top > i / bins) & (top <= (i + 1) / bins)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - top[inside].mean())
    return total


def loss(temperature, logits, labels):
    return -log_softmax(logits / temperature, axis=1)[np.arange(len(labels)), labels].mean()


def fitted(logits, labels):
    def slope(inverse):
        expected = (softmax(inverse * logits, axis=1) * logits).sum(axis=1)
        return (expected - logits[np.arange(len(labels)), labels]).mean()

    temperature = 1 / brentq(slope, 1 / 20, 20, xtol=1e-15, rtol=1e-14)
    other = minimize_scalar(loss, bounds=(0.05, 20), args=(logits, labels), method="bounded", options={"xatol": 1e-10}).x
    assert abs(other - temperature) < 1e-6 * temperature, (other, temperature)
    parameter = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([parameter], lr=0.1, max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-15)

    def closure():
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(torch.tensor(logits) / parameter, torch.tensor(labels))
        value.backward()
        return value

    optimizer.step(closure)
    assert abs(parameter.item() - temperature) < 1e-6 * temperature, (parameter.item(), temperature)
    return temperature


def case(name, logits, labels):
    logits32, labels = np.asarray(logits, dtype=np.float32), np.asarray(labels, dtype=np.int64)
    logits = logits32.astype(np.float64)
    temperature = fitted(logits, labels)
    return {
        "name": name,
        "logits": logits32.tolist(),
        "labels": labels.tolist(),
        "temperature": temperature,
        "ece": expected_calibration_error(logits, labels),
        "ece_calibrated": expected_calibration_error(logits / temperature, labels),
    }


def main():
    rng = np.random.default_rng(20171207)

    def skilled(n, k, skill, scale):
        labels = rng.integers(0, k, n)
        return scale * (rng.normal(size=(n, k)) + skill * np.eye(k)[labels]), labels

    cases = [
        case("too sure", *skilled(80, 7, 1.2, 4.0)),
        case("not sure enough", *skilled(80, 7, 1.5, 0.3)),
        case("two classes", *skilled(50, 2, 1.0, 2.0)),
        case("large logits", *skilled(30, 3, 1.0, 15.0)),
    ]
    # By hand: three of four are right at a margin of ln 9, so the temperature is ln 9 / ln 3 = 2.
    by_hand = case("by hand", [[np.log(9.0), 0.0]] * 4, [0, 0, 0, 1])
    assert abs(by_hand["temperature"] - 2) < 1e-6
    cases.append(by_hand)
    text = ",\n".join(json.dumps(c) for c in cases)
    Path(__file__).with_name("cases.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
