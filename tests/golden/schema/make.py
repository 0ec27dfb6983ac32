"""Which pipeline files the schema accepts, as jsonschema decides: documents with decisions, in decisions.json.

Run in this folder after a change of docs/pipeline.schema.json. Last run with jsonschema 4.26.0.
"""

import copy
import json
from pathlib import Path

from jsonschema import Draft7Validator

INGEST = {"stage": "ingest", "params": {"source": {"kind": "csv", "path": "faces.csv"}}}
FILE = {
    "version": 1,
    "seed": 7,
    "run_dir": "run",
    "stages": [INGEST, {"stage": "preprocess"}, {"stage": "train", "params": {}}, {"stage": "evaluate", "params": None}],
}


def changed(**keys):
    return {**copy.deepcopy(FILE), **keys}


def stage(entry):
    return changed(stages=[INGEST, entry])


def ingest(**params):
    return changed(stages=[{"stage": "ingest", "params": {**INGEST["params"], **params}}])


def preprocess(**params):
    return stage({"stage": "preprocess", "params": params})


def train(**params):
    return stage({"stage": "train", "params": params})


RANGES = {
    "train.optimizer.learning_rate": {"kind": "log", "low": 0.001, "high": 0.3},
    "train.schedule": {"kind": "choice", "values": [{"name": "stable"}, {"name": "constant"}]},
    "train.schedule.warmup_epochs": {"kind": "int", "low": 0, "high": 2, "when": {"train.schedule": [{"name": "stable"}]}},
}
RIGHT = {
    "plain": FILE,
    "sweep": changed(matrix={"train.epochs": [1, 2], "seeds": [1, 2]}),
    "seeds": changed(seeds=[1, 2]),
    "search": changed(search={"trials": 2, "parameters": RANGES, "sampler": "random", "parallel": 3, "seed": 1}),
    "search with halving": changed(search={"trials": 3, "parameters": RANGES, "halving": {"epochs": 50}}),
    "search with brackets and seeds": changed(
        seeds=[1, 2], search={"trials": 3, "parameters": RANGES, "halving": {"epochs": 50, "brackets": 2}}
    ),
    "named": changed(stages=[INGEST, {"stage": "preprocess"}, {"stage": "train", "name": "teacher"},
                             {"stage": "train", "params": {"init": {"from": "teacher"}}}, {"stage": "evaluate"}]),
    "command": stage({"stage": "preprocess", "command": ["python3", "a.py"], "params": {"any": [1]}, "timeout_seconds": 0.5}),
    "from folders": ingest(source={"kind": "folder", "path": "faces", "pattern": "^(x)"}, classes="from-folders"),
    "classes by number": ingest(classes={"happy": [3], "sad": ["sad", "sadness"], "calm": 6}),
    "classes by list of maps": ingest(classes=["angry", {"down": ["sad", 4]}, 1]),
    "folds": ingest(split={"kind": "folds", "folds": 10, "fold": 3, "validation": 0.1}),
    "usage": ingest(split={"kind": "usage", "validation": 0.1}),
    "pool": ingest(split={"kind": "stratified", "train": 1, "pool": True}),
    "size": ingest(size=[48, 48], color="gray", on_bad_row="skip", drop_duplicates="across"),
    "group": ingest(group={"column": "subject"}),
    "votes of FER+": ingest(votes={"kind": "fer-plus", "path": "votes.csv", "protocol": "cross-entropy", "join": "row"}),
    "votes in columns": ingest(votes={"kind": "columns", "path": "votes.csv", "others": ["none"], "outliers": 1}),
    "targets": train(targets="draw"),
    "align": stage({"stage": "align", "params": {"method": {"kind": "center-crop", "share": 0.5}}}),
    "normalization": preprocess(normalization={"kind": "per-image"}, size={"height": 48, "width": 48}),
    "rate alone": train(optimizer={"learning_rate": 0.05}),
    "adamw": train(optimizer={"name": "adamw", "betas": [0.9, 0.99]}),
    "own optimizer changed": train(model={"name": "compact-cnn"}, optimizer={"betas": [0.9, 0.99]}),
    "nothing": train(crops=[], mixup=None, ema=None, augmentation=None, early_stopping=None, init=None),
    "schedule without a name": train(schedule={}),
    "resnet": train(model={"name": "face-resnet", "widths": [1, 2, 1024]}, crops=[{"from_epoch": 1, "size": 36}]),
    "distillation": train(distillation={"predictions": ["a.safetensors", {"from": "ingest"}], "share": 1}),
    "splits": stage({"stage": "evaluate", "params": {"splits": ["train", "test"], "tta": "ten-crop"}}),
}
# `from` names a stage of another kind: the schema does not know the chain.
BEYOND = {"distillation"}

