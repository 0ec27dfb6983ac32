"""The program `fer`: built, and run as a user would."""

import json
import os
import shutil
import statistics
import subprocess

from measure import ROOT, Failed, child, python

SAMPLE = ROOT / "data" / "sample.csv.zst"


def add_arguments(parser):
    """What names the program and its data."""
    parser.add_argument("--fer", metavar="PROGRAM", help="a built `fer`; by default it is built first")
    parser.add_argument("--data", default=SAMPLE, help="CSV with `label,feature` or `emotion,pixels`")


def build(given, *target):
    """The program, or the example that `target` names; built with `cargo build --release` unless it is given."""
    if given:
        return os.path.abspath(given)
    command = ["cargo", "build", "--release", *target, "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    programs = [message["executable"] for message in messages if message.get("executable")]
    if built.returncode != 0 or not programs:
        raise Failed(" ".join(command) + " failed")
    return programs[-1]


class Chain:
    """A pipeline file and its run folder, both in `folder`: ingest and preprocess as the seed's, then what is given."""

    def __init__(self, program, folder, data, threads, train_rows, stages=()):
        self.run_dir = folder / "run"
        self.threads = threads
        self.command = [program, "run", folder / "pipeline.yaml", "--threads", threads]
        source = {"kind": "csv", "path": os.path.abspath(data)}
        preparation = [
            {"stage": "ingest", "params": {"source": source, "split": {"kind": "head", "train": train_rows}}},
            {"stage": "preprocess", "params": {"equalization": "global", "normalization": {"kind": "unit"}}},
        ]
        file = {"version": 1, "seed": 42, "run_dir": "run", "stages": preparation + list(stages)}
        # JSON is YAML too.
        (folder / "pipeline.yaml").write_text(json.dumps(file, indent=1) + "\n")

    def run(self, *options):
        return child([*self.command, *options], self.threads)

    def clear(self):
        shutil.rmtree(self.run_dir, ignore_errors=True)


def training(program, folder, settings):
    """A chain whose features are ready and whose training has `settings.epochs` of `settings.images`; and its CSV."""
    csv = folder / "faces.csv"
    # Some rows are left for validation, which the last epoch evaluates.
    rows = python("faces.py", "cut", settings.data, csv, "--rows", settings.images + 64, threads=1)["rows"]
    if rows <= settings.images:
        raise SystemExit(f"--images: expected fewer than the {rows} rows of {settings.data}, found {settings.images}")
    params = {"epochs": settings.epochs, "evaluate_every": settings.epochs, "batch_size": settings.batch}
    stage = {"stage": "train", "params": params | {"model": {"name": "face-cnn"}}}
    chain = Chain(program, folder, csv, settings.threads, settings.images, [stage])
    for name in ("ingest", "preprocess"):
        chain.run("--only", name)
    return chain, csv


def train(chain, *options):
    """Trains anew; images per second without the first epoch, and the peak memory of the whole process."""
    ended = chain.run("--from", "train", "--force", *options)
    lines = (chain.run_dir / "train" / "history.jsonl").read_text().splitlines()
    speeds = [json.loads(line)["images_per_second"] for line in lines]
    return {"images_per_second": warm(speeds), "all_epochs": speeds, "peak_mib": ended.peak_mib}


def warm(speeds):
    """The speed that counts: the first epoch warms up, and compiles where there is a compiler."""
    return statistics.median(speeds[1:])
