"""Figure: the whole distribution of latency, by wake-up policy, reader and load."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.text import where
from ringbench.analysis.quantities import amount
from ringbench.analysis.view import SessionView, shown
from ringbench.data.order.distribution import Spread
from ringbench.report.figures import style
from ringbench.report.figures.axis import logarithmic_x, logarithmic_y
from ringbench.report.figures.curves import TICKS, Curve, Panel, curves, sheet, table, visible
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind

_NAMED = (("p50", 0.5), ("p90", 0.1), ("p99", 0.01), ("p99.9", 0.001))
"""Percentiles, and the share of events that took longer."""


def draw(view: SessionView) -> Figure | None:
    """Draw a curve for each recording; None where there is none."""
    note = "Markers: the percentiles named at the left; of 100 events, 99 arrived by p99."
    return sheet(view, _timed(view), _title, _plot, _scales, note=note)


def alt(view: SessionView) -> str:
    """Say the quantiles."""
    return " ".join(_quantiles(curve) for curve in curves(_timed(view)))


def data(view: SessionView) -> Table:
    """Return the points of every curve."""
    return table(curves(_timed(view)), "ns from stamp to reader", "share that took longer", _points)


def _points(curve: Curve) -> list[tuple[float, float]]:
    counts = [(value, n) for value, n in curve.surveyed.order.delivered.latency.counts if value > 0]
    total = left = sum(n for _, n in curve.surveyed.order.delivered.latency.counts)
    points = []
    for value, n in counts:
        left -= n
        if left > 0:
            points.append((float(value), left / total))
    return visible(points)


def _timed(view: SessionView) -> list[Surveyed]:
    return [each for each in view.orders if any(value > 0 for value, _ in each.order.delivered.latency.counts)]


def _quantiles(curve: Curve) -> str:
    latency, name = curve.surveyed.order.delivered.latency, shown(curve.surveyed.order.transport)
    parts = ((latency.p50, "p50"), (latency.p99, "p99"), (latency.p999, "p99.9"), (latency.max, "at most"))
    told = ", ".join(f"{what} {amount(value, 'ns')}" for value, what in parts)
    return f"{name} ({where(curve.surveyed)}): {told}."


def _title(drawn: list[Panel]) -> str:
    """Say the medians of the first setting, and between which all lie."""
    told = [f"{curve.transport} {amount(_latency(curve).p50, 'ns')}" for curve in drawn[0]]
    medians = [_latency(curve).p50 or 0 for panel in drawn for curve in panel]
    every = f"; over all settings {amount(min(medians), 'ns')} to {amount(max(medians), 'ns')}"
    more = f" in the first setting{every}" if len(drawn) > 1 else ""
    return f"Half of the events arrive within: {', '.join(told)}{more}"


def _plot(axes: Axes, panel: Panel) -> None:
    for curve in panel:
        points = _points(curve)
        curve.draw(axes, [at for at, _ in points], [share for _, share in points])
        for name, share, at in _marked(curve):
            curve.mark(axes, at, share, f"{name} {amount(at, 'ns')}")


def _scales(axes: Axes, drawn: Sequence[Curve]) -> None:
    every = [*chain(*(_points(curve) for curve in drawn))]
    every += [(at, share) for curve in drawn for _, share, at in _marked(curve)]
    said = logarithmic_x(axes, [at for at, _ in every], "ns", TICKS)
    logarithmic_y(axes, [share for _, share in every], "")
    for name, share in _NAMED:
        axes.annotate(
            name, (0, share), (3, 1.5), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
            fontsize=7.5, color=style.QUIET,
        )  # fmt: skip
    axes.set_xlabel(f"from stamp to reader, {said}", fontsize=8.5)
    axes.set_ylabel("events that took longer", fontsize=8.5)


def _marked(curve: Curve) -> list[tuple[str, float, float]]:
    """Return the name, the share that took longer, and the time of each percentile that there is."""
    latency = _latency(curve)
    times = (latency.p50, latency.p90, latency.p99, latency.p999)
    return [(name, share, float(at)) for (name, share), at in zip(_NAMED, times, strict=True) if at and at > 0]


def _latency(curve: Curve) -> Spread:
    return curve.surveyed.order.delivered.latency


FIGURE = FigureKind(
    "latency_distribution",
    "wait",
    draw,
    alt,
    "Further left is quicker; each step down is a rarer delay. The stamp is taken when the event happens, so waiting "
    "for the reader is in it. A reader on a timer adds up to its interval, which is its choice and not the "
    "transport's. It does not show how rare delays are beyond what this many events can tell.",
    data,
)
