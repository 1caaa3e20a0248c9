"""Files of pytest-benchmark as the gate sees them: each benchmark a cell, its rounds the blocks.

The rounds must be in the file (``--benchmark-save-data``, or ``--benchmark-json``, which always has them): of a mean
and a standard deviation alone nobody can tell drift from noise. Two files are always measured apart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ringbench.analysis.gate.pairs import CellPair, MetricPair
from ringbench.analysis.gate.registry import JUDGED, Judged
from ringbench.analysis.view import shown
from ringbench.data.metrics import Column, GateRule
from ringbench.data.store.untrusted import open_regular, reading, unreadable
from ringbench.errors import UnreadableSessionError

MAX_BYTES = 256 << 20
TIME = Judged(Column("s", "s", "lower", "Time of a round", integer=False), GateRule("ratio", 0.10))
"""What pytest-benchmark times. Its smallest effect is wide: nothing is known of what is timed."""
_EXTRA = JUDGED
"""Lists in extra_info, a value for each round, that are judged as the columns of sessions of their names are."""


def cell_pairs_of(base: Path, head: Path) -> list[CellPair]:
    """Return each benchmark that either file has. Raises UnreadableSessionError for what is no file of
    pytest-benchmark.
    """
    sides = [_benchmarks(path) for path in (base, head)]
    return [_cell_pair(name, sides[0].get(name), sides[1].get(name)) for name in dict.fromkeys([*sides[0], *sides[1]])]


def facts(path: Path) -> dict[str, str]:
    """Return what the file says of its machine and commit."""
    document = _document(path)
    machine, commit = document.get("machine_info"), document.get("commit_info")
    machine = machine if isinstance(machine, Mapping) else {}
    commit = commit if isinstance(commit, Mapping) else {}
    cpu = machine.get("cpu")
    told = {
        "machine": cpu.get("brand_raw") if isinstance(cpu, Mapping) else None,
        "kernel": machine.get("release"),
        "Python": machine.get("python_version"),
        "revision": commit.get("id"),
        "measured": document.get("datetime"),
    }
    return {name: shown(value) for name, value in told.items() if value}


def doubts(base: Path, head: Path) -> list[str]:
    """Return what puts a comparison of the two files in doubt: machines that differ."""
    sides = [facts(path) for path in (base, head)]
    return [
        f"{name}: {sides[0].get(name, 'not known')} in the base, {sides[1].get(name, 'not known')} in the head"
        for name in ("machine", "kernel", "Python")
        if sides[0].get(name) != sides[1].get(name)
    ]


def _document(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise UnreadableSessionError(f"there is no file {shown(path)}; pytest --benchmark-json writes one.")
    with reading(path), open_regular(path, MAX_BYTES) as file:
        found = json.loads(file.read().decode("utf-8"))
    if not isinstance(found, dict) or not isinstance(found.get("benchmarks"), list):
        raise unreadable(path, "it has no list of benchmarks; pytest --benchmark-json writes one")
    return found


def _benchmarks(path: Path) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for each in _document(path)["benchmarks"]:
        name = each.get("fullname") if isinstance(each, Mapping) else None
        if not isinstance(name, str):
            raise unreadable(path, "a benchmark has no fullname")
        if name in found:
            raise unreadable(path, f"benchmark {shown(name)[:80]} is there twice")
        found[name] = each
    return found


def _cell_pair(name: str, base: Mapping[str, Any] | None, head: Mapping[str, Any] | None) -> CellPair:
    sides = [{} if side is None else _values(side) for side in (base, head)]
    columns = dict.fromkeys([*sides[0], *sides[1]])
    known = {"s": TIME, **_EXTRA}
    series = [MetricPair(known[column], sides[0].get(column, {}), sides[1].get(column, {})) for column in columns]
    series = [
        MetricPair(each.judged, each.base, each.head, frozenset(each.head)) for each in series if each.base or each.head
    ]
    rounds = max([len(values) for side in sides for values in side.values()], default=0)
    only = "" if base is not None and head is not None else "base" if base is not None else "head"
    return CellPair(shown(name), "benchmark", shown(name), tuple(series), rounds, only_in=only)


def _values(benchmark: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    stats, extra = benchmark.get("stats"), benchmark.get("extra_info")
    lists = {"s": stats.get("data") if isinstance(stats, Mapping) else None}
    lists |= {name: extra.get(name) if isinstance(extra, Mapping) else None for name in _EXTRA}
    return {name: _by_round(values) for name, values in lists.items() if isinstance(values, list)}


def _by_round(values: list[Any]) -> dict[str, float]:
    known = ((number, value) for number, value in enumerate(values) if isinstance(value, int | float))
    return {
        str(number): float(value) for number, value in known if math.isfinite(value) and not isinstance(value, bool)
    }
