"""Each stage at growing sizes of data, with time and peak memory; no Python library is needed.

    python benches/side_by_side/sizes.py --times 1 10 35 --work /somewhere/with/25/GB --out sizes.json

`fer synth` draws FER2013's number of rows in train and validation (32,298) once, ten times and 35 times. Each stage runs
in a process of its own (`fer run --only`), by every program that `--fer` names, one after the other.
"""

import json
import shutil
import tempfile
from pathlib import Path

import fer
import measure

ROWS = 28709 + 3589
STAGES = [
    {"stage": "ingest", "params": {"source": {"kind": "csv", "path": "faces.csv"}, "split": {"kind": "usage"}}},
    {"stage": "preprocess", "params": {"equalization": "global", "normalization": {"kind": "standard"}}},
    {
        "stage": "train",
        "params": {"model": {"name": "compact-cnn"}, "epochs": 1, "batch_size": 128, "shuffle": True, "evaluate_every": 1}
        | {"optimizer": {"name": "sgd", "learning_rate": 0.01}},
    },
    {"stage": "evaluate", "params": {}},
]


def stages(program, folder, threads, names):
    """Seconds and peak memory of each stage."""
    shutil.rmtree(folder / "run", ignore_errors=True)
    file = {"version": 1, "seed": 42, "run_dir": "run", "stages": STAGES}
    (folder / "pipeline.yaml").write_text(json.dumps(file) + "\n")
    found = {}
    for name in names:
        ended = measure.child([program, "run", folder / "pipeline.yaml", "--only", name, "--threads", threads], threads)
        found[name] = {"seconds": ended.seconds, "peak_mib": ended.peak_mib}
        print(name, found[name], flush=True)
    return found


def main():
    parser = measure.arguments(__doc__.split("\n")[0], rounds=1)
    parser.add_argument("--fer", action="append", metavar="PROGRAM", help="a built `fer`; repeat it to compare")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10], help="sizes, in times of FER2013")
    parser.add_argument("--work", type=Path, help="folder for files; by default the system's for temporary ones")
    parser.add_argument("--stages", nargs="+", default=[stage["stage"] for stage in STAGES])
    settings = parser.parse_args()
    programs = settings.fer or [fer.build(None)]
    machine = measure.machine(programs[0])
    tables, measured = [], {}
    for times in settings.times:
        with tempfile.TemporaryDirectory(dir=settings.work) as folder:
            folder = Path(folder)
            drawn = measure.child([programs[0], "synth", folder / "faces.csv", "--rows", times * ROWS], settings.threads)
            print(f"{times} times: drawn in {drawn.seconds:.1f} s, {drawn.peak_mib:.0f} MiB", flush=True)
            measured[times] = {"synth": {"seconds": drawn.seconds, "peak_mib": drawn.peak_mib}}
            for program in programs:
                found = stages(program, folder, settings.threads, settings.stages)
                measured[times][str(program)] = found
                for name, one in found.items():
                    tables.append([f"{times} ×", name, str(program), f"{one['seconds']:.1f}", f"{one['peak_mib']:,.0f}"])
    table = measure.table(["size", "stage", "program", "seconds", "peak memory, MiB"], tables)
    measure.report("Sizes", settings, machine, [(table, measured)], [])


if __name__ == "__main__":
    main()
