"""Has TensorBoard, DVC, pandas and transformers read what a run leaves for them, and compares with the run's own files.

    pip install tensorboard dvc pandas transformers
    python read_back.py RUN_DIR
    python read_back.py --live RUN_DIR      # of a training under way: its curves, by TensorBoard alone

Passed with tensorboard 2.21.0, dvc 3.67.1, pandas 3.1.1, transformers 5.24.0 and Python 3.11.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {
    "train/loss": "loss",
    "train/accuracy": "train_accuracy",
    "validation/accuracy": "validation_accuracy",
    "validation/loss": "validation_loss",
    "learning_rate": "learning_rate",
}


def tensorboard(train, history):
    events = EventAccumulator(str(train))
    events.Reload()
    expected = {tag: [(r["epoch"], np.float32(r[key])) for r in history if key in r] for tag, key in TAGS.items()}
    expected = {tag: curve for tag, curve in expected.items() if curve}
    assert set(events.Tags()["scalars"]) == set(expected), events.Tags()
    for tag, curve in expected.items():
        assert [(event.step, np.float32(event.value)) for event in events.Scalars(tag)] == curve, tag


def tables(train, history):
    import pandas as pd

    for name in ["history.tsv", "accuracy.tsv"]:
        frame = pd.read_csv(train / name, sep="\t")
        rows = [record for record in history if all(column in record for column in frame)]
        assert frame.to_dict("records") == [{column: record[column] for column in frame} for record in rows], name


def config(train):
    from transformers import PretrainedConfig

    names = PretrainedConfig.from_pretrained(train)
    assert names.id2label == {label: name for name, label in names.label2id.items()}
    assert names.num_labels == len(names.id2label) > 0


def dvc(run):
    """As docs/comparing-runs.md has it, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        heavy = shutil.ignore_patterns("*.safetensors", "checkpoints", ".*")
        shutil.copytree(run, Path(folder) / "runs/sample", ignore=heavy)
        guide = Path(__file__).parents[3] / "docs/comparing-runs.md"
        yaml = guide.read_text().split("```yaml\n")[1].split("```")[0]
        (Path(folder) / "dvc.yaml").write_text(yaml)

        def call(*arguments):
            program = Path(sys.executable).with_name("dvc")
            environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
            ended = subprocess.run([program, *arguments], cwd=folder, env=environment, check=True, capture_output=True)
            return ended.stdout

        call("init", "--no-scm")
        scores = json.loads((run / "evaluate/metrics.json").read_text())["splits"]
        shown = json.loads(call("metrics", "show", "--json"))[""]["data"]["runs/sample/evaluate/metrics.json"]["data"]
        for split, values in scores.items():
            numbers = {name: value for name, value in values.items() if not isinstance(value, list)}
            assert shown["splits"][split] == numbers, split
        plots = json.loads(call("plots", "show", "--json"))["data"]
        for plot in ["loss", "accuracy", "learning_rate"]:
            assert len(plots[plot][0]["content"]["data"]["values"]) > 0, plot


def live(run):
    """Whole lines are read first: the events of their epochs are there too, and perhaps those of some more."""
    folder = run / "train/live"
    lines = (folder / "history.jsonl").read_text().rsplit("\n", 1)[0].splitlines()
    history = [json.loads(line) for line in lines]
    assert [record["epoch"] for record in history] == list(range(1, len(history) + 1))
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    for tag, key in TAGS.items():
        expected = [(r["epoch"], np.float32(r[key])) for r in history if key in r]
        found = [(event.step, np.float32(event.value)) for event in events.Scalars(tag)] if expected else []
        assert found[: len(expected)] == expected, tag
        steps = [step for step, _ in found]
        assert steps == sorted(set(steps)), tag
    print(f"{run}: the curves are read, {len(history)} epochs")


def main(run):
    run = Path(run)
    lines = (run / "train/history.jsonl").read_text().splitlines()
    history = [json.loads(line) for line in lines]
    tensorboard(run / "train", history)
    tables(run / "train", history)
    config(run / "train")
    dvc(run)
    print(f"{run}: all read back, {len(history)} epochs")


if __name__ == "__main__":
    if sys.argv[1] == "--live":
        live(Path(sys.argv[2]))
    else:
        main(sys.argv[1])
