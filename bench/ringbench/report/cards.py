"""The answer at a glance: cards, each the figures of both transports, one against the other, and a sentence.

Four are always there; another one for each section of a metric that wants one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ringbench.analysis.comparison import Comparison
from ringbench.analysis.findings import Finding, loads_of
from ringbench.analysis.judgement import Line, judge
from ringbench.analysis.quantities import amount, listed, size, times
from ringbench.analysis.questions import COST, DROPS, MEMORY, ORDER, THROUGHPUT
from ringbench.analysis.sentences import Statement
from ringbench.data.stats import Interval

_HELD = "memory_physical_bytes"


@dataclass(frozen=True)
class Card:
    """One of them."""

    title: str
    question: str
    """The section of the page that tells more."""
    lines: tuple[Line, ...]
    """The figures; none where nothing was measured."""
    said: Statement
    also: str = ""


def cards(found: Sequence[Finding], cpus: int) -> list[Card]:
    """Return the cards of what was *found*, of each question's headline; what was not measured says so.

    *cpus*: of the machine, 0 if that isn't known.
    """
    by_name = {finding.question.name: finding for finding in found}
    speed = [finding for name in (THROUGHPUT.name, COST.name) if (finding := by_name[name]).headline]
    return [
        _without_loss(by_name[DROPS.name]) or _at_equal_size(by_name[MEMORY.name], by_name[DROPS.name], cpus),
        _card(by_name[DROPS.name]),
        Card(
            "Throughput and cost",
            THROUGHPUT.name if by_name[THROUGHPUT.name].headline else COST.name,
            tuple(line for finding in speed for line in _lines(finding)),
            (speed[-1:] or [by_name[COST.name]])[0].said[0],
        ),
        _card(by_name[ORDER.name]),
        *(_card(each) for each in found if each.question.card and each.question not in (MEMORY, DROPS, ORDER)),
    ]


def _card(finding: Finding) -> Card:
    return Card(finding.question.card, finding.question.name, tuple(_lines(finding)), finding.said[0])


def _lines(finding: Finding) -> list[Line]:
    """Return the lines of the columns that are meant for a card; the first where none is."""
    lines = finding.headline.lines if finding.headline else ()
    return [line for line in lines if line.column.on_card] or list(lines[:1])


def _at_equal_size(memory: Finding, drops: Finding, cpus: int) -> Card:
    """Return the memory of equal sizes, and what the arrivals needed, computed: the one says little of the other."""
    every = loads_of(drops)
    needs = every[0].needs(cpus) if every else []
    needed = [f"{need.transport} {size(need.buffer_bytes)}" for need in needs]
    also = f"To lose nothing, its arrivals needed {listed(needed)}, computed." if len(needed) > 1 else ""
    return replace(_card(memory), also=also)


def _without_loss(drops: Finding) -> Card | None:
    """Return the memory that it took to lose nothing of the first load, where that was narrowed down for both.

    This is what a ring for each CPU and one for all differ in: of equal sizes both hold about the same. Where half of
    what was enough was not tried, how much less would do isn't known, and then there is no such card.
    """
    every = loads_of(drops)
    if not every or drops.headline is None or drops.headline.comparison.head is None:
        return None
    transports = drops.headline.comparison.transports
    base, head = (every[0].enough(name) for name in transports)
    if base is None or head is None or not all(every[0].narrowed(name) for name in transports):
        return None
    line = judge(Comparison(base.cell, head.cell), _HELD)
    if line.head is None or line.base.value is None or line.head.value is None:
        return None
    held = [
        f"{amount(side.value, 'bytes')} with {name}"
        for side, name in zip((line.base, line.head), transports, strict=True)
    ]
    ratio = times(Interval(line.head.value / line.base.value, None, None, line.head.n))
    said = f"At the smallest size that lost nothing the kernel holds {listed(held)}: {ratio} as much."
    return Card("Memory to lose nothing", DROPS.name, (line,), Statement(said, every[0].setting.words()))
