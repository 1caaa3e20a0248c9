"""Which transport to take for the load of a session, how big, how sure that is, and what would change it.

The rule is plain, and said on the page: one that lost nothing comes before one that lost some at every size tried; of
those that lost nothing, the one that needs less for it. What one needs is what was found by halving until some were
lost; where that was not done, what its arrivals needed, computed. Sizes go by doublings, so one doubling is no
difference: then the cheaper producer decides, and after it the order of events. Where nothing decides, that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ringbench.analysis.findings import Finding, loads_of
from ringbench.analysis.judgement import Line
from ringbench.analysis.losses import Loss, Sweep
from ringbench.analysis.quantities import amount, count, listed, size
from ringbench.analysis.questions import COST, DROPS, LATENCY, ORDER, THROUGHPUT
from ringbench.analysis.required_size import Need
from ringbench.analysis.view import SessionView
from ringbench.drivers.transports import known

RULE = "Who needs less to lose nothing; within a doubling of size, the cheaper producer; then the order of events."
"""How the choice is made."""
_DOUBLING = 2
_DECIDING = {"producer_ns_per_event": "the producer's cost decides", "causal_violations": "the order decides"}
_TOLD = (
    *((COST, "producer_ns_per_event"), (ORDER, "causal_violations"), (THROUGHPUT, "events_per_s")),
    *((COST, "consumer_cpu_ns_per_event"), (LATENCY, "latency_p99_ns")),
)
"""Figures that are weighed: those that may decide first."""
_OTHER_LOADS = 3


@dataclass(frozen=True)
class Advice:
    """What to take for one load."""

    load: str
    choice: str
    """'take ringbuf-reserve; 64 KiB lost nothing', or why no choice can be made."""
    because: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    """What speaks for another one all the same."""
    sure: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Enough:
    """What one transport takes to lose nothing."""

    loss: Loss
    """The smallest size tried that lost nothing, if no larger one lost any."""
    need: Need | None
    narrowed: bool
    """Whether half of it was tried, and lost some."""
    lossy: int | None
    """The largest size that lost some, in bytes, which is smaller; None where none did."""

    @property
    def size(self) -> int:
        """Return the size that lost nothing, in bytes."""
        return self.loss.cell.buffer_bytes or 0

    @property
    def needed(self) -> int | None:
        """Return how many bytes it takes; None where nobody knows how much less would do."""
        if self.narrowed:
            return self.size
        return min(self.size, self.need.buffer_bytes) if self.need else None

    @property
    def full(self) -> float | None:
        """Return which share of it was taken at the worst moment; None where that isn't known."""
        return self.need.events * self.need.stride * self.need.rings / self.size if self.need and self.size else None

    @property
    def untried(self) -> str:
        """Return ' Smaller ones were not tried; it needed 64 KiB, computed.' where less may do than was tried."""
        if self.needed is None or self.needed >= self.size:
            return ""
        less = "Smaller ones were not tried"
        if self.lossy is not None:
            less = f"{size(self.lossy)} lost some, and nothing between was tried"
        return f" {less}; it needed {size(self.needed)}, computed."

    def words(self) -> str:
        """Return what it takes, and how that is known."""
        if self.needed is None:
            return f"{self.loss.cell.transport} at most {size(self.size)}"
        return f"{self.loss.cell.transport} {size(self.needed)}{'' if self.narrowed else ', computed'}"


@dataclass(frozen=True)
class _Choice:
    """What one load asks for."""

    sweep: Sweep
    enough: Mapping[str, _Enough]
    taken: tuple[str, ...]
    """The transports that nothing tells apart; usually one."""
    reason: str

    @property
    def words(self) -> str:
        """Return 'ringbuf-reserve with 32 KiB', 'either … or …', or that nothing is enough."""
        each = [f"{name} with {size(self.enough[name].size)}" for name in self.taken]
        if each:
            return each[0] if len(each) == 1 else f"either {' or '.join(each)}"
        tried = [f"{name} up to {size(losses[-1].cell.buffer_bytes)}" for name, losses in _losses(self.sweep).items()]
        return f"nothing tried is enough, {listed(tried)}"

    @property
    def headline(self) -> str:
        """Return what to do, in a line."""
        if len(self.taken) != 1:
            return f"take {self.words}" if self.taken else self.words
        found = self.enough[self.taken[0]]
        tight = found.full is not None and found.full > 1 / _DOUBLING
        room = f", {size(_DOUBLING * found.size)} leaves room" if tight else ""
        return f"take {self.taken[0]}; {size(found.size)} lost nothing{room}"


def advice(view: SessionView, found: Sequence[Finding]) -> Advice | None:
    """Return what to take for the first load of *view*; None where no losses were counted, or all are of one."""
    by_name = {finding.question.name: finding for finding in found}
    # What only user space can write to is no choice for a program.
    every = [sweep for sweep in loads_of(by_name[DROPS.name]) if not sweep.setting.transport_only]
    if not every or view.emulated or len(every[0].transports) < _DOUBLING:
        return None
    lines = _lines(by_name)
    choices = [_choose(sweep, view.cpus, lines if place == 0 else []) for place, sweep in enumerate(every)]
    first = choices[0]
    return Advice(
        load=first.sweep.setting.words(),
        choice=first.headline,
        because=(first.reason, *_side(lines, first, ours=True)),
        against=tuple(_side(lines, first, ours=False)),
        sure=tuple(_sure(first)),
        changes=tuple(_changes(view, choices)),
    )


