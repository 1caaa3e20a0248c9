"""A short stretch of a recording as it was delivered, to be looked at: which CPU's event came when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import NO_FLOOR, Source

MOST_EVENTS = 500
"""Events of a scene: a picture shows no more, and a page has to carry them."""
_TIMES = 3
"""A scene lasts so many times as long as the latest event was late: a reader's turns before and after are in it."""
_LONGEST_NS = 1 << 62
"""Damaged stamps may lie ages apart; differences have to fit."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Events stamped in one stretch of time, in delivery order: arrays of one length, at most MOST_EVENTS."""

    begin_ns: int
    """Where it begins, after the lowest stamp of the recording that it was chosen for."""
    length_ns: int
    place: npt.NDArray[np.int64]
    """In the order of delivery of the stretch, from 0."""
    after_ns: npt.NDArray[np.int64]
    """Stamp, after the beginning."""
    cpu: npt.NDArray[np.uint16]
    late: npt.NDArray[np.bool_]
    """Whether an event with a higher stamp was delivered before it, in the stretch or ahead of it."""
    events: int
    """In the stretch."""
    late_events: int
    latest_ns: int
    """By how much the latest of them was late."""
    every: int
    """1: all of them are here; n: only each n-th to be delivered."""


def scenes(sources: Mapping[str, Source]) -> dict[str, Scene]:
    """Return the same stretch of time of each of *sources*, by their names: where the latest event of all was late.

    The sources have to be of one trial, whose events are the same. Nothing where no event was late. Reads each source
    once, and part of it again; raises what they raise.
    """
    latest = max((found for source in sources.values() if (found := _latest(source))), default=None)
    if latest is None:
        return {}
    late_ns, stamp_ns = latest
    begin_ns, length_ns = max(0, stamp_ns - late_ns), min(_TIMES * late_ns, _LONGEST_NS)
    begun_ns = min(source.extent.first_ns for source in sources.values() if source.extent.events)
    return {name: _scene(source, begin_ns, length_ns, begun_ns) for name, source in sources.items()}


def _latest(source: Source) -> tuple[int, int] | None:
    """Return by how much the latest event came late, and its stamp; None where all came in order."""
    found, seen = None, np.uint64(0)
    for chunk in source.chunks():
        highest = np.maximum(np.maximum.accumulate(chunk.ts_ns), seen)
        late = highest - chunk.ts_ns
        seen, at = highest[-1], int(late.argmax())
        if late[at] and (found is None or int(late[at]) > found[0]):
            found = int(late[at]), int(chunk.ts_ns[at])
    return found


def _scene(source: Source, begin_ns: int, length_ns: int, begun_ns: int) -> Scene:
    end_ns = min(begin_ns + length_ns, NO_FLOOR - 1)
    parts: list[dict[str, npt.NDArray[Any]]] = []
    seen = np.uint64(0)
    for chunk in source.chunks():
        highest = np.maximum(np.maximum.accumulate(chunk.ts_ns), seen)
        inside = (chunk.ts_ns >= begin_ns) & (chunk.ts_ns <= end_ns)
        stamps = (chunk.ts_ns[inside] - np.uint64(begin_ns)).astype(np.int64)
        parts.append({"after_ns": stamps, "cpu": chunk.cpu[inside], "late_ns": (highest - chunk.ts_ns)[inside]})
        seen = highest[-1]
        if chunk.floor_ns > end_ns:
            break
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
    events = len(whole["cpu"]) if whole else 0
    every = max(1, -(-events // MOST_EVENTS))
    return Scene(
        begin_ns=begin_ns - min(begun_ns, begin_ns),
        length_ns=length_ns,
        place=np.arange(0, events, every),
        after_ns=whole["after_ns"][::every] if whole else np.empty(0, np.int64),
        cpu=whole["cpu"][::every] if whole else np.empty(0, np.uint16),
        late=whole["late_ns"][::every] > 0 if whole else np.empty(0, np.bool_),
        events=events,
        late_events=int(np.count_nonzero(whole["late_ns"])) if whole else 0,
        latest_ns=int(whole["late_ns"].max()) if events else 0,
        every=every,
    )
