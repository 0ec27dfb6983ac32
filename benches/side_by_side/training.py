"""Training of the seed's network, side by side: `fer run`, PyTorch eager, `torch.compile`.

    python benches/side_by_side/training.py --out training.json
"""

import argparse
import tempfile
from pathlib import Path

import fer
import measure
from measure import ratios, spread, values

OURS = "fer"


def pytorch(csv, settings, *options):
    sizes = ("--images", settings.images, "--epochs", settings.epochs, "--batch", settings.batch)
    measured = measure.python("face_cnn.py", "train", csv, *sizes, *options, threads=settings.threads)
    speeds = measured["images_per_second"]
    return {"images_per_second": fer.warm(speeds), "all_epochs": speeds, "peak_mib": measured["peak_mib"]}


def table(results):
    ours = values(results.get(OURS, []), "images_per_second")
    heads = ["contestant", "images/s", "fer against it", "peak memory, MiB"]
    rows = []
    for name, measured in results.items():
        speeds = values(measured, "images_per_second")
        against = spread(ratios(ours, speeds), 2) + " ×" if ours else "–"
        rows.append([name, spread(speeds), against, spread(values(measured, "peak_mib"), 0)])
    return measure.table(heads, rows)


def several(text):
    if int(text) < 2:
        raise argparse.ArgumentTypeError(f"expected 2 or more, found {text}")
    return int(text)


def add_sizes(parser):
    """What a round trains."""
    parser.add_argument("--images", type=int, default=1280, help="training images in an epoch")
    parser.add_argument("--epochs", type=several, default=3, help="epochs a round, 2 or more; the first does not count")
    parser.add_argument("--batch", type=int, default=128, help="images in a step")


def main():
    parser = measure.arguments(__doc__.split("\n")[0], rounds=7)
    fer.add_arguments(parser)
    add_sizes(parser)
    settings = parser.parse_args()
    program = fer.build(settings.fer)
    machine = measure.machine(program)
    with tempfile.TemporaryDirectory() as folder:
        chain, csv = fer.training(program, Path(folder), settings)
        contestants = {
            OURS: lambda: fer.train(chain),
            "PyTorch eager": lambda: pytorch(csv, settings),
            "torch.compile": lambda: pytorch(csv, settings, "--compile"),
        }
        measured = measure.alternate(contestants, settings.rounds)
    notes = [
        f"FaceCNN, batch {settings.batch}, plain SGD, {settings.threads} threads; {settings.epochs} epochs of "
        f"{settings.images} images a round, the first of which does not count; {settings.rounds} rounds in turn. "
        "Median (range); ratios are of the same round."
    ]
    measure.report("Training", settings, machine, [(table(measured[0]), measured)], notes)


if __name__ == "__main__":
    main()
