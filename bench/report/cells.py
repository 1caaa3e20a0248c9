"""The cells of a session: one transport in one setting, with a row for each repeat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from bench.report.quantities import amount, size
from bench.report.view import Record, order_of
from bench.stats import Interval, median_interval

_READERS = ("bulk", "compiled", "libbpf", "callback-bare", "callback")
_WAKEUPS = ("none", "every", "adaptive")
_WORKLOADS = ("fork-exec", "command")


@dataclass(frozen=True)
class Setting:
    """Everything that makes a cell but its transport: what must be equal before two cells are compared."""

    mode: str
    reader: str
    wakeup: str
    workload: str
    cpus: str
    asked_bytes: int | None
    drain_interval_s: float | None

    @classmethod
    def of(cls, row: Record) -> Setting:
        """Return the setting of a row; one that doesn't say what size was asked for asked for what it got."""
        asked = row["asked_bytes"] if row["asked_bytes"] is not None else row["buffer_bytes"]
        return cls(
            mode=row["mode"] or "unknown",
            reader=row["reader"] or "unknown",
            wakeup=row["wakeup"] or "unknown",
            workload=row["workload"] or "unknown",
            cpus=row["cpus"] or "",
            asked_bytes=None if asked is None else int(asked),
            drain_interval_s=row["drain_interval_s"],
        )

    @property
    def paired(self) -> bool:
        """Tell whether both transports carried the same events at the same time."""
        return self.mode == "paired"

    @property
    def wakeup_words(self) -> str:
        """Return the wake-up policy, and for a timed drain its interval."""
        if self.wakeup == "none" and self.drain_interval_s:
            return f"no wake-ups (drained every {amount(self.drain_interval_s * 1e9, 'ns')})"
        words = {"none": "no wake-ups (timed drain)", "every": "a wake-up for every event"}
        return words.get(self.wakeup, f"wake-up {self.wakeup}")

    @property
    def load_words(self) -> str:
        """Return the workload and the CPUs it ran on."""
        several = "s" if "-" in self.cpus or "," in self.cpus else ""
        return f"{self.workload} on CPU{several} {self.cpus}" if self.cpus else self.workload

    def words(self, *, with_load: bool = True) -> str:
        """Return the setting in words, to stand beside every figure; without the load, only how it was read."""
        load = [self.load_words, *([] if self.asked_bytes is None else [size(self.asked_bytes)])] if with_load else []
        return ", ".join([f"{self.reader} reader", self.wakeup_words, *load, f"{self.mode} trials"])

    @property
    def preference(self) -> tuple[object, ...]:
        """Return a sort key: the usual workload and the leanest reader first, and the largest buffer of each."""
        return (
            *(_place(self.workload, _WORKLOADS), _place(self.reader, _READERS), _place(self.wakeup, _WAKEUPS)),
            *(self.mode, self.cpus, self.drain_interval_s or 0, -(self.asked_bytes or 0)),
        )


def _place(name: str, known: tuple[str, ...]) -> tuple[int, str]:
    return known.index(name) if name in known else len(known), name


@lru_cache(maxsize=4096)
def median_of(values: tuple[float, ...]) -> Interval:
    """Return the median of *values* with its interval, computed once however many figures and tables show it."""
    return median_interval(values)


@dataclass(frozen=True)
class Cell:
    """One transport in one setting."""

    setting: Setting
    transport: str
    rows: tuple[Record, ...]
    """A row for each repeat, valid ones only."""

    @property
    def buffer_bytes(self) -> int | None:
        """Return the size this transport really had, over all CPUs."""
        return next((int(row["buffer_bytes"]) for row in self.rows if row["buffer_bytes"] is not None), None)

    @property
    def repeats(self) -> int:
        """Return how many repeats it has."""
        return len({_block(place, row) for place, row in enumerate(self.rows)})

    def by_block(self, column: str) -> dict[str, float]:
        """Return *column* of each repeat that has it."""
        found: dict[str, list[float]] = {}
        for place, row in enumerate(self.rows):
            if row.get(column) is not None:
                found.setdefault(_block(place, row), []).append(float(row[column]))
        return {block: median(values) for block, values in found.items()}

    def values(self, column: str) -> list[float]:
        """Return *column* of each repeat that has it."""
        return list(self.by_block(column).values())

    def interval(self, column: str) -> Interval:
        """Return the median of *column* over the repeats with its interval."""
        return median_of(tuple(self.values(column)))

    def has(self, column: str) -> bool:
        """Tell whether *column* was measured in any repeat."""
        return any(row.get(column) is not None for row in self.rows)


def _block(place: int, row: Record) -> str:
    """Name the repeat that a row belongs to. One that names none is known by its place."""
    return f"place {place}" if row["block"] is None else str(row["block"])


def cells_of(rows: Iterable[Record]) -> list[Cell]:
    """Group *rows* into cells, in the order in which they are shown."""
    found: dict[tuple[Setting, str], list[Record]] = {}
    for row in rows:
        found.setdefault((Setting.of(row), str(row["transport"] or "unknown")), []).append(row)
    cells = [Cell(setting, transport, tuple(group)) for (setting, transport), group in found.items()]
    return sorted(cells, key=lambda cell: (cell.setting.preference, order_of(cell.transport)))
