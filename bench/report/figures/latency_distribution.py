"""Figure: the whole distribution of latency, by wake-up policy, reader and load."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.order.survey import Surveyed
from bench.report.figures.axis import logarithmic_x, logarithmic_y
from bench.report.figures.curves import Curve, curves, sheet
from bench.report.figures.figure import FigureKind
from bench.report.orders.words import where
from bench.report.quantities import amount
from bench.report.view import SessionView, shown

_BODY = 2.9
"""Height of the panel, in inches."""


def draw(view: SessionView) -> Figure | None:
    """Draw a curve for each recording; None where there is none."""
    note = "Markers: 50, 90, 99 and 99.9 of a hundred events arrived at least that soon. First repeats alone."
    return sheet(view, _timed(view), _title, _panel, body=_BODY, note=note)


def alt(view: SessionView) -> str:
    """Say the quantiles."""
    return " ".join(_quantiles(curve) for curve in curves(_timed(view)))


def _timed(view: SessionView) -> list[Surveyed]:
    return [each for each in view.orders if any(value > 0 for value, _ in each.order.delivered.latency.counts)]


def _quantiles(curve: Curve) -> str:
    latency, name = curve.surveyed.order.delivered.latency, shown(curve.surveyed.order.transport)
    parts = ((latency.p50, "p50"), (latency.p99, "p99"), (latency.p999, "p99.9"), (latency.max, "at most"))
    told = ", ".join(f"{what} {amount(value, 'ns')}" for value, what in parts)
    return f"{name} ({where(curve.surveyed)}): {told}."


def _title(drawn: list[Curve]) -> str:
    medians = [(curve.surveyed.order.delivered.latency.p50 or 0, curve) for curve in drawn]
    ends = min(medians, key=lambda end: end[0])[0], max(medians, key=lambda end: end[0])[0]
    return f"Half of the events arrive within {amount(ends[0], 'ns')} to {amount(ends[1], 'ns')}, by setting"


def _panel(axes: Axes, drawn: list[Curve]) -> None:
    times: list[float] = []
    shares: list[float] = []
    for curve in drawn:
        latency = curve.surveyed.order.delivered.latency
        counts = [(value, n) for value, n in latency.counts if value > 0]
        total = left = sum(n for _, n in latency.counts)
        x, y = [], []
        for value, n in counts:
            left -= n
            if left > 0:
                x.append(float(value))
                y.append(left / total)
        axes.plot(x, y, color=curve.color, ls=curve.dashes, lw=1.4)
        for at, share in ((latency.p50, 0.5), (latency.p90, 0.1), (latency.p99, 0.01), (latency.p999, 0.001)):
            if at is not None and at > 0:
                axes.plot([at], [share], curve.marker, color=curve.color, ms=4)
                times.append(at)
                shares.append(share)
        times += x
        shares += y
    said = logarithmic_x(axes, times, "ns")
    logarithmic_y(axes, shares, "")
    axes.grid()
    axes.set_axisbelow(True)
    axes.set_xlabel(f"From stamp to reader ({said})", fontsize=8.5)
    axes.set_ylabel("Share of events that took longer", fontsize=8.5)


FIGURE = FigureKind(
    "latency_distribution",
    "wait",
    draw,
    alt,
    "Further left is quicker; each step down is a rarer delay. The stamp is taken when the event happens, so waiting "
    "for the reader is in it. A reader on a timer adds up to its interval, which is its choice and not the "
    "transport's. Lines of one colour differ in their setting: only lines of one setting compare transports.",
)
