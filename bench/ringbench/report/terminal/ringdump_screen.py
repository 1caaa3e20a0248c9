"""Snapshots of rings on a terminal: for each step its data as a bar, its positions, and its records."""

from __future__ import annotations

import io
import sys
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringbench.analysis.quantities import count
from ringbench.text import printable
from ringbench.tools.ringdump.dump import DecodedRing, Record, RingDump

_MAX_WIDTH = 100
_CELLS = 64
_LOOKS = {"busy": ("▒", "red"), "committed": ("█", "blue"), "discarded": ("░", "magenta"), "free": ("·", "dim")}
"""How a cell looks that has a byte of such a record; of several, the first counts."""
_HEAD, _TAIL = 8, 2
"""Records that are listed of many."""


def show(dump: RingDump, file: TextIO | None = None, width: int | None = None) -> None:
    """Print every step to *file* (stdout)."""
    file = file or sys.stdout
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(errors="replace")
    console = Console(file=file, width=width, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _MAX_WIDTH)
    for number, step in enumerate(dump.steps, 1):
        console.print(Text(f"{number}. {printable(step.name)}", "bold"))
        console.print(Padding(Text(printable(step.said)), (0, 0, 0, 3)))
        _drawn(console, step.decoded)
        if step.decoded.records:
            console.print(Padding(_listed(step.decoded.records), (0, 0, 0, 3)))
        console.print()
    key = "  ".join(f"{sign} {state}" for state, (sign, _) in _LOOKS.items())
    console.print(Text(f"{key}  C consumer  P producer", "dim"))
    console.print(Text(f"{printable(dump.kernel)}, {printable(dump.taken)}", "dim"))


def _drawn(console: Console, seen: DecodedRing) -> None:
    states = ["free"] * _CELLS
    order = [*_LOOKS]
    for record in seen.records:
        for begin, end in seen.spans(record.position, record.total):
            for cell in range(begin * _CELLS // seen.size, -(-end * _CELLS // seen.size)):
                states[cell] = min(states[cell], record.state, key=order.index)
    bar = Text.assemble(*(_LOOKS[state] for state in states))
    marks = [" "] * (_CELLS + 1)
    for letter, position in (("C", seen.consumer), ("P", seen.producer)):
        cell = position % seen.size * _CELLS // seen.size
        marks[cell + (marks[cell] != " ")] = letter
    positions = (
        f"consumer {seen.consumer} (place {seen.consumer % seen.size}), producer {seen.producer} "
        f"(place {seen.producer % seen.size}); {seen.free} of {seen.size} bytes free; a reader gets past "
        f"{len(seen.reachable)} of {count(len(seen.records), 'record')}"
    )
    # Not a word to be wrapped: the marks must stay below their cells.
    console.print(Padding(bar, (1, 0, 0, 3)), soft_wrap=True)
    console.print(Padding(Text("".join(marks).rstrip()), (0, 0, 0, 3)), soft_wrap=True)
    console.print(Padding(Text(positions, "dim"), (0, 0, 0, 3)))


def _listed(records: tuple[Record, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("position", "place", "header", "page offset", "length", "takes"):
        table.add_column(name, justify="right")
    table.add_column("state")
    hidden = max(0, len(records) - _HEAD - _TAIL)
    for record in records[:_HEAD]:
        table.add_row(*_row(record))
    if hidden > 1:
        table.add_row("…", *[""] * 5, Text(f"{hidden} more", "dim"))
    for record in records[-_TAIL if hidden > 1 else _HEAD :]:
        table.add_row(*_row(record))
    return table


def _row(record: Record) -> tuple[Text, ...]:
    numbers = (record.position, record.offset, f"0x{record.word:08x}", record.page_offset, record.length, record.total)
    state = f"{record.state}, wraps" if record.wraps else record.state
    return *(Text(str(number)) for number in numbers), Text(state, _LOOKS[record.state][1])
