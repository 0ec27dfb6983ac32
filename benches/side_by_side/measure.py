"""What all comparisons share: children with their time and memory, alternation, the machine, tables.

Standard library only: Linux counts a parent's memory into its child's peak, so the process that measures stays small
and whatever needs PyTorch or pandas runs in a child.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pandas", "torch")


class Failed(Exception):
    """A child that did not exit with 0; the message is the end of what it said."""


@dataclass
class Child:
    """A process that has ended: its standard output, wall time in seconds and peak resident memory in MiB."""

    output: str
    seconds: float
    peak_mib: float


def child(command, threads, lines=3):
    """Runs a command to its end with that many threads for every library that asks the environment."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS")
    environment = os.environ | {name: str(threads) for name in names}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            said = errors.read().strip().splitlines()[-lines:]
            raise Failed(f"exit code {process.returncode}: " + " | ".join(line.strip() for line in said))
        kib = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
        return Child(output.read(), seconds, kib / 1024)


def python(script, *arguments, threads):
    """Runs a script of this folder that prints JSON; gives its answer, with the child's peak memory added."""
    ended = child([sys.executable, HERE / script, *arguments, "--threads", threads], threads)
    return json.loads(ended.output) | {"peak_mib": ended.peak_mib}


def alternate(contestants, rounds):
    """Measures all contestants once a round, each round beginning with the next; `contestants` are functions by name.

    Gives the measurements by name, and by name why a contestant takes no part: one that fails is left out from then on.
    """
    results, missing = {name: [] for name in contestants}, {}
    for number in range(rounds):
        names = list(contestants)
        start = number % len(names)
        for name in names[start:] + names[:start]:
            if name in missing:
                continue
            try:
                results[name].append(contestants[name]())
                say(f"round {number + 1}/{rounds}  {name}  {brief(results[name][-1])}")
            except Failed as failure:
                missing[name] = str(failure)
                say(f"{name} is left out: {failure}")
    return {name: values for name, values in results.items() if name not in missing}, missing


def brief(measurement):
    return "  ".join(f"{key} {value:.4g}" for key, value in measurement.items() if isinstance(value, float))


def say(text):
    """Progress goes to standard error; standard output holds results alone."""
    print(text, file=sys.stderr, flush=True)


def values(measurements, key):
    """One number out of every round's measurement."""
    return [measurement[key] for measurement in measurements]


def spread(numbers, digits=1):
    """Median and range, as `12.3 (11.9–12.8)`."""
    low, middle, high = (f"{number:,.{digits}f}" for number in (min(numbers), statistics.median(numbers), max(numbers)))
    return f"{middle} ({low}–{high})"


def ratios(numbers, others):
    """What each round's number is of the other's in the same round: drift of the machine falls out."""
    return [number / other for number, other in zip(numbers, others)]


def table(heads, rows):
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def machine(binary=None):
    """Where and with what was measured."""
    return {
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "load_before": round(os.getloadavg()[0], 2),
        "date": datetime.date.today().isoformat(),
        "fer": said(binary, "--version") if binary else None,
        "commit": said("git", "-C", ROOT, "describe", "--always", "--dirty"),
        "rustc": said("rustc", "--version"),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def cpu():
    """The processor's name; its family and model too where that is all that tells cloud machines apart."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return said("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()
    facts = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
    family = f", family {facts['cpu family']}, model {facts['model']}" if "cpu family" in facts else ""
    flags = facts.get("flags", "").split()
    return facts.get("model name", platform.machine()) + family + (", AVX-512" if "avx512f" in flags else "")


def said(*command):
    """First line of what a command prints; nothing if there is no such command."""
    try:
        text = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return text.strip().split("\n")[0]


def version(package):
    """The installed version, without importing it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def arguments(description, rounds):
    """A parser of what all comparisons take."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--threads", type=int, default=2, help="threads of every contestant")
    parser.add_argument("--rounds", type=int, default=rounds, help="rounds; every contestant runs once in each")
    parser.add_argument("--out", type=Path, help="file for the measurements as JSON")
    return parser


def report(title, settings, machine, sections, notes=()):
    """Prints the results as Markdown and stores them where `--out` says.

    `sections` are pairs of a table and what `alternate` gave for it.
    """
    print(f"## {title}\n")
    for text, (_, missing) in sections:
        print(text + "\n")
        for name, why in missing.items():
            print(f"{name} did not run: {why}\n")
    print("".join(f"{note}\n" for note in notes))
    print("Machine: " + "; ".join(f"{name} {value}" for name, value in machine.items() if value is not None))
    if settings.out:
        shown = {name: str(value) if isinstance(value, Path) else value for name, value in vars(settings).items()}
        runs = [{"rounds": results, "missing": missing} for _, (results, missing) in sections]
        text = json.dumps({"title": title, "machine": machine, "settings": shown, "results": runs}, indent=1)
        settings.out.parent.mkdir(parents=True, exist_ok=True)
        settings.out.write_text(text + "\n")
