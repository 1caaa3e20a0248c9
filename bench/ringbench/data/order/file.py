"""Events files of any length, read in chunks: a recording need not fit into memory.

The file is trusted no more than elsewhere in ringbench.data.store: footers are checked before anything is read, and
what a chunk must satisfy is checked in each chunk. The lowest stamp still to come, on which the analysis relies, is
taken from the stamps themselves, in a reading of its own, and not from statistics that somebody else may have written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ringbench.data.order.chunk import CHUNK, COLUMNS, Chunk, Columns, Extent, floors, joined
from ringbench.data.order.compiled import MOST_CPUS
from ringbench.data.order.prefetch import Ahead
from ringbench.data.store import events_parquet, upgrade
from ringbench.data.store.events_parquet import CODED, UNNAMED
from ringbench.data.store.schema import EVENTS, SCHEMA_VERSION
from ringbench.data.store.untrusted import (
    MAX_UNPACKED_BYTES,
    conform,
    open_regular,
    opened,
    reading,
    unpacked_bytes,
    unreadable,
)
from ringbench.errors import UnreadableSessionError
from ringbench.spec.event import DELIVERED, Events

MAX_EVENTS = (1 << 32) - 1
"""What the analysis can count."""
_TYPES: dict[str, npt.DTypeLike] = {**dict.fromkeys(COLUMNS, np.uint64), "cpu": np.uint16, "pid": np.uint32}


@dataclass
class _Scanned:
    """What the first reading finds of one transport."""

    lowest: list[int] = field(default_factory=list)
    """Lowest stamp of each chunk."""
    events: int = 0
    highest: int = 0
    cpus: int = 0
    in_group: dict[int, int] = field(default_factory=dict)
    """Events by row group."""

    def add(self, group: int, ts_ns: npt.NDArray[np.uint64], cpu: npt.NDArray[np.uint16]) -> None:
        done = 0
        while done < len(ts_ns):
            part = ts_ns[done : done + CHUNK - self.events % CHUNK]
            if self.events % CHUNK == 0:
                self.lowest.append(int(part.min()))
            self.lowest[-1] = min(self.lowest[-1], int(part.min()))
            self.events += len(part)
            done += len(part)
        if len(ts_ns):
            self.highest = max(self.highest, int(ts_ns.max()))
            self.cpus = max(self.cpus, int(cpu.max()) + 1)
            self.in_group[group] = self.in_group.get(group, 0) + len(ts_ns)


class Stream:
    """One transport's events in a file: a ringbench.data.order.chunk.Source."""

    def __init__(self, file: EventsFile, transport: str, scanned: _Scanned) -> None:
        """Not to be called: EventsFile.streams makes them."""
        self._file, self._transport, self._scanned = file, transport, scanned
        self._floors = floors(scanned.lowest)

    @property
    def extent(self) -> Extent:
        """How long it is, and over which times and CPUs."""
        found = self._scanned
        return Extent(found.events, min(found.lowest, default=0), found.highest, found.cpus)

    def chunks(self) -> Iterator[Chunk]:
        """Yield it from its beginning, the same each time; it is read ahead by a thread of its own.

        Raises UnreadableSessionError where the file is damaged, or another than it was.
        """
        groups = list(self._scanned.in_group)
        given = 0
        with Ahead(lambda: self._file.columns(self._transport, groups)) as parts:
            for part in _of_one_length(parts):
                place = given // CHUNK
                first, given = given, given + len(part["ts_ns"])
                lowest = int(part["ts_ns"].min())
                if place >= len(self._floors) or lowest < self._scanned.lowest[place]:
                    raise self._file.changed()
                yield Chunk(first=first, floor_ns=self._floors[place], **part)
        if given != self._scanned.events:
            raise self._file.changed()

    def events(self, places: npt.NDArray[np.int64]) -> Events:
        """Return the events at *places* (i8, ascending): whole records, dtype DELIVERED."""
        found, before = [np.empty(0, DELIVERED)], 0
        for group, count in self._scanned.in_group.items():
            here = places[(places >= before) & (places < before + count)] - before
            before += count
            if len(here):
                found.append(self._file.records(self._transport, group)[here])
        return np.concatenate(found)


