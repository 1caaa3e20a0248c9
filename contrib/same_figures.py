#!/usr/bin/env python3
"""Do two checkouts of ringbench say the same figures of the same recorded sessions?

    contrib/same_figures.py BASE_CHECKOUT HEAD_CHECKOUT [SESSIONS]

Runs ``report --json`` (with its summary.md), ``order --json``, ``claims --from --json`` and, for each pair of sessions
that lie beside a common base, ``compare --json`` with both, over every session below SESSIONS (by default those
recorded in BASE_CHECKOUT). Every number of every document is compared, by its place in it; a key that was renamed on
purpose is in RENAMED. Numbers that only one side has are listed as added or gone. Exit status: 0 where all that both
have is equal, 1 where a number differs or is gone.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RENAMED = {"clerk_cpu_ns": "controller_cpu_ns", "births_refused": "task_map_full"}
NUMBER = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
NOT_FIGURES = {"schema_version", "version", "ringbench"}


def main() -> int:
    """Compare and tell."""
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    base, head = (Path(word).resolve() for word in sys.argv[1:3])
    sessions = Path(sys.argv[3]).resolve() if len(sys.argv) == 4 else base / "results" / "reference"
    totals = {"equal": 0, "differ": 0, "gone": 0, "added": 0}
    for name, command in commands(sessions):
        found = [numbers_of(checkout, command) for checkout in (base, head)]
        before = {rename(key): value for key, value in found[0].items()}
        after = found[1]
        lines = []
        for key in before.keys() | after.keys():
            if key not in after:
                kind = "gone"
            elif key not in before:
                kind = "added"
            else:
                kind = "equal" if same(before[key], after[key]) else "differ"
            totals[kind] += 1
            if kind != "equal":
                lines.append(f"  {kind}: {key}: {before.get(key)} {after.get(key)}")
        print(f"{name}: {len(before)} numbers" + ("" if not lines else f", {len(lines)} not equal"), flush=True)
        print("\n".join(sorted(lines)[:12]) + ("\n" if lines else ""), end="", flush=True)
    print(", ".join(f"{count} {kind}" for kind, count in totals.items()))
    return 1 if totals["differ"] or totals["gone"] else 0


def commands(sessions: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield a name and a command for each document there is of the recorded *sessions*."""
    found = sorted(path.parent for path in sessions.rglob("session.json"))
    for folder in found:
        name = str(folder.relative_to(sessions)) if folder != sessions else "."
        yield f"report {name}", ["report", str(folder), "--json", "--out"]
        if (folder / "events").is_dir():
            yield f"order {name}", ["order", str(folder), "--json"]
        if "real-" not in name:
            yield f"claims {name}", ["claims", "--from", str(folder), "--json"]
    for base in (folder for folder in found if folder.name == "base"):
        for head in (folder for folder in found if folder.parent == base.parent and folder != base):
            across = f"compare {base.relative_to(sessions)} {head.relative_to(sessions)}"
            yield across, ["compare", str(base), str(head), "--json"]


def numbers_of(checkout: Path, command: list[str]) -> dict[str, Any]:
    """Return every number of what *command* prints and writes, by its place."""
    with tempfile.TemporaryDirectory() as out:
        argv = [str(checkout / "with-env"), "ringbench", *command, *([out] if command[-1] == "--out" else [])]
        done = subprocess.run(argv, cwd=checkout, capture_output=True, text=True, check=False)
        found: dict[str, Any] = {"exit status": done.returncode}
        try:
            found |= dict(walk(json.loads(done.stdout), ""))
        except ValueError:
            found["unreadable"] = 1
        summary = Path(out, "summary.md")
        if summary.exists():
            for place, match in enumerate(NUMBER.findall(summary.read_text())):
                found[f"summary.md/{place}"] = float(match.replace(",", "").replace("−", "-"))
    return found


def walk(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield each number of a JSON *value* with its place; those within a text, too."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in NOT_FIGURES:
                yield from walk(each, f"{place}/{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from walk(each, f"{place}/{index}")
    elif isinstance(value, bool) or value is None or isinstance(value, int | float):
        yield place, value
    elif isinstance(value, str):
        for index, match in enumerate(NUMBER.findall(value)):
            yield f"{place}/text {index}", match


def rename(place: str) -> str:
    """Return *place* with the keys that were renamed on purpose."""
    return "/".join(RENAMED.get(part, part) for part in place.split("/"))


def same(one: Any, other: Any) -> bool:
    """Tell whether two numbers are the same to the last digit."""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return True
    return bool(one == other)


if __name__ == "__main__":
    sys.exit(main())
