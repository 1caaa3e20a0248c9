"""Older sessions stay readable: what was stored by an older version is brought up to date in memory, step by step.

A step from version N to N + 1 is an :class:`Upgrade` in :data:`UPGRADES` under N. Files are never rewritten by it.
tests/store/test_session_json.py walks a made-up chain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ringbench.data.store.schema import SCHEMA_VERSION


def _same(part: Any) -> Any:
    return part


@dataclass(frozen=True)
class Upgrade:
    """What changed in one step, part by part; a part without a change is left out.

    Each function gets what the step before returned and may raise KeyError or ValueError for what it can't make
    sense of. A table comes with all its flat columns, text as dictionaries.
    """

    manifest: Callable[[dict[str, Any]], dict[str, Any]] = _same
    """session.json as an object, ``schema_version`` aside."""
    trials: Callable[[pa.Table], pa.Table] = _same
    events: Callable[[pa.Table], pa.Table] = _same


UPGRADES: dict[int, Upgrade] = {
    # 2 came with capacity trials and the factors wait, placement and record_bytes, null in older sessions.
    1: Upgrade(),
    # 3 came with offered loads, what else went on meanwhile, and rules for stopping; null, or none, in older sessions.
    2: Upgrade(),
    # 4 came with events in row groups of one transport, what writing them during a trial did to its reader, and two
    # more quantiles of latency; null in older sessions.
    3: Upgrade(),
}
"""Steps by the version they start from."""


def manifest(found: dict[str, Any], version: int) -> dict[str, Any]:
    """Return a session.json of *version* as this version has it. *found* is not changed."""
    upgraded = dict(found)
    for step in _steps(version):
        upgraded = step.manifest(upgraded)
    return {**upgraded, "schema_version": SCHEMA_VERSION}


def trials(table: pa.Table, version: int) -> pa.Table:
    """Return a trials table of *version* as this version has it."""
    for step in _steps(version):
        table = step.trials(table)
    return table


def events(table: pa.Table, version: int) -> pa.Table:
    """Return an events table of *version* as this version has it."""
    for step in _steps(version):
        table = step.events(table)
    return table


def _steps(version: int) -> list[Upgrade]:
    """Return the steps from *version* to the current one, in order; ValueError where one is missing."""
    missing = [older for older in range(version, SCHEMA_VERSION) if older not in UPGRADES]
    if missing:
        raise ValueError(f"schema version {version} is no longer known; an older ringbench reads it")
    return [UPGRADES[older] for older in range(version, SCHEMA_VERSION)]
