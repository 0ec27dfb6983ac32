"""What the protocols of Barsoum et al. (2016) make of random votes of ten people: cases.json.

The rules are those of the paper's section on its four training modes and of its code, stated anew: eight classes, then `unknown` and `NF`.
Made with numpy 2.4.6: python3 make.py
"""

import json
from pathlib import Path

import numpy as np

CLASSES = 8
random = np.random.default_rng(16)


def draw():
    """Ten votes, by chances of which few are large."""
    chances = random.dirichlet(np.full(CLASSES + 2, random.choice([0.15, 0.3, 0.6, 1.5])))
    return random.multinomial(10, chances)


def without_outliers(votes):
    return np.where(votes > 1, votes, 0)


def majority(votes):
    """One thing has more than half of all votes."""
    winner = int(np.argmax(votes))
    if 2 * votes[winner] <= votes.sum():
        return None
    return one(winner)


def cross_entropy(votes):
    """In rounds, each thing with the most votes of what remains is taken, until three quarters of the votes or three classes are taken; a
    thing that is no class ends the rounds, and is taken itself only where no class is. More than three classes, or half of the votes or
    less, are too few people of one mind."""
    rest, taken = votes.astype(float), np.zeros(len(votes))
    while taken[:CLASSES].sum() < 0.75 * votes.sum() and np.count_nonzero(taken[:CLASSES]) < 3 and rest.max() > 0:
        first = rest == rest.max()
        stranger = first[CLASSES:].any()
        taken[:CLASSES][first[:CLASSES]] = rest.max()
        if stranger:
            if not taken.any():
                taken[CLASSES + int(np.argmax(first[CLASSES:]))] = rest.max()
            break
        rest[first] = 0
    if np.count_nonzero(taken) > 3 or 2 * taken.sum() <= votes.sum():
        return None
    return taken / taken.sum()


def multi_target(votes):
    """All things with 30 % of the votes, each as likely."""
    taken = 10 * votes >= 3 * votes.sum()
    if 2 * votes[taken].sum() <= votes.sum():
        return None
    # The thing with the most votes says whether the row is one of a class; what is learnt is classes alone.
    if np.argmax(np.where(taken, votes, 0)) >= CLASSES:
        return one(int(np.argmax(np.where(taken, votes, 0))))
    classes = np.where(np.arange(len(votes)) < CLASSES, taken, False)
    return classes / classes.sum()


def one(place):
    return np.eye(CLASSES + 2)[place]


def judged(rule, votes):
    left = without_outliers(votes)
    if left.sum() == 0:
        return "outliers"
    found = rule(left)
    if found is None:
        return "no majority"
    if found[CLASSES:].any():
        return ["unknown", "no face"][int(np.argmax(found[CLASSES:]))]
    return [round(float(share), 5) for share in found[:CLASSES]]


votes = [draw() for _ in range(300)]
rules = {"majority": majority, "cross-entropy": cross_entropy, "multi-target": multi_target}
cases = {name: [judged(rule, row) for row in votes] for name, rule in rules.items()}
columns = {"votes": [row.tolist() for row in votes], **cases}
text = [json.dumps(name) + ": [\n" + ",\n".join(map(json.dumps, rows)) + "\n]" for name, rows in columns.items()]
Path(__file__).with_name("cases.json").write_text("{" + ",\n".join(text) + "}\n")
for name, rows in cases.items():
    told = [row for row in rows if isinstance(row, str)]
    print(name, len(rows) - len(told), {why: told.count(why) for why in set(told)})
