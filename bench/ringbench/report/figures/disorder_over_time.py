"""Figure: late events over the time of a recording, where a burst of disorder is seen as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.quantities import amount, number
from ringbench.analysis.view import SessionView, shown
from ringbench.report.figures.axis import linear_x, linear_y
from ringbench.report.figures.curves import Curve, Panel, curves, sheet, table
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind

_FEWEST_SPANS = 3
_FEW = 60


def draw(view: SessionView) -> Figure | None:
    """Draw a line for each recording with late events that is long enough to have a course; None where none is."""
    note = "A point is the share of the events stamped in that span; spans without an event have none."
    return sheet(view, _long(view), _title, _plot, _scales, note=note)


def alt(view: SessionView) -> str:
    """Say the least and the most of each."""
    return " ".join(
        f"{shown(curve.surveyed.order.transport)}: {amount(min(shares), '')} to {amount(max(shares), '')} of the "
        f"events of a span of {number(curve.surveyed.order.span_s)} s are late."
        for curve in curves(_long(view))
        for shares in [[share for _, share in _shares(curve.surveyed)]]
    )


def data(view: SessionView) -> Table:
    """Return every point."""
    return table(curves(_long(view)), "seconds since the first stamp", "share late", lambda c: _shares(c.surveyed))


def _long(view: SessionView) -> list[Surveyed]:
    return [each for each in view.orders if each.order.delivered.late_events and len(_shares(each)) >= _FEWEST_SPANS]


def _shares(each: Surveyed) -> list[tuple[float, float]]:
    span = each.order.span_s
    return [
        ((place + 0.5) * span, group.late_events / group.events)
        for place, group in enumerate(each.order.by_span)
        if group.events
    ]


def _title(drawn: list[Panel]) -> str:
    every = [curve for panel in drawn for curve in panel]
    most = max((share, curve.transport) for curve in every for _, share in _shares(curve.surveyed))
    return f"At worst {amount(most[0], '')} of the events of a moment came late ({most[1]})"


def _plot(axes: Axes, panel: Panel) -> None:
    for curve in panel:
        points = _shares(curve.surveyed)
        # A thousand points are a band: markers only where there is room for them.
        curve.draw(axes, [1e9 * at for at, _ in points], [share for _, share in points], marked=len(points) <= _FEW)


def _scales(axes: Axes, drawn: Sequence[Curve]) -> None:
    every = [*chain(*(_shares(curve.surveyed) for curve in drawn))]
    unit = linear_x(axes, [1e9 * at for at, _ in every], "ns")
    linear_y(axes, [share for _, share in every], "")
    axes.set_xlabel(f"since the first stamp, {unit}", fontsize=8.5)
    axes.set_ylabel("late events, %", fontsize=8.5)


FIGURE = FigureKind(
    "disorder_over_time",
    "wait",
    draw,
    alt,
    "Even lines are disorder that goes with the way of reading; a peak is a burst of it, as when a CPU or the reader "
    "was taken away for a while. Lower is better ordered. It does not show how late they were.",
    data,
)
