"""Figures over time, as small multiples: a panel for each series, its steps marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.history.series import Series
from bench.report import style
from bench.report.quantities import amount, count, scale

_PANEL, _TITLE, _FOOT = 1.0, 0.36, 0.34
_LEFT, _RIGHT = 0.75, 1.0
CAPTION = (
    "Each point is the median of one session, its bar the 95 % interval, small points the repeats. Dashed vertical "
    "lines: steps of the level (an L1 fit of as few levels as the data ask for), with the change in words. Dotted: "
    "kernel or BCC changed there, so figures before and after were not made under the same conditions. It does not "
    "show why."
)
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
    return (
        f"{series.column.title} ({series.where}): {count(len(series.moments), 'session')}, last "
        f"{amount(last, series.column.unit)}; steps: {steps}."
    )


def _panel(axes: Axes, series: Series) -> None:
    look = style.look(series.transport.partition("~")[0])
    highest = max([v for values in series.repeats for v in values], default=0.0)
    factor, unit = scale(series.column.unit, highest)
    axes.set_title(
        style.text(f"{series.column.title}: {series.where}", 118), loc="left", fontsize=7.5, pad=4, color=style.INK
    )
    for x, (interval, values) in enumerate(zip(series.intervals, series.repeats, strict=True)):
        axes.plot([x] * len(values), [v / factor for v in values], ".", ms=2, color=look.color, alpha=0.35)
        if interval.low is not None and interval.high is not None:
            axes.plot([x, x], [interval.low / factor, interval.high / factor], color=look.color, lw=1.2)
    known = [(x, i.value / factor) for x, i in enumerate(series.intervals) if i.value is not None]
    axes.plot([x for x, _ in known], [y for _, y in known], "-", lw=0.6, color=look.color, alpha=0.6)
    axes.plot([x for x, _ in known], [y for _, y in known], look.marker, ms=3.5, color=look.color)
    _mark(axes, series)
    axes.set_ylim(bottom=0)
    axes.margins(y=0.2)
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
    for place, (before, after) in enumerate(pairwise(series.moments), start=1):
        if before.conditions != after.conditions:
            axes.axvline(place - 0.5, color=style.QUIET, lw=0.8, ls=":")
    for step in series.steps:
        color = _WORSE if series.is_worse(step) else _BETTER
        axes.axvline(step.place - 0.5, color=color, lw=1.1, ls="--")
        change = (
            f"{100 * (step.after / step.before - 1):+.1f} %" if step.before else amount(step.after, series.column.unit)
        )
        axes.annotate(
            change, (step.place - 0.5, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -2),
            textcoords="offset points", fontsize=7, va="top", color=color,
        )  # fmt: skip
