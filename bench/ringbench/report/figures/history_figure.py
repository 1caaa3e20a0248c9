"""Figures over time, as small multiples: a panel for each series, its steps marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ringbench.analysis.history.series import Series
from ringbench.analysis.quantities import amount, count, scale
from ringbench.report.figures import style

_PANEL, _TITLE, _FOOT = 0.95, 0.42, 0.24
_LEFT, _RIGHT = 0.75, 1.0
CAPTION = (
    "Each point is the median of one session, its bar the 95 % interval, small points the repeats. Dashed vertical "
    "lines: steps of the level (an L1 fit of as few levels as the data ask for), with the change in words. Dotted: "
    "kernel, BCC, mitigations or the plan changed there, so figures before and after were not made under the same "
    "conditions. It does not show why."
)
_ROOM = 1.35
"""How far an axis goes above what it shows: room for the words of a step."""
_NAMED = 3
"""Boundaries whose change stands beside them; of more, the words would overlap. The figure in words has all."""
_WORSE, _BETTER = "#d55e00", "#0072b2"


def draw(series: Sequence[Series], title: str, foot: style.Signed) -> Figure | None:
    """Return a figure with a panel for each of *series*; None where there is none."""
    if not series:
        return None
    height = _TITLE + _PANEL + _FOOT
    sessions = max(len(each.moments) for each in series)
    sheet = style.Sheet(
        foot, title, f"{count(sessions, 'session')}, in the order of time.",
        body=height * len(series), note="Right: the last session's value. Each panel has an axis of its own, from 0.",
    )  # fmt: skip
    with style.looks():
        for place, each in enumerate(series):
            axes = sheet.panel(place * height + _TITLE, _PANEL, left=_LEFT, right=_RIGHT)
            _panel(axes, each)
    return sheet.figure


def words(series: Sequence[Series]) -> str:
    """Return what the figure shows, for who can't see it."""
    return " ".join(_words(each) for each in series)


def _words(series: Series) -> str:
    last = series.intervals[-1].value
    steps = ", ".join(series.words(step) for step in series.steps) or "none"
    changed = ", ".join(f"at {series.moments[p].label} ({', '.join(what)})" for p, what in series.boundaries)
    return (
        f"{series.column.title} ({series.where}): {count(len(series.moments), 'session')}, last "
        f"{amount(last, series.column.unit)}; steps: {steps}{'; conditions changed ' if changed else ''}{changed}."
    )


def _panel(axes: Axes, series: Series) -> None:
    look = style.look(series.transport.partition("~")[0])
    tops = [v for values in series.repeats for v in values]
    highest = max([*tops, *(i.high for i in series.intervals if i.high is not None)], default=0.0)
    factor, unit = scale(series.column.unit, highest)
    # From the sheet's left edge, over the axis' labels: a cell takes the whole width to name.
    lines: list[tuple[str, int, dict[str, Any]]] = [
        (style.text(series.column.title, 90), 15, {"fontsize": 8, "fontweight": "bold"}),
        (style.text(series.where, 136), 5, {"fontsize": 6.5, "color": style.QUIET}),
    ]
    for words, up, looks in lines:
        place = ((0.12 - _LEFT) * 72, up)
        axes.annotate(words, (0, 1), place, xycoords="axes fraction", textcoords="offset points", **looks)
    for x, (interval, values) in enumerate(zip(series.intervals, series.repeats, strict=True)):
        axes.plot([x] * len(values), [v / factor for v in values], ".", ms=2, color=look.color, alpha=0.35)
        if interval.low is not None and interval.high is not None:
            axes.plot([x, x], [interval.low / factor, interval.high / factor], color=look.color, lw=1.2)
    known = [(x, i.value / factor) for x, i in enumerate(series.intervals) if i.value is not None]
    axes.plot([x for x, _ in known], [y for _, y in known], "-", lw=0.6, color=look.color, alpha=0.6)
    axes.plot([x for x, _ in known], [y for _, y in known], look.marker, ms=3.5, color=look.color)
    _mark(axes, series)
    axes.set_ylim(0, _ROOM * highest / factor or 1.0)
    axes.set_xlim(-0.5, max(1, len(series.moments)) - 0.5)
    every = max(1, -(-len(series.moments) // 9))
    places = range(0, len(series.moments), every)
    axes.set_xticks(list(places), [style.text(series.moments[p].label, 12) for p in places], fontsize=6.5)
    axes.tick_params(axis="y", labelsize=6.5)
    axes.set_ylabel(unit or "share", fontsize=7)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    last = amount(series.intervals[-1].value, series.column.unit)
    axes.annotate(last, (1.01, 0.5), xycoords="axes fraction", fontsize=8, va="center", color=style.INK)


def _mark(axes: Axes, series: Series) -> None:
    for place, changes in series.boundaries:
        axes.axvline(place - 0.5, color=style.QUIET, lw=0.8, ls=":")
        if len(series.boundaries) <= _NAMED:
            more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
            _label(axes, series, place, style.text(changes[0], 40) + more, 0.0, style.QUIET, 6)
    for step in series.steps:
        color = _WORSE if series.is_worse(step) else _BETTER
        axes.axvline(step.place - 0.5, color=color, lw=1.1, ls="--")
        change = (
            f"{100 * (step.after / step.before - 1):+.1f} %" if step.before else amount(step.after, series.column.unit)
        )
        _label(axes, series, step.place, change, 1.0, color, 7)


def _label(axes: Axes, series: Series, place: int, words: str, y: float, color: str, size: float) -> None:
    """Put *words* beside the line at *place*, at the top (*y* 1) or the foot (0), on the side that has room."""
    right = place <= len(series.moments) / 2
    axes.annotate(
        words, (place - 0.5, y), xycoords=("data", "axes fraction"), xytext=(2 if right else -2, -2 if y else 3),
        textcoords="offset points", fontsize=size, ha="left" if right else "right", va="top" if y else "bottom",
        color=color,
    )  # fmt: skip
