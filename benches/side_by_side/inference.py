"""The forward pass of the seed's network, side by side: `fer-model`, PyTorch eager, `torch.compile`.

    python benches/side_by_side/inference.py --out inference.json

Ours is the example `forward` of `fer-model`. Called with `--batch B --repeats R` it prints
`{"batch": B, "median_ms": …, "all_ms": […]}`: times of R forward passes in evaluation, after some that do not count.
"""

import json

import fer
import measure
from measure import ratios, spread, values

OURS = "fer"


def forward(program, batch, repeats, threads):
    if program is None:
        raise measure.Failed("the example `forward` was not built")
    ended = measure.child([program, "--batch", batch, "--repeats", repeats], threads)
    return json.loads(ended.output) | {"peak_mib": ended.peak_mib}


def pytorch(batch, repeats, threads, *options):
    sizes = ("--batch", batch, "--repeats", repeats)
    return measure.python("face_cnn.py", "forward", *sizes, *options, threads=threads)


def compare(program, batch, repeats, settings):
    contestants = {
        OURS: lambda: forward(program, batch, repeats, settings.threads),
        "PyTorch eager": lambda: pytorch(batch, repeats, settings.threads),
        "torch.compile": lambda: pytorch(batch, repeats, settings.threads, "--compile"),
    }
    return measure.alternate(contestants, settings.rounds)


def table(batch, results):
    ours = values(results.get(OURS, []), "median_ms")
    rows = []
    for name, measured in results.items():
        times = values(measured, "median_ms")
        against = spread(ratios(times, ours), 2) + " ×" if ours else "–"
        rows.append([name, spread(times, 2), spread([1000 * batch / time for time in times]), against])
    return measure.table([f"batch {batch}", "ms", "images/s", "fer against it"], rows)


def main():
    parser = measure.arguments(__doc__.split("\n")[0], rounds=7)
    parser.add_argument("--forward", metavar="PROGRAM", help="the built example; by default it is built first")
    parser.add_argument("--batches", type=int, nargs="+", default=[128, 1], help="images in a pass")
    parser.add_argument("--repeats", type=int, default=20, help="passes at batch 128; ten times as many at batch 1")
    settings = parser.parse_args()
    try:
        program = fer.build(settings.forward, "--example", "forward")
    except measure.Failed as failure:
        measure.say(str(failure))
        program = None
    machine = measure.machine()
    sections = []
    for batch in settings.batches:
        repeats = settings.repeats * (10 if batch == 1 else 1)
        measured = compare(program, batch, repeats, settings)
        sections.append((table(batch, measured[0]), measured))
    notes = [
        f"FaceCNN in evaluation, {settings.threads} threads; {settings.repeats} passes a round (ten times as many "
        f"at batch 1), of which the median; {settings.rounds} rounds in turn. Median (range); ratios are within a round."
    ]
    measure.report("Inference", settings, machine, sections, notes)


if __name__ == "__main__":
    main()