class EventsFile:
    """A parquet file of schema EVENTS, ours or of others.

    Files of others need no columns but COLUMNS; ``comm`` gives examples their names.
    """

    def __init__(self, path: Path, version: int = SCHEMA_VERSION) -> None:
        """Check the footer of *path*, written by schema *version*; UnreadableSessionError for what cannot be read."""
        self.path = path
        self._version = version
        with reading(path), open_regular(path) as file:
            footer, _, names = opened(file, EVENTS.names, MAX_EVENTS)
            self._groups = range(footer.num_row_groups)
            if (largest := max(unpacked_bytes(footer), default=0)) > MAX_UNPACKED_BYTES:
                raise ValueError(f"a row group of {largest} bytes unpacked is not credible")
            if missing := [name for name in COLUMNS if name not in names]:
                raise ValueError(f"no column {', '.join(missing)}")

    def streams(self) -> dict[str, Stream]:
        """Return each transport's events; a file without the column ``transport`` has those of UNNAMED."""
        found: dict[str, _Scanned] = {}
        for group, table in self._tables(self._groups, ["transport", "ts_ns", "cpu"]):
            ts_ns, cpu = self._column(table, "ts_ns"), self._column(table, "cpu")
            for transport, chosen in self._transports(table).items():
                scanned = found.setdefault(transport, _Scanned())
                scanned.add(group, ts_ns[chosen], cpu[chosen])
        return {transport: Stream(self, transport, scanned) for transport, scanned in found.items()}

    def columns(self, transport: str, groups: Iterable[int]) -> Iterator[Columns]:
        """Yield *transport*'s COLUMNS in *groups*, in parts of any length."""
        for _, table in self._tables(groups, ["transport", *COLUMNS]):
            chosen = self._transports(table).get(transport)
            if chosen is not None:
                yield {name: self._column(table, name)[chosen] for name in COLUMNS}

    def records(self, transport: str, group: int) -> Events:
        """Return *transport*'s events in one row group; their numbers and parents are 0."""
        found = [np.empty(0, DELIVERED)]
        for _, table in self._tables([group], ["transport", *COLUMNS, "comm"]):
            chosen = self._transports(table).get(transport)
            if chosen is not None:
                part = np.zeros(len(table), DELIVERED)
                for name in COLUMNS:
                    part[name] = self._column(table, name)
                with reading(self.path):
                    if "comm" in table.column_names:
                        part["comm"] = events_parquet.comms(self._conformed(table, "comm"))
                found.append(part[chosen])
        return np.concatenate(found)

    def changed(self) -> UnreadableSessionError:
        """Return the error for a file that was read twice and was not the same."""
        return unreadable(self.path, "it changed while it was read")

    def _tables(self, groups: Iterable[int], names: list[str]) -> Iterator[tuple[int, pa.Table]]:
        """Yield those of the columns *names* that are there, group by group, in parts: one of others may be large."""
        with reading(self.path), open_regular(self.path) as file:
            _, parquet, wanted = opened(file, names if self._version == SCHEMA_VERSION else None, MAX_EVENTS)
            for group in groups:
                for batch in parquet.iter_batches(4 * CHUNK, row_groups=[group], columns=wanted, use_threads=False):
                    table = pa.Table.from_batches([batch])
                    table.validate(full=True)
                    yield group, upgrade.events(table, self._version)

    def _transports(self, table: pa.Table) -> dict[str, Any]:
        """Return, by transport, which rows of *table* are its: a slice of all of them, or a mask."""
        if "transport" not in table.column_names or table.column("transport").null_count == len(table):
            return {UNNAMED: slice(None)} if len(table) else {}
        table = self._conformed(table, "transport")
        with reading(self.path):
            names, codes = events_parquet.dictionary(table, "transport")
            present = np.flatnonzero(np.bincount(codes, minlength=len(names)))
            if len(present) == 1:
                return {str(names[present[0]]): slice(None)}
            return {str(names[code]): codes == code for code in present}

    def _column(self, table: pa.Table, name: str) -> npt.NDArray[Any]:
        table = self._conformed(table, name)
        with reading(self.path):
            if name == "kind":
                return events_parquet.kinds(table).astype(np.uint8)
            values = events_parquet.integers(table, name)
            if name == "cpu" and len(values) and values.max() >= MOST_CPUS:
                raise ValueError(f"CPU {values.max()}: numbers of CPUs are below {MOST_CPUS}")
            return values.view(np.uint64) if _TYPES[name] is np.uint64 else values.astype(_TYPES[name])

    def _conformed(self, table: pa.Table, name: str) -> pa.Table:
        return conform(table.select([name]), pa.schema([CODED.field(name)]), [name], self.path, exact=True)


def _of_one_length(parts: Iterator[Columns]) -> Iterator[Columns]:
    """Yield the same in chunks of CHUNK events, and a last shorter one."""
    waiting: list[Columns] = []
    held = 0
    for part in parts:
        waiting.append(part)
        held += len(part["ts_ns"])
        if held < CHUNK:
            continue
        whole = joined(waiting)
        end = held - held % CHUNK
        for start in range(0, end, CHUNK):
            yield {name: column[start : start + CHUNK] for name, column in whole.items()}
        waiting, held = [{name: column[end:] for name, column in whole.items()}], held - end
    if held:
        yield joined(waiting)
