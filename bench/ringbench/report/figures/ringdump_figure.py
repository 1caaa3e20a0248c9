"""Figure: snapshots of rings, a bar for each step: the records in the data, and where the two positions are."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ringbench.analysis.quantities import count, listed
from ringbench.report.figures import style
from ringbench.report.figures.style import Sheet
from ringbench.tools.ringdump.dump import RingDump, Step

_LOOKS = {
    "committed": ("#56b4e9", ""),
    "busy": ("#d55e00", "////"),
    "discarded": ("#d1d9e0", "xxxx"),
}
"""Colour and hatch of each state: in grey, the hatch tells them apart."""
_LEGEND, _ROW, _BAR, _ABOVE = 0.3, 0.92, 0.3, 0.36
_SIDE = 0.2
_CLOSE = 0.12
"""Share of the data within which two positions have one label."""
MAX_STEPS = 20
"""Steps that a figure has room for."""
_MAX_RECORDS = 2000
"""Records of a step that are drawn; more would be thinner than a line."""


@dataclass(frozen=True)
class _Origin:
    """What the foot names."""

    machine: str
    ringbench: str
    name: str


def draw(dump: RingDump) -> Figure:
    """Draw the first MAX_STEPS steps of *dump*."""
    steps = dump.steps[:MAX_STEPS]
    sizes = sorted({step.decoded.size for step in steps})
    sheet = Sheet(
        _Origin(dump.kernel, f"ringbench {dump.ringbench}", dump.taken),
        "A BPF ringbuf as it lies in memory",
        f"The data of a ring of {listed([f'{size:,}' for size in sizes])} bytes, in {count(len(steps), 'step')}",
        body=_LEGEND + _ROW * len(steps),
        note="Left to right: the ring's data once, byte by byte. C, P: the consumer's and the producer's positions, at "
        "their places. Line below a bar: what a reader gets past now; it stops at the first busy record.",
    )
    with style.looks():
        for place, step in enumerate(steps):
            axes = sheet.panel(_LEGEND + place * _ROW + _ABOVE, _BAR, left=_SIDE, right=_SIDE)
            _row(axes, place + 1, step)
        sheet.legend(_keys())
    return sheet.figure


def words(dump: RingDump) -> str:
    """Return what the figure shows, for who can't see it."""
    return " ".join(f"{step.name}: {_summary(step)}." for step in dump.steps[:MAX_STEPS])


def _summary(step: Step) -> str:
    seen = step.decoded
    states = [record.state for record in seen.records]
    held = [f"{states.count(state)} {state}" for state in _LOOKS if state in states]
    return f"{listed(held) or 'no records'}, {seen.free:,} bytes free"


def _row(axes: Axes, number: int, step: Step) -> None:
    seen = step.decoded
    axes.set_xlim(0, seen.size)
    axes.set_ylim(0, 1)
    axes.set_axis_off()
    axes.axvspan(0, seen.size, facecolor="none", edgecolor=style.QUIET, lw=0.8, clip_on=False)
    for record in seen.records[:_MAX_RECORDS]:
        color, hatch = _LOOKS[record.state]
        for begin, end in seen.spans(record.position, record.total):
            axes.axvspan(begin, end, facecolor=color, edgecolor=style.PAPER, hatch=hatch, lw=0.5, zorder=2)
    for begin, end in seen.spans(seen.consumer, seen.reachable_bytes):
        axes.plot([begin, end], [-0.16, -0.16], color=style.INK, lw=1.6, solid_capstyle="butt", clip_on=False)
    axes.annotate(
        style.text(f"{number}. {step.name}", 60), (0, 1), (0, 13), xycoords="axes fraction",
        textcoords="offset points", fontsize=8.5, fontweight="bold", va="bottom",
    )  # fmt: skip
    axes.annotate(
        _summary(step), (1, 1), (0, 13), xycoords="axes fraction", textcoords="offset points", fontsize=7.5,
        ha="right", va="bottom", color=style.QUIET,
    )  # fmt: skip
    marks = sorted((p % seen.size, f"{who} {p:,}") for who, p in (("C", seen.consumer), ("P", seen.producer)))
    if marks[1][0] - marks[0][0] < _CLOSE * seen.size:
        marks = [(marks[0][0], ", ".join(label for _, label in marks)), (marks[1][0], "")]
    for place, label in marks:
        _mark(axes, label, place, seen.size)


def _mark(axes: Axes, label: str, place: int, size: int) -> None:
    axes.plot([place, place], [0, 1.18], color=style.INK, lw=1.1, clip_on=False, zorder=3)
    right = place < size * 0.8
    axes.annotate(
        label, (place, 1.0), (3 if right else -3, 3), textcoords="offset points", fontsize=7,
        ha="left" if right else "right", va="bottom", annotation_clip=False,
    )  # fmt: skip


def _keys() -> list[Line2D]:
    return [
        Line2D([], [], ls="", marker="s", ms=7, color=color, label=state, mec=style.QUIET, mew=0.5)
        for state, (color, _) in _LOOKS.items()
    ]
