"""Older sessions stay readable: what was stored by an older version is brought up to date in memory, step by step.

A step from version N to N + 1 is an :class:`Upgrade` in :data:`UPGRADES` under N. Files are never rewritten by it.
tests/data/store/test_session_json.py walks a made-up chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ringbench.data.store import older_texts
from ringbench.data.store.schema import SCHEMA_VERSION, TRIALS


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


_RENAMED = {"clerk_cpu_ns": "controller_cpu_ns", "births_refused": "task_map_full"}


def _codes_of_notes(found: dict[str, Any]) -> dict[str, Any]:
    notes = found.get("notes")
    if not isinstance(notes, list):
        return found  # the schema says what is wrong with it
    return {**found, "note_codes": [older_texts.note(str(note)).code.value for note in notes]}


def _codes_of_trials(table: pa.Table) -> pa.Table:
    taken = set(table.column_names)
    table = table.rename_columns(
        [new if (new := _RENAMED.get(name)) and new not in taken else name for name in table.column_names]
    )
    table = _beside(table, "invalid_reason", "invalid_code", lambda text: older_texts.invalid_code(text).value)
    return _beside(
        table, "disturbed", "disturbed_codes", lambda text: [code.value for code in older_texts.disturbed_codes(text)]
    )


def _beside(table: pa.Table, texts: str, codes: str, code: Callable[[str], Any]) -> pa.Table:
    """Return *table* with the column *codes*: what *code* makes of each of the *texts*, null for null."""
    if texts not in table.column_names or codes in table.column_names:
        return table
    found = table.column(texts).to_pylist()
    known = {text: code(text) for text in set(found) if isinstance(text, str)}
    kind = TRIALS.field(codes).type
    return table.append_column(codes, pa.array([known.get(text) for text in found], kind))


UPGRADES: dict[int, Upgrade] = {
    # 2 came with capacity trials and the factors wait, placement and record_bytes, null in older sessions.
    1: Upgrade(),
    # 3 came with offered loads, what else went on meanwhile, and rules for stopping; null, or none, in older sessions.
    2: Upgrade(),
    # 4 came with events in row groups of one transport, what writing them during a trial did to its reader, and two
    # more quantiles of latency; null in older sessions.
    3: Upgrade(),
    # 5 came with codes beside the sentences: invalid_code, disturbed_codes, note_codes; and two columns were renamed.
    4: Upgrade(manifest=_codes_of_notes, trials=_codes_of_trials),
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


def rows(found: Iterable[Mapping[str, Any]], version: int) -> list[dict[str, Any]]:
    """Return *found*, rows of trials as another process of *version* tells them, as this version has them."""
    plain = [dict(row) for row in found]
    if version == SCHEMA_VERSION or not plain:
        return plain
    names = list(dict.fromkeys(name for row in plain for name in row))
    told: list[dict[str, Any]] = trials(
        pa.table({name: [row.get(name) for row in plain] for name in names}), version
    ).to_pylist()
    return told


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
