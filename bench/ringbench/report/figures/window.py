"""Figure: how many events still come out of order, against how long they are held back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.text import answer, held
from ringbench.analysis.quantities import amount
from ringbench.analysis.view import SessionView
from ringbench.report.figures.axis import logarithmic_x, logarithmic_y
from ringbench.report.figures.curves import TICKS, Curve, Panel, curves, sheet, table, visible
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind


def draw(view: SessionView) -> Figure | None:
    """Draw a curve for each recording that has late events; None where none has."""
    note = "Markers: the shortest windows for 99 %, 99.9 %, 99.99 % and all events."
    return sheet(view, _late(view), _title, _plot, _scales, note=note)


def alt(view: SessionView) -> str:
    """Say each answer."""
    return " ".join(answer(curve.surveyed.order) for curve in curves(_late(view)))


def data(view: SessionView) -> Table:
    """Return the points of every curve, the last of which has none left."""
    return table(curves(_late(view)), "held back for ns", "share still out of order", _points)


def _points(curve: Curve) -> list[tuple[float, float]]:
    order = curve.surveyed.order
    counts = [(value, n) for value, n in order.needed.counts if value]
    left = sum(n for _, n in counts)
    points = [(1.0, left / order.events)]
    for value, n in counts:
        points += [(float(value), left / order.events), (float(value), (left - n) / order.events)]
        left -= n
    return [*visible(points[:-1]), points[-1]]


def _late(view: SessionView) -> list[Surveyed]:
    return [each for each in view.orders if each.order.delivered.late_events]


def _title(drawn: list[Panel]) -> str:
    """Say the answer of the first setting: transports are compared in one setting only."""
    told = [f"{curve.transport} {held(curve.surveyed.order.windows[-1])}" for curve in drawn[0]]
    where = " in the first setting" if len(drawn) > 1 else ""
    return f"To get all events in order, hold them back: {', '.join(told)}{where}"


def _plot(axes: Axes, panel: Panel) -> None:
    for curve in panel:
        points = _points(curve)[:-1]  # the last step goes to none, which has no place on this axis
        curve.draw(axes, [at for at, _ in points], [share for _, share in points])
        for at, share, name in _marked(curve):
            curve.mark(axes, at, share, f"{name} in order after {amount(at, 'ns')}")


def _scales(axes: Axes, drawn: Sequence[Curve]) -> None:
    every = [*chain(*(_points(curve)[:-1] for curve in drawn))]
    every += [(at, share) for curve in drawn for at, share, _ in _marked(curve)]
    said = logarithmic_x(axes, [at for at, _ in every], "ns", TICKS)
    logarithmic_y(axes, [share for _, share in every], "")
    axes.set_xlabel(f"held back for at least, {said}", fontsize=8.5)
    axes.set_ylabel("events still out of order", fontsize=8.5)


def _marked(curve: Curve) -> list[tuple[float, float, str]]:
    """Return length, share still out of order and name of each window; none left lies half an event above nothing."""
    order = curve.surveyed.order
    return [
        (float(window.window_ns), max(window.late_events, 0.5) / order.events, window.share)
        for window in order.windows
        if window.window_ns
    ]


FIGURE = FigureKind(
    "window",
    "wait",
    draw,
    alt,
    "Read from the left: without holding back, so many events are out of order; further right, what is left of them. "
    "Lower is better ordered, and a curve that falls sooner needs less waiting. A window of 1 ns means until the next "
    "event comes; the last marker of a curve, set half an event above the axis, is where nothing is left. It does not "
    "show what waiting costs in memory and latency: the tables below do.",
    data,
)
