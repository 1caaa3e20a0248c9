"""The designs side by side: which of the two wants each meets, what it costs, what it can't do, what was said of it.

The two wants are those for which the ringbuf was made (kernel commit 457f44363a88): memory that all CPUs share, and
events in the order in which they happened on different CPUs. Only a session that measured more than the two buffers
has such a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ringbench.analysis.cells import Cell, cells_of, median_of
from ringbench.analysis.comparison import contrast
from ringbench.analysis.quantities import NOT_MEASURED, amount, count, estimate, number, size, times
from ringbench.analysis.required_size import need
from ringbench.analysis.view import SessionView, order_of
from ringbench.data.stats import Interval
from ringbench.drivers.transports import TRANSPORTS

MEASURED = (
    *("Meets", "Needs to lose nothing", "Lost", "Causal violations", "Late, per 1,000", "Producer", "Reader"),
    "One producer, then one on each CPU",
)
SAID = ("Can't", "Published", "Here")
_BUFFERS = ("perf", "ringbuf-output", "ringbuf-reserve")
KERNEL, DOCS = "kernel commit 457f44363a88", "Documentation/bpf/ringbuf.rst"


@dataclass(frozen=True)
class Design:
    """One transport, as it was measured."""

    transport: str
    lives: Sequence[Cell]
    """Paired, under fork-exec: all sizes, the largest first."""
    offered: Cell | None
    """Alone, under a load that is the same for all."""
    contended: Sequence[Cell]
    """Alone, under a firehose: fewer producers first."""
    cpus: int

    @cached_property
    def need(self) -> int | None:
        """Return the bytes over all CPUs that the arrivals needed; None where they aren't known."""
        found = need(self.lives, self.cpus)
        return None if found is None else found.buffer_bytes

    @property
    def violations(self) -> float | None:
        """Return the median of causal violations in the largest buffer; None where they weren't counted."""
        return self.lives[0].interval("causal_violations").value if self.lives else None

    @property
    def wants(self) -> str:
        """Say which of the two wants it meets: memory by its layout, order by what was counted here."""
        grouped = TRANSPORTS[self.transport].shape == "ring-per-cache"
        shared = self.groups == 1 if grouped else TRANSPORTS[self.transport].shape == "shared-ring"
        met = ["memory"] if shared else []
        met += ["order"] if self.violations == 0 else []
        here = f" ({count(self.groups, 'group')} here)" if grouped and self.groups else ""
        return (" and ".join(met) or "neither") + here

    @property
    def groups(self) -> int | None:
        """Return how many rings its CPUs were divided into; None where the session doesn't say."""
        return next((cell.rings for cell in self.lives if cell.rings), None)

    def measured(self) -> tuple[str, ...]:
        """Return the figures as text, by MEASURED."""
        least = self.lives[-1] if self.lives else None
        lost = NOT_MEASURED if least is None else f"{_told(least, 'drop_rate', '')} with {size(least.buffer_bytes)}"
        return (
            self.wants,
            NOT_MEASURED if self.need is None else size(self.need),
            lost,
            _told(self.lives[0], "causal_violations", "1") if self.lives else NOT_MEASURED,
            estimate(median_of(tuple(self.lives[0].per_thousand("late_events"))), "1") if self.lives else NOT_MEASURED,
            _told(self.offered, "producer_ns_per_event", "ns"),
            _told(self.offered, "consumer_cpu_ns_per_event", "ns"),
            ", then ".join(_told(cell, "producer_ns_per_event", "ns") for cell in self.contended) or NOT_MEASURED,
        )


@dataclass(frozen=True)
class Told:
    """What is known of a design without measuring, and how a session judges what was published of it."""

    cannot: str
    said: str = ""
    """In our words, with its source; '' where nothing is put to the test."""
    here: Callable[[Design, dict[str, Design]], str] = lambda design, every: ""


def designs(view: SessionView) -> list[Design]:
    """Return the designs that *view* measured, the buffers first; none where it measured nothing else."""
    cells = cells_of(view.figures)
    names = sorted({cell.transport for cell in cells if cell.transport in TRANSPORTS}, key=order_of)
    if all(name in _BUFFERS for name in names):
        return []
    return [_design(name, [cell for cell in cells if cell.transport == name], view.cpus) for name in names]


def said(design: Design, every: Sequence[Design]) -> tuple[str, ...]:
    """Return what it can't do, what was published of it, and what this session says of that, by SAID."""
    told = _TOLD.get(design.transport, Told(""))
    return told.cannot, told.said, told.here(design, {each.transport: each for each in every}) if told.said else ""


