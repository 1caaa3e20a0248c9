"""Figure: how many events still come out of order, against how long they are held back."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.order.survey import Surveyed
from bench.report.figures.axis import logarithmic_x, logarithmic_y
from bench.report.figures.curves import Curve, curves, sheet
from bench.report.figures.figure import FigureKind
from bench.report.orders.words import answer
from bench.report.quantities import amount
from bench.report.view import SessionView, shown

_BODY = 2.9
"""Height of the panel, in inches."""


def draw(view: SessionView) -> Figure | None:
    """Draw a curve for each recording that has late events; None where none has."""
    note = "Markers: the shortest windows for 99 %, 99.9 %, 99.99 % and all events. First repeats alone."
    return sheet(view, _late(view), _title, _panel, body=_BODY, note=note)


def alt(view: SessionView) -> str:
    """Say each answer."""
    return " ".join(answer(curve.surveyed.order) for curve in curves(_late(view)))


def _late(view: SessionView) -> list[Surveyed]:
    return [each for each in view.orders if each.order.delivered.late_events]


def _title(drawn: list[Curve]) -> str:
    """Say the answer of the first trial shown: transports are compared in one setting only."""
    trial = drawn[0].surveyed.row and drawn[0].surveyed.row["trial"]
    first = [each.surveyed.order for each in drawn if (each.surveyed.row and each.surveyed.row["trial"]) == trial]
    told = [f"{shown(order.transport)} {amount(order.windows[-1].window_ns, 'ns')}" for order in first]
    return f"To get all events in order, hold them back: {', '.join(told)} in the setting named first"


def _panel(axes: Axes, drawn: list[Curve]) -> None:
    places: list[float] = []
    shares: list[float] = []
    for curve in drawn:
        order = curve.surveyed.order
        counts = [(value, n) for value, n in order.needed.counts if value]
        left = sum(n for _, n in counts)
        x, y = [1.0], [left / order.events]
        for value, n in counts:
            x += [value, value]
            y += [y[-1], (left - n) / order.events]
            left -= n
        x, y = x[:-1], y[:-1]  # the last step goes to none, which has no place on this axis
        axes.plot(x, y, color=curve.color, ls=curve.dashes, lw=1.4)
        for window in order.windows:
            if window.window_ns:
                share = max(window.late_events, 0.5) / order.events
                axes.plot([window.window_ns], [share], curve.marker, color=curve.color, ms=4, clip_on=False)
                shares.append(share)
                places.append(window.window_ns)
        places += x
        shares += y
    said = logarithmic_x(axes, places, "ns")
    logarithmic_y(axes, shares, "")
    axes.grid()
    axes.set_axisbelow(True)
    axes.set_xlabel(f"Held back for at least ({said})", fontsize=8.5)
    axes.set_ylabel("Share of events still out of order", fontsize=8.5)


FIGURE = FigureKind(
    "window",
    "wait",
    draw,
    alt,
    "Read from the left: without holding back, so many events are out of order; further right, what is left of them. "
    "Lower is better ordered, and a curve that falls sooner needs less waiting. A window of 1 ns means until the next "
    "event comes; the last marker of a curve, set half an event above the axis, is where nothing is left. It does not "
    "show what waiting costs in memory and latency: the tables below do.",
)
