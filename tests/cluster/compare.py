"""compare.py ALONE OTHER: that two folders of one run or one sweep hold the same artifacts, byte for byte.

Compared is every file below STAGE, and of a sweep below cells/*/STAGE. Times are left out: `images_per_second` in curves, the runner's own files (run.lock.json, those
that begin with a dot), checkpoints, and the log.
"""

import json
import sys
from pathlib import Path

OWN = {"run.lock.json", "config.resolved.yaml", "cell.log"}


def timeless(path: Path) -> bytes:
    """The file's bytes, of a history those without speeds."""
    if path.name == "history.jsonl":
        records = [json.loads(line) for line in path.read_text().splitlines()]
        for record in records:
            del record["images_per_second"]
        return json.dumps(records, sort_keys=True).encode()
    return path.read_bytes()


def artifacts(run: Path) -> dict[str, bytes]:
    top = run / "cells" if (run / "cells").is_dir() else run
    found = {}
    for path in sorted(top.rglob("*")):
        parts = path.relative_to(top).parts
        hidden = any(part.startswith(".") for part in parts)
        if path.is_file() and not hidden and "checkpoints" not in parts and path.name not in OWN:
            found["/".join(parts)] = timeless(path)
    return found


def main() -> None:
    alone, other = (artifacts(Path(folder)) for folder in sys.argv[1:3])
    least = 100 if (Path(sys.argv[1]) / "cells").is_dir() else 10
    assert len(alone) > least, f"only {len(alone)} files in {sys.argv[1]}"
    assert alone.keys() == other.keys(), sorted(alone.keys() ^ other.keys())
    different = [name for name, content in alone.items() if other[name] != content]
    assert not different, different
    print(f"{len(alone)} artifacts of {sum(map(len, alone.values()))} bytes are the same")


main()
