"""From the CSV to equalised features, side by side: `fer run` with ingest and preprocess, and two ways in Python.

    python benches/side_by_side/data_preparation.py --data data/cnn_train.csv --out data_preparation.json

`fer` is timed from start to exit, with its checks of the data and with artifacts hashed, synced to disk and renamed.
Python is timed without its start and imports, and the way in memory writes nothing.
"""

import tempfile
from pathlib import Path

import fer
import measure
from measure import ratios, spread, values

OURS = "fer run"


def ours(chain):
    chain.clear()
    ended = chain.run()
    return {"seconds": ended.seconds, "peak_mib": ended.peak_mib}


def by_files(settings):
    with tempfile.TemporaryDirectory(dir=settings.work) as folder:
        return measure.python("faces.py", "files", settings.data, folder, threads=settings.threads)


def table(results):
    own = values(results.get(OURS, []), "seconds")
    rows = []
    for name, measured in results.items():
        times = values(measured, "seconds")
        against = spread(ratios(times, own)) + " ×" if own else "–"
        rows.append([name, spread(times, 2), against, spread(values(measured, "peak_mib"), 0)])
    return measure.table(["way", "seconds", "fer against it", "peak memory, MiB"], rows)


def main():
    parser = measure.arguments(__doc__.split("\n")[0], rounds=5)
    fer.add_arguments(parser)
    parser.add_argument("--train", type=int, help="rows that train, the first; by default five of six, as in the seed")
    parser.add_argument("--work", type=Path, help="folder for files; by default the system's for temporary ones")
    settings = parser.parse_args()
    program = fer.build(settings.fer)
    machine = measure.machine(program)
    # Reads the file once, so that it lies in the page cache for everyone.
    rows = measure.python("faces.py", "memory", settings.data, threads=settings.threads)["rows"]
    with tempfile.TemporaryDirectory(dir=settings.work) as folder:
        train = settings.train or rows * 5 // 6
        chain = fer.Chain(program, Path(folder), settings.data, settings.threads, train)
        contestants = {
            OURS: lambda: ours(chain),
            "Python, in memory": lambda: measure.python("faces.py", "memory", settings.data, threads=settings.threads),
            "Python, the seed's way": lambda: by_files(settings),
        }
        measured = measure.alternate(contestants, settings.rounds)
        same = measure.python("faces.py", "compare", settings.data, chain.run_dir, threads=settings.threads)["equal"]
    notes = [
        f"{rows:,} rows from a warm cache; {settings.threads} threads; {settings.rounds} rounds in turn. Median "
        "(range); ratios are of the same round. The features of fer and of Python in memory are "
        + ("equal in every bit." if same else "NOT EQUAL.")
    ]
    measure.report("Data preparation", settings, machine, [(table(measured[0]), measured)], notes)


if __name__ == "__main__":
    main()
