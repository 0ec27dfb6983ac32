"""A model and the ONNX file that `fer export-model` makes of it, side by side: `fer` and ONNX Runtime, from pixels.

    python benches/side_by_side/exported.py --model fer48 --threads 2 --out exported.json      # with 1 and with 2 threads

Both take gray pixels U8 `[N, H, W]` and give an answer for each class, so preprocessing counts for both. Ours is the example
`logits` of `fer-predict`. The script itself is the child that times ONNX Runtime: `exported.py session FILE`.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import fer
import measure
from measure import ratios, spread, values

OURS = "fer"
WARM_UP = 3


def session(arguments):
    """Milliseconds of every pass through a file, after some that do not count."""
    import numpy as np
    import onnxruntime

    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    settings = parser.parse_args(arguments)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = 1
    run = onnxruntime.InferenceSession(settings.file, options, providers=["CPUExecutionProvider"])
    shape = (settings.batch, *run.get_inputs()[0].shape[1:])
    images = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    times = []
    for _ in range(WARM_UP + settings.repeats):
        start = time.perf_counter()
        run.run(["logits"], {"images": images})
        times.append(1000 * (time.perf_counter() - start))
    times = times[WARM_UP:]
    print(json.dumps({"batch": settings.batch, "median_ms": statistics.median(times), "all_ms": times}))


def ours(program, model, sizes, threads):
    ended = measure.child([program, "--model", model, *sizes], threads)
    return json.loads(ended.output) | {"peak_mib": ended.peak_mib}


def compare(program, files, batch, threads, settings):
    sizes = ("--batch", batch, "--repeats", settings.repeats * (10 if batch == 1 else 1))
    contestants = {
        OURS: lambda: ours(program, files["safetensors"], sizes, threads),
        "ONNX Runtime": lambda: measure.python("exported.py", "session", files["onnx"], *sizes, threads=threads),
    }
    return measure.alternate(contestants, settings.rounds)


def table(batch, threads, results):
    times_of_ours = values(results.get(OURS, []), "median_ms")
    rows = []
    for name, measured in results.items():
        times = values(measured, "median_ms")
        against = spread(ratios(times, times_of_ours), 2) + " ×" if times_of_ours else "–"
        rows.append([name, spread(times, 2), spread([1000 * batch / time for time in times]), against])
    heads = [f"batch {batch}, {threads} thread{'s' if threads > 1 else ''}", "ms", "images/s", "fer against it"]
    return measure.table(heads, rows)


def main():
    parser = measure.arguments(__doc__.split("\n")[0], rounds=5)
    parser.add_argument("--model", default="fer48", help="a run folder, a model file or a built-in name")
    parser.add_argument("--fer", metavar="PROGRAM", help="a built `fer`; by default it is built first")
    parser.add_argument("--logits", metavar="PROGRAM", help="the built example; by default it is built first")
    parser.add_argument("--batches", type=int, nargs="+", default=[128, 1], help="images in a pass")
    parser.add_argument("--repeats", type=int, default=20, help="passes a round; ten times as many at batch 1")
    settings = parser.parse_args()
    program = fer.build(settings.fer)
    logits = fer.build(settings.logits, "-p", "fer-predict", "--example", "logits")
    with tempfile.TemporaryDirectory() as folder:
        files = {ending: Path(folder) / f"model.{ending}" for ending in ("safetensors", "onnx")}
        for file in files.values():
            measure.child([program, "export-model", settings.model, file], 1)
        machine = measure.machine(program)
        sections = []
        for threads in range(1, settings.threads + 1):
            for batch in settings.batches:
                measured = compare(logits, files, batch, threads, settings)
                sections.append((table(batch, threads, measured[0]), measured))
    notes = [
        f"`{settings.model}` from gray pixels to logits; {settings.repeats} passes a round (ten times as many at batch 1), of "
        f"which the median; {settings.rounds} rounds in turn. Median (range); ratios are within a round."
    ]
    measure.report("An exported model", settings, machine, sections, notes)


if __name__ == "__main__":
    session(sys.argv[2:]) if sys.argv[1:2] == ["session"] else main()