def _design(transport: str, cells: Sequence[Cell], cpus: int) -> Design:
    lives = [cell for cell in cells if cell.setting.paired and cell.setting.workload == "fork-exec"]
    alone = [cell for cell in cells if cell.setting.mode == "isolated"]
    return Design(
        transport,
        sorted(lives, key=lambda cell: -(cell.buffer_bytes or 0)),
        next((cell for cell in alone if cell.setting.workload.startswith("fork-exec@")), None),
        sorted(
            (cell for cell in alone if cell.setting.firehose),
            key=lambda cell: (len(cell.setting.cpus), cell.setting.cpus),
        ),
        cpus,
    )


def _told(cell: Cell | None, column: str, unit: str) -> str:
    return NOT_MEASURED if cell is None else estimate(cell.interval(column), unit)


def verdict(holds: bool | None) -> str:
    """Return the words for whether a published statement holds here; None: this session can't tell."""
    return "can't be told" if holds is None else "holds" if holds else "does not hold"


def _per_cpu_meets_neither(design: Design, every: dict[str, Design]) -> str:
    shared = every.get("ringbuf-reserve")
    if design.violations is None or shared is None or design.need is None or shared.need is None:
        return verdict(None)
    disorder = f"{number(design.violations)} causal violations a trial"
    memory = f"needs {size(design.need)} where the shared ring needs {size(shared.need)}"
    return f"{verdict(design.violations > 0 and design.need > shared.need)}: {disorder}, {memory}"


def _one_by_one_is_slow(design: Design, every: dict[str, Design]) -> str:
    shared = every.get("ringbuf-reserve")
    if shared is None or shared.offered is None or design.offered is None:
        return verdict(None)
    found = contrast(shared.offered, design.offered).ratio("consumer_cpu_ns_per_event")
    if found.low is None or found.high is None:
        return verdict(None)
    holds = True if found.low > 1 else False if found.high <= 1 else None
    return f"{verdict(holds)}: reading an event costs {times(found)} what it costs from the shared ring"


def _both_wants(design: Design, every: dict[str, Design]) -> str:
    perf = every.get("perf")
    if design.violations is None or design.need is None or perf is None or perf.need is None:
        return verdict(None)
    memory = f"needs {size(design.need)} where perf needs {size(perf.need)}"
    order = f"{number(design.violations)} causal violations a trial, perf {amount(perf.violations, '1')}"
    return f"{verdict(design.violations == 0 and design.need <= perf.need)}: {memory}; {order}"


def _no_contention(design: Design, every: dict[str, Design]) -> str:
    shared = every.get("ringbuf-reserve")
    if shared is None or len(design.contended) < 2 or len(shared.contended) < 2:
        return verdict(None)
    own, other = _contention(design), _contention(shared)
    if own.low is None or own.high is None or other.low is None or other.high is None:
        return verdict(None)
    holds = True if own.high < other.low else False if own.low >= other.high else None
    return (
        f"{verdict(holds)}: an event costs {times(own)} as much with a producer on each CPU as with one; with the "
        f"shared ring {times(other)}"
    )


def _less_contention(design: Design, every: dict[str, Design]) -> str:
    if design.groups == 1:
        return "can't be told: with 1 group of CPUs here it is one shared ring behind a look-up in a map of maps"
    return _no_contention(design, every)


def _contention(design: Design) -> Interval:
    return contrast(design.contended[0], design.contended[-1]).ratio("producer_ns_per_event")


_PER_CPU = f"A buffer for each CPU meets neither want ({KERNEL})."
_SEVERAL = f"Several rings, in a map of maps, are for applications whose CPUs contend for one ({DOCS})."
_WANTS = f"One ring for all CPUs uses memory better and keeps events in order ({KERNEL})."
_TOLD = {
    "perf": Told(
        "share memory between CPUs, or order between them",
        _PER_CPU,
        _per_cpu_meets_neither,
    ),
    "ringbuf-output": Told("spare the copy", _WANTS, _both_wants),
    "ringbuf-reserve": Told("reserve a length that is no constant", _WANTS, _both_wants),
    "ringbuf-dynptr": Told("be had before Linux 5.19", _WANTS, _both_wants),
    "ringbuf-per-cpu": Told(
        "share memory between CPUs, or order between them",
        _SEVERAL,
        _no_contention,
    ),
    "ringbuf-per-cache": Told(
        "share memory or order between groups of CPUs",
        _SEVERAL,
        _less_contention,
    ),
    "ftrace": Told(
        "carry what a program makes: only what the tracepoints have; say in the record whose life it is of",
        _PER_CPU,  # "per-CPU buffers (perf, ftrace, etc), which don't satisfy two motivations outlined above"
        _per_cpu_meets_neither,
    ),
    "ticket-ring": Told("refuse, wake a reader, or give room back"),
    "arena-ring": Told("refuse, wake a reader, give room back, or be had before Linux 6.10"),
    "queue-map": Told(
        "be mapped, or wake a reader: each record takes a system call",
        f"Linked lists are hard to consume from user space and most probably slow ({KERNEL}); a queue is the nearest.",
        _one_by_one_is_slow,
    ),
}