def _choose(sweep: Sweep, cpus: int, lines: Sequence[Line]) -> _Choice:
    """Choose by the rule; *lines* are the figures that may decide between equals."""
    enough = _enough(sweep, cpus)
    if len(enough) <= 1:
        return _Choice(sweep, enough, tuple(enough), _without_rival(sweep, enough))
    alike, found = _least(enough)
    if len(alike) == 1:
        return _Choice(sweep, enough, alike, f"{found}.")
    for line in lines:
        if line.winner in alike and line.column.name in _DECIDING and {*line.comparison.transports} <= {*alike}:
            return _Choice(sweep, enough, (line.winner,), f"{found}; {_DECIDING[line.column.name]}.")
    return _Choice(sweep, enough, alike, f"{found}, and nothing measured here decides between them.")


def _enough(sweep: Sweep, cpus: int) -> dict[str, _Enough]:
    """Return what each transport that could be taken needs, for those that lost nothing at some size."""
    needs = {need.transport: need for need in sweep.needs(cpus)}
    return {
        name: _Enough(loss, needs.get(name), sweep.narrowed(name), sweep.largest_with_loss(name))
        for name in _candidates(sweep)
        if (loss := sweep.enough(name))
    }


def _without_rival(sweep: Sweep, enough: Mapping[str, _Enough]) -> str:
    """Say why one transport at most lost nothing."""
    if not enough:
        return "Each lost some at the largest size tried: try larger ones."
    without = [name for name in _candidates(sweep) if name not in enough]
    return f"{listed(without)} lost some at the largest size tried." if without else "No program has another here."


def _least(enough: Mapping[str, _Enough]) -> tuple[tuple[str, ...], str]:
    """Return those that need least to lose nothing, within a doubling, and that in words; all, where it isn't known."""
    each = "; ".join(found.words() for found in enough.values())
    needed = {name: found.needed for name, found in enough.items() if found.needed is not None}
    if len(needed) < len(enough):
        return tuple(enough), f"Which needs less is not known: too few sizes were tried ({each})"
    alike = tuple(name for name, nbytes in needed.items() if nbytes <= _DOUBLING * min(needed.values()))
    least = "it needs least" if len(alike) == 1 else "they need about as much"
    return alike, f"To lose nothing {least} ({each})"


def _candidates(sweep: Sweep) -> list[str]:
    return [name for name in sweep.transports if _could_be_taken(name)]


def _could_be_taken(transport: str) -> bool:
    """Tell whether a program can submit what it likes through a transport, as through ftrace none can."""
    found = known(transport)
    return found is None or not found.own_records


def _losses(sweep: Sweep) -> dict[str, list[Loss]]:
    return {name: losses for name in sweep.transports if (losses := sweep.losses(name))}


def _lines(found: Mapping[str, Finding]) -> list[Line]:
    """Return the headline's line of each figure that is weighed."""
    lines = []
    for question, column in _TOLD:
        headline = found[question.name].headline
        lines += [line for line in (headline.lines if headline else ()) if line.column.name == column]
    return lines


def _side(lines: Sequence[Line], choice: _Choice, *, ours: bool) -> list[str]:
    """Say the figures that speak for what is taken, or for the others."""
    if len(choice.taken) != 1:
        return []
    return [
        f"{line.column.title}: {line.apart or line.against}, better with {line.winner}."
        for line in lines
        if line.winner and choice.taken[0] in line.comparison.transports and (line.winner in choice.taken) is ours
    ]


def _sure(choice: _Choice) -> list[str]:
    """Say how much was tried, and how full it was at the worst moment."""
    said = []
    for name in choice.taken:
        found = choice.enough[name]
        over = count(found.loss.repeats, "repeat")
        said.append(f"{name}: {found.loss.bound}, over {over}. Losses come in bursts, so the bound is optimistic.")
        if found.need and found.full is not None:
            where = "" if found.need.rings == 1 else " on one CPU"
            share = amount(min(1.0, found.full), "")
            lay = f"{count(found.need.events, 'event')} lay unread{where}"
            said.append(f"At the worst moment {lay}: {share} of its room.{found.untried}")
    return said


def _changes(view: SessionView, choices: Sequence[_Choice]) -> list[str]:
    """Say what would make another choice right, as far as it is known here."""
    first, setting = choices[0], choices[0].sweep.setting
    said = [
        f"With {other.sweep.setting.words()}: {other.words}."
        for other in choices[1 : 1 + _OTHER_LOADS]
        if other.words != first.words
    ]
    if not setting.woken and setting.drain_interval_s:
        every = amount(setting.drain_interval_s * 1e9, "ns")
        said.append(f"A reader that comes less often than every {every}: what lies unread grows with the time between.")
    if len({row["wakeup"] for row in view.valid if row["mode"] != "capacity"}) == 1:
        said.append("Another wake-up policy: only one was measured here.")
    if view.cpus:
        said.append(
            f"More CPUs than {view.cpus}: perf has a ring for each, all as large as the busiest needs; a ringbuf's one "
            "ring serves all."
        )
    return said
