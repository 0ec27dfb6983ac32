"""What optimisers cost over plain SGD: FaceCNN through `fer run`, one optimiser after the other.

    python benches/side_by_side/optimizers.py --out optimizers.json
"""

import tempfile
from functools import partial
from pathlib import Path

import fer
import measure
import training
from measure import ratios, spread, values

PLAIN = "SGD"
VARIANTS = {
    PLAIN: "train.optimizer={name: sgd, learning_rate: 0.01}",
    "SGD, weight decay": "train.optimizer={name: sgd, learning_rate: 0.01, weight_decay: 0.0001}",
    "SGD, momentum": "train.optimizer={name: sgd, learning_rate: 0.01, momentum: 0.9}",
    "SGD, nesterov, weight decay": (
        "train.optimizer={name: sgd, learning_rate: 0.01, momentum: 0.9, nesterov: true, weight_decay: 0.0001}"
    ),
    "AdamW": "train.optimizer={name: adamw, learning_rate: 0.0001}",
    "SGD, gradient clipping": "train.clip_norm=5.0",
}


def table(results):
    plain = values(results.get(PLAIN, []), "images_per_second")
    rows = []
    for name, measured in results.items():
        speeds = values(measured, "images_per_second")
        costs = [100 * (ratio - 1) for ratio in ratios(plain, speeds)]
        cost = spread(costs) + " %" if costs else "–"
        rows.append([name, spread(speeds), cost, spread(values(measured, "peak_mib"), 0)])
    return measure.table(["optimiser", "images/s", "time over plain SGD", "peak memory, MiB"], rows)


def main():
    parser = measure.arguments(__doc__.split("\n")[0], rounds=7)
    fer.add_arguments(parser)
    training.add_sizes(parser)
    settings = parser.parse_args()
    program = fer.build(settings.fer)
    machine = measure.machine(program)
    with tempfile.TemporaryDirectory() as folder:
        chain, _ = fer.training(program, Path(folder), settings)
        contestants = {name: partial(fer.train, chain, "--set", option) for name, option in VARIANTS.items()}
        measured = measure.alternate(contestants, settings.rounds)
    notes = [
        f"FaceCNN, batch {settings.batch}, {settings.threads} threads; {settings.epochs} epochs of {settings.images} "
        f"images a round, the first of which does not count; {settings.rounds} rounds in turn. Median (range)."
    ]
    measure.report("Optimisers", settings, machine, [(table(measured[0]), measured)], notes)


if __name__ == "__main__":
    main()
