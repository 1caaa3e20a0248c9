"""Each answer as plain sentences, computed from the figures: true whatever the numbers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ringbench.analysis.cells import Cell
from ringbench.analysis.judgement import Line, Verdict
from ringbench.analysis.losses import Loss, Sweep
from ringbench.analysis.overhead_breakdown import COLUMN as SPLIT_COLUMN
from ringbench.analysis.overhead_breakdown import Split
from ringbench.analysis.quantities import NOT_MEASURED, amount, bounds, count, listed, number, signed, size
from ringbench.analysis.questions import QUESTIONS, Question, wins
from ringbench.data.metrics import COLUMNS


@dataclass(frozen=True)
class Statement:
    """A sentence, and the setting that it speaks of."""

    text: str
    where: str


TOLD = frozenset(
    {
        *(name for name, column in COLUMNS.items() if column.brief or column.lead),
        *(question.columns[0] for question in QUESTIONS if not any(COLUMNS[name].lead for name in question.columns)),
    }
)
"""Columns that a short table has room for: the others say again what one of these says."""


def figures(lines: Sequence[Line], question: Question) -> list[Statement]:
    """Say each line in a sentence of its own, what was measured before what wasn't."""
    told = [line for line in lines if line.column.lead] or lines[:1]
    return [_figure(line, question) for line in sorted(told, key=lambda line: not line.measured)]


def _figure(line: Line, question: Question, where: str = "") -> Statement:
    """Return 'An event cost the producer 540 ns [530, 550] with perf and …: 0.7 x […], so … is cheaper.'"""
    comparison, (lead, noun) = line.comparison, line.column.lead or (f"{line.column.title}:", "")
    measured = [cell for cell in comparison.cells if cell.has(line.column.name)]
    absent = [cell.transport for cell in comparison.cells if cell not in measured]
    shown = listed([_value(cell, line, "" if place else noun) for place, cell in enumerate(measured)])
    if not measured:
        text = f"{line.column.title}: not measured here with {listed(absent)}."
    elif absent:
        text = f"{where}{lead} {shown}; with {listed(absent)} it was not measured here."
    else:
        text = f"{where}{lead} {shown}{_conclusion(line, question)}."
    return _statement(text, line)


def losses(sweep: Sweep, line: Line, question: Question) -> Statement:
    """Say what was lost at the size that tells most."""
    found = [loss for cell in line.comparison.cells if (loss := Loss.of(cell))]
    asked = line.comparison.setting.asked_bytes
    at = "" if asked is None else f"With {size(asked)}, "
    if not found:
        text = f"Drops: not measured here with {listed(line.comparison.transports)}."
    elif len(found) > 1 and not any(loss.failed for loss in found):
        tried = [f"{loss.cell.transport} 0 of {loss.attempted:,} events" for loss in found]
        text = f"{at}nothing was lost: {listed(tried)}."
    else:
        said = " and ".join(loss.words() for loss in sorted(found, key=lambda loss: loss.failed > 0))
        plain = line.winner and not all(loss.failed for loss in found)  # 'nothing' against 'some' needs no more words
        text = f"{at}{said}{'' if plain else _conclusion(line, question)}."
    return _statement(text, line, sweep.setting.words())


def lost_meanwhile(lines: Sequence[Line]) -> list[Statement]:
    """Say what was lost while speed was measured: rates and latencies are of what was left."""
    comparison = lines[0].comparison
    lost = [loss.words() for cell in comparison.cells if (loss := Loss.of(cell)) and loss.failed]
    text = f"Meanwhile {' and '.join(lost)}: the figures are of what was left."
    return [Statement(text, comparison.setting.words())] if lost else []


def enough(loads: Sequence[Sweep], cpus: int) -> list[Statement]:
    """Say for each load what size it took to lose nothing, and what its arrivals needed on so many CPUs."""
    each = [(sweep.setting.words(), (sweep.smallest_without_loss(), sweep.computed(cpus))) for sweep in loads]
    said = [(text, where) for where, texts in each for text in texts]
    return [Statement(text, where) for text, where in said if text]


def by_reader(line: Line, cells: Sequence[Cell]) -> list[Statement]:
    """Say the figure of *line* for each reader, all else alike: which reader it is matters more than the transport."""
    setting, column, transports = line.comparison.setting, line.column, line.comparison.transports
    readers: dict[str, dict[str, str]] = {}
    for cell in cells:
        if cell.transport in transports and replace(cell.setting, reader=setting.reader) == setting:
            shown = amount(cell.interval(column.name).value, column.unit)
            readers.setdefault(cell.setting.reader, {})[cell.transport] = shown
    each = [f"{reader} {listed([found.get(name, '-') for name in transports])}" for reader, found in readers.items()]
    text = f"{column.title}, by reader, with {listed(transports)}: {'; '.join(each)}."
    return [Statement(text, setting.words(with_reader=False))] if len(each) > 1 else []