WRONG = {
    "no stages": {"version": 1, "run_dir": "run"},
    "no run_dir": {key: value for key, value in FILE.items() if key != "run_dir"},
    "empty stages": changed(stages=[]),
    "version 2": changed(version=2),
    "unknown key": changed(rundir="run"),
    "seed below 0": changed(seed=-1),
    "seed a text": changed(seed="7"),
    "votes without a file": ingest(votes={"kind": "fer-plus"}),
    "votes of FER+ with others": ingest(votes={"kind": "fer-plus", "path": "votes.csv", "others": ["none"]}),
    "unknown protocol": ingest(votes={"kind": "fer-plus", "path": "votes.csv", "protocol": "mode"}),
    "unknown targets": train(targets="hard"),
    "unknown stage": stage({"stage": "trian"}),
    "unknown key of a stage": stage({"stage": "train", "param": {}}),
    "ingest without params": changed(stages=[{"stage": "ingest"}]),
    "name with a capital": stage({"stage": "train", "name": "Teacher"}),
    "timeout without a command": stage({"stage": "train", "timeout_seconds": 3}),
    "timeout 0": stage({"stage": "train", "command": ["a"], "timeout_seconds": 0}),
    "empty command": stage({"stage": "train", "command": []}),
    "command a text": stage({"stage": "train", "command": "python3 a.py"}),
    "matrix of one value": changed(matrix={"train.epochs": 3}),
    "empty list in a matrix": changed(matrix={"train.epochs": []}),
    "matrix without a path": changed(matrix={"epochs": [1, 2]}),
    "search without trials": changed(search={"parameters": RANGES}),
    "search of nothing": changed(search={"trials": 2, "parameters": {}}),
    "search without a path": changed(search={"trials": 2, "parameters": {"epochs": {"kind": "int", "low": 1, "high": 2}}}),
    "search without a kind": changed(search={"trials": 2, "parameters": {"train.epochs": {"low": 1, "high": 2}}}),
    "search of values between": changed(search={"trials": 2, "parameters": {"train.epochs": {"kind": "int", "low": 1.5, "high": 2}}}),
    "search of no values": changed(search={"trials": 2, "parameters": {"train.epochs": {"kind": "choice", "values": []}}}),
    "unknown sampler": changed(search={"trials": 2, "parameters": RANGES, "sampler": "grid"}),
    "halving without epochs": changed(search={"trials": 2, "parameters": RANGES, "halving": {"factor": 2}}),
    "source without path": ingest(source={"kind": "csv"}),
    "source of no kind": ingest(source={"path": "a.csv"}),
    "column of a folder": ingest(source={"kind": "folder", "path": "a", "label_column": "b"}),
    "classes a word": ingest(classes="from-names"),
    "no classes": ingest(classes=[]),
    "classes nested": ingest(classes={"happy": {"a": 1}}),
    "size of three": ingest(size=[48, 48, 1]),
    "size 0": ingest(size=[0, 48]),
    "two groups": ingest(group={"column": "a", "folder": 1}),
    "share 1": ingest(split={"kind": "usage", "validation": 1}),
    "one fold": ingest(split={"kind": "folds", "folds": 1, "fold": 0}),
    "train of another split": ingest(split={"kind": "usage", "train": 0.8}),
    "epochs 0": train(epochs=0),
    "epochs 1.5": train(epochs=1.5),
    "epochs nothing": train(epochs=None),
    "epoch": train(epoch=3),
    "unknown network": train(model={"name": "vgg"}),
    "network without a name": train(model={"dropout": 0.5}),
    "setting of another network": train(model={"name": "linear", "dropout": 0.5}),
    "dropout 1": train(model={"name": "compact-cnn", "dropout": 1}),
    "rate 0": train(optimizer={"learning_rate": 0}),
    "rate a text": train(optimizer={"learning_rate": "0.1"}),
    "betas of sgd": train(optimizer={"name": "sgd", "betas": [0.9, 0.99]}),
    "momentum of adamw": train(optimizer={"name": "adamw", "momentum": 0.9}),
    "gamma of cosine": train(schedule={"name": "cosine", "gamma": 0.5}),
    "gamma of no schedule": train(schedule={"gamma": 0.5}),
    "flip 2": train(augmentation={"flip": 2}),
    "rotation 181": train(augmentation={"rotation": 181}),
    "unknown change": train(augmentation={"blur": 1}),
    "mixup without alpha": train(mixup={"probability": 0.5}),
    "no teachers": train(distillation={"predictions": []}),
    "from and more": train(init={"from": "a", "to": "b"}),
    "select first": train(select="first"),
    "equalization 1": preprocess(equalization=1),
    "normalization with more": preprocess(normalization={"kind": "unit", "mean": 0}),
    "share of none": stage({"stage": "align", "params": {"method": {"kind": "none", "share": 0.5}}}),
    "split twice": stage({"stage": "evaluate", "params": {"splits": ["train", "train"]}}),
    "no split": stage({"stage": "evaluate", "params": {"splits": []}}),
    "batch 0": stage({"stage": "evaluate", "params": {"batch_size": 0}}),
}

schema = json.loads(Path("../../../docs/pipeline.schema.json").read_text())
Draft7Validator.check_schema(schema)
validator = Draft7Validator(schema)
cases = []
for wanted, documents in [(True, RIGHT), (False, WRONG)]:
    for name, document in documents.items():
        accepted = validator.is_valid(document)
        assert accepted == wanted, (name, [error.message for error in validator.iter_errors(document)])
        case = {"name": name, "document": document, "accepted": accepted}
        cases.append({**case, "beyond": True} if name in BEYOND else case)
Path("decisions.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
