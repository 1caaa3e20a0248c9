"""Rows of two sessions whose truth is known: what the gate must find in them, and what it must not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ringbench.data.store.schema import TRIALS
from tests.analysis.synthetic import MIB, row

Row = dict[str, Any]
Change = Callable[[int, Row], Mapping[str, Any]]

_FILLED = {"mode": "capacity", "workload": "firehose:8"}
_WOKEN = {"mode": "isolated", "workload": "fork-exec@40%", "wakeup": "every"}
_CELLS: tuple[tuple[str, dict[str, Any], dict[str, float]], ...] = (
    ("perf", _FILLED, {"fill_ns_per_event": 190, "drain_ns_per_event": 2.0}),
    ("ringbuf-reserve", _FILLED, {"fill_ns_per_event": 33, "drain_ns_per_event": 1.2}),
    (
        "ringbuf-reserve",
        _WOKEN,
        {
            **{"producer_ns_per_event": 8500, "consumer_cpu_ns_per_event": 5800},
            **{"latency_p50_ns": 130_000, "latency_p90_ns": 300_000},
        },
    ),
)


def rows(
    seed: int,
    blocks: int = 20,
    *,
    noise: float = 0.02,
    drift: Sequence[float] | None = None,
    change: Change | None = None,
) -> list[Row]:
    """Return a session's rows: three cells, nothing lost, nothing out of order, times with heavy-tailed noise.

    *drift*: the machine's pace in each block, the same for both sides of a comparison. *change*: what is different.
    """
    drawn = np.random.default_rng(seed)
    found = []
    for block in range(1, blocks + 1):
        pace = 1.0 if drift is None else drift[block - 1]
        for transport, setting, figures in _CELLS:
            measured: Row = {
                name: value * pace * float(np.exp(noise * drawn.standard_t(3))) for name, value in figures.items()
            }
            measured = {name: round(v) if name.startswith("latency") else v for name, v in measured.items()}
            measured |= {
                "attempted": 10_000,
                "failed": 0,
                "memory_physical_bytes": MIB + 4096,
                "disturbed": "",
                "disturbed_codes": [],
            }
            if setting["mode"] == "isolated":
                measured |= {"causal_violations": 0}
            whole = row(transport=transport, block=block, **setting, **measured)
            if change is not None:
                whole |= change(block, whole)
            found.append({name: whole.get(name) for name in TRIALS.names})
    return found


def wander(seed: int, blocks: int = 20) -> list[float]:
    """Return the pace of a machine that others share: up to twice as slow, for blocks at a time."""
    drawn = np.random.default_rng(seed)
    levels, level = [], 0.0
    for _ in range(blocks):
        level = 0.8 * level + drawn.normal(0, 0.15)
        levels.append(float(np.exp(level)))
    return levels


def slower(column: str, share: float, transport: str | None = None) -> Change:
    """Return the change that makes *column* larger by *share*."""

    def change(block: int, found: Row) -> Mapping[str, Any]:
        if found.get(column) is None or transport not in (None, found["transport"]):
            return {}
        return {column: type(found[column])(found[column] * (1 + share))}

    return change
