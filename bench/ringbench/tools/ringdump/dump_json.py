"""Snapshots of rings as one JSON file: every byte that was seen, so that a recorded ring is decoded as a live one.

A file may be anybody's: its size, its version and the type of everything in it are checked, and so is the ring itself.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from ringbench.data.store import atomic
from ringbench.data.store.session_json import instant
from ringbench.data.store.untrusted import open_regular, reading, unreadable
from ringbench.errors import InvalidMeasurementError
from ringbench.text import one_line
from ringbench.tools.ringdump.dump import RingDump, Snapshot, Step

FORMAT, VERSION = "ringbench.anatomy", 1
MAX_BYTES = 32 << 20
"""The largest ring that is copied has 16 MiB of data, 22 of text."""
MAX_STEPS = 100
_MAX_POSITION = (1 << 64) - 1
_LIMITS = {"name": 60, "said": 600, "kernel": 120, "ringbench": 40, "taken": 40}
"""Characters of each text."""


def write(path: Path, dump: RingDump) -> None:
    """Write *dump* to *path*, atomically. RingbenchError where that is refused."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "taken": dump.taken,
        "kernel": dump.kernel,
        "ringbench": dump.ringbench,
        "scenes": [
            {
                "name": step.name,
                "said": step.said,
                "consumer": step.snapshot.consumer,
                "producer": step.snapshot.producer,
                "pending": step.snapshot.pending,
                "data": base64.b64encode(step.snapshot.data).decode("ascii"),
            }
            for step in dump.steps
        ],
    }
    atomic.write(path, (json.dumps(document, indent=1) + "\n").encode())


def read(path: Path) -> RingDump:
    """Return the dump at *path*. UnreadableSessionError, one line, where it is damaged, foreign, or newer."""
    with reading(path), open_regular(path, MAX_BYTES) as file:
        found = json.loads(file.read().decode("utf-8"))
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError(f"no rings recorded by `ringbench ringdump --save` (format {FORMAT}) are in it")
        version = _integer(found, "version", _MAX_POSITION)
        if version > VERSION:
            raise ValueError(f"its version is {version}, this ringbench reads up to {VERSION}; upgrade ringbench")
        instant(_text(found, "taken"))
        steps = found.get("scenes")
        if not isinstance(steps, list) or not 0 < len(steps) <= MAX_STEPS:
            raise ValueError(f"scenes: a list of 1 to {MAX_STEPS} was expected")
        return RingDump(
            taken=_text(found, "taken"),
            kernel=_text(found, "kernel"),
            ringbench=_text(found, "ringbench"),
            steps=tuple(_step(path, number, each) for number, each in enumerate(steps, 1)),
        )


def _step(path: Path, number: int, found: object) -> Step:
    if not isinstance(found, dict):
        raise ValueError(f"scene {number} is no JSON object")
    try:
        consumer, producer, pending = (
            _integer(found, name, _MAX_POSITION) for name in ("consumer", "producer", "pending")
        )
        data = found.get("data")
        if not isinstance(data, str):
            raise ValueError("data: text in base64 was expected")
        snapshot = Snapshot(consumer, producer, pending, base64.b64decode(data, validate=True))
        return Step.of(_text(found, "name"), _text(found, "said"), snapshot)
    except ValueError as error:
        raise ValueError(f"scene {number}: {error}") from error
    except InvalidMeasurementError as error:
        raise unreadable(path, f"scene {number}: {error}") from error


def _integer(found: dict[str, Any], name: str, most: int) -> int:
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"{name}: an integer from 0 to {most} was expected, not {one_line(json.dumps(value), 40)}")
    return value


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or len(value) > _LIMITS[name]:
        raise ValueError(f"{name}: text of at most {_LIMITS[name]} characters was expected")
    return value