def capacity(lines: Sequence[Line], question: Question) -> list[Statement]:
    """Say what draining took, what memcpy took of the same bytes, and what the producer took by itself."""
    drain, yardstick, fill = lines[:3]
    shown = listed([_value(cell, yardstick) for cell in yardstick.comparison.cells])
    memcpy = Statement(f"The yardstick, memcpy of the same bytes: {shown}.", drain.comparison.setting.words())
    return [_figure(drain, question), *([memcpy] if yardstick.measured else []), _figure(fill, question)]


def memory(lines: Sequence[Line], question: Question) -> list[Statement]:
    """Say what is held physically, and what the other ways of counting show."""
    first, *others = lines
    counted = [
        f"{other.column.title.lower()}: {listed([_value(cell, other) for cell in other.comparison.cells])}"
        for other in others
        if other.measured
    ]
    ways = f"Other ways of counting, not ranked: {'; '.join(counted)}." if counted else ""
    return [
        _figure(first, question, f"Asked for {size(first.comparison.setting.asked_bytes)}, "),
        Statement(ways or "Other ways of counting: not measured here.", first.comparison.setting.words()),
    ]


def order(lines: Sequence[Line], question: Question) -> list[Statement]:
    """Say how many contradictions were shown, among how many lives, and how often stamps ran backwards."""
    said = figures(lines, question)
    cells = lines[0].comparison.cells
    lives = [f"{number(n)} with {cell.transport}" for cell in cells if (n := cell.interval("lives").value) is not None]
    judged = Statement(f"Lives a trial whose order could be judged: {listed(lives)}.", said[0].where)
    return [said[0], *([judged] if lives else []), *said[1:]]


def split(found: Split) -> Statement:
    """Say what each stage of the tracing adds to the workload's own time."""
    bare = amount(found.bare.interval(SPLIT_COLUMN).value, "ns")
    parts = [f"{name} {signed(part, 'ns')}" for name, part in found.parts.items()]
    slower = signed(found.slowdown, "") if found.slowdown.value is not None else NOT_MEASURED
    return Statement(
        f"With {found.transport}, {found.full.setting.wakeup_words}: {bare} an event by itself, {listed(parts)}; "
        f"in all {slower} on the workload.",
        found.full.setting.words(),
    )


def _statement(text: str, line: Line, where: str = "") -> Statement:
    text = f"{text[0].upper()}{text[1:]} {line.comparison.size_note}".rstrip()
    return Statement(text, where or line.comparison.setting.words())


def _value(cell: Cell, line: Line, noun: str = "") -> str:
    """Return '540 ns [530, 550] with perf'; where all repeats are alike, '0 with perf in each of 5 repeats'."""
    values, figure, unit = cell.values(line.column.name), cell.interval(line.column.name), line.column.unit
    if figure.value is None:
        return f"not measured with {cell.transport}"
    shown = number(figure.value) if unit == "events" else amount(figure.value, unit)
    if len(set(values)) > 1:
        shown = " ".join(part for part in (shown, noun, bounds(figure, unit)) if part)
        return f"{shown} with {cell.transport}"
    each = f" in each of {count(figure.n, 'repeat')}" if unit == "events" and figure.n > 1 else ""
    return f"{shown} {noun}".rstrip() + f" with {cell.transport}{each}"


def _conclusion(line: Line, question: Question) -> str:
    """Return the end of a sentence: what may be said of head against base by a figure of *question*."""
    head = line.comparison.head
    if head is None:
        return f"; there is nothing to compare {line.comparison.base.transport} with here"
    if line.verdict is Verdict.TOO_FEW:
        pairs = count(line.difference.n, "repeat")
        return f"; with {pairs} of both there is no interval, and no difference is claimed"
    if line.verdict is Verdict.NOT_RANKED:
        return f"; not ranked: {line.reason}"
    if line.verdict is Verdict.UNDECIDED:
        return f"; no difference shown ({line.apart})"
    return (
        f": {line.apart}, so {line.winner} {wins(question, line.column.name)}"
        if line.winner
        else "; no difference in any repeat"
    )
