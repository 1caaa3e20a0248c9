"""The recordings of a session, or of a file, analysed one after the other."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ringbench.data.order.analysis import OVERLAP_NS, analyse
from ringbench.data.order.chunk import Source
from ringbench.data.order.file import EventsFile
from ringbench.data.order.readings import Tell
from ringbench.data.order.result import Order
from ringbench.data.order.scene import Scene, scenes
from ringbench.data.store.folder import EVENTS_FOLDER, StoredSession
from ringbench.drivers.transports import known, plain_name
from ringbench.spec.wakeups import is_waking

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Surveyed:
    """One transport's events in one trial."""

    row: Row | None
    """The trial's row of trials.parquet, None for null; None for a file that no session goes with."""
    order: Order
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The recordings of its trial, by transport."""

    @cached_property
    def scene(self) -> Scene | None:
        """Return a stretch of it to look at, the same for all transports of its trial; None where none was late.

        Found when it is asked for: it takes a reading of the trial's recordings of its own. Raises what they raise.
        """
        return scenes(self.sources).get(self.order.transport)


def survey(session: StoredSession, tell: Tell | None = None) -> list[Surveyed]:
    """Analyse the first trial of each cell whose events were kept, in the order of the trials.

    Raises MissingRequirementError without the compiled loops, UnreadableSessionError for a damaged file.
    """
    found: list[Surveyed] = []
    if not (session.path / EVENTS_FOLDER).is_dir():
        return found
    rows = _rows(session.trials)
    for trial, of_trial in _first_of_each_cell(session, rows):
        path = session.events_file(trial)
        streams = {} if path is None else EventsFile(path, session.recorded_version).streams()
        known = {row["transport"]: (row, streams[row["transport"]]) for row in of_trial if row["transport"] in streams}
        sources = {transport: stream for transport, (_, stream) in known.items()}
        for transport, (row, stream) in known.items():
            overlap, shared = _overlap_ns(rows, row), _shared(transport, row.get("rings"))
            order = analyse(stream, transport, shared_ring=shared, overlap_ns=overlap, tell=tell)
            found.append(Surveyed(row, order, sources))
    return found


def of_file(path: Path, tell: Tell | None = None) -> list[Surveyed]:
    """Analyse each transport's events in a file."""
    return [
        Surveyed(None, analyse(stream, transport, shared_ring=_shared(transport, None), tell=tell))
        for transport, stream in EventsFile(path).streams().items()
    ]


def _first_of_each_cell(session: StoredSession, rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Yield trials with their rows: valid ones, whose events were kept, the first of each cell."""
    of_trial: dict[str, list[Row]] = {}
    for row in rows:
        if row["valid"] is True:
            of_trial.setdefault(row["trial"], []).append(row)
    seen = set()
    for trial, several in of_trial.items():
        cell = (several[0]["scenario"], tuple(row["transport"] for row in several))
        if cell not in seen and session.events_file(trial) is not None:
            seen.add(cell)
            yield trial, several


def _shared(transport: str, rings: str | None) -> bool | None:
    """Return whether all CPUs wrote to one ring: as the session says of its *rings*, or by the transport's shape."""
    if rings:
        return len(str(rings).split()) == 1
    found = known(plain_name(transport))
    return None if found is None else found.is_shared


def _overlap_ns(rows: list[Row], row: Row) -> int:
    """Return how long two submissions can overlap: twice what one costs in this session, where that was measured.

    Without a wake-up: that comes after the record is in the ring.
    """
    alike = [
        other["producer_ns_per_event"]
        for other in rows
        if other["valid"] is True
        and other["transport"] == row["transport"]
        and not is_waking(other["wakeup"])
        and other["producer_ns_per_event"] is not None
        and other["workload"].partition("@")[0] == row["workload"].partition("@")[0]
    ]
    return round(2 * statistics.median(alike)) if alike else OVERLAP_NS


def _rows(trials: pd.DataFrame) -> list[Row]:
    nothing_for_null = trials.astype(object).where(trials.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in nothing_for_null.to_dict("records")]
