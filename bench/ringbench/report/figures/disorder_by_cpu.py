"""Figure: which CPU's events came late, and after whose: a map of pairs, for two CPUs or for hundreds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.text import together, where
from ringbench.analysis.quantities import number
from ringbench.analysis.view import SessionView, shown
from ringbench.report.figures import style
from ringbench.report.figures.axis import ticks
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind
from ringbench.report.figures.style import Sheet

_SIDE, _ASIDE, _GAP, _HEAD, _AXIS = 2.9, 0.62, 0.55, 0.3, 0.5
_NUMBERED = 8
"""CPUs up to which each field has room for its number."""
_FIELDS = 128
"""Fields along a side at most: more CPUs share one."""


def draw(view: SessionView) -> Figure | None:
    """Draw a map for each of two recordings, the transports of one trial where there are; None without late events."""
    chosen = _chosen(view)
    if not chosen:
        return None
    sheet = Sheet(
        view,
        _title(chosen),
        where(chosen[0]),
        body=_HEAD + _SIDE + _AXIS,
        note=_note(chosen),
    )
    most = max(int(_map(each)[0].max()) for each in chosen)
    with style.looks():
        for place, each in enumerate(chosen):
            left = _ASIDE + place * (_SIDE + _GAP + 0.1)
            _panel(sheet.panel(_HEAD, _SIDE, left, style.WIDTH - left - _SIDE), each, most)
    return sheet.figure


def alt(view: SessionView) -> str:
    """Say the pair with most late events, and how many pairs have any."""
    return " ".join(
        f"{shown(each.order.transport)}: {len(each.order.by_pair or ()):,} pairs of CPUs have late events; most, "
        f"{number(pair.late_events)}, are of CPU {pair.cpu} after one of CPU {pair.ahead_cpu}."
        for each in _chosen(view)
        for pair in (each.order.by_pair or ())[:1]
    )


def data(view: SessionView) -> Table:
    """Return every pair of CPUs that has late events."""
    return [
        {
            "transport": shown(each.order.transport),
            "late event of CPU": pair.cpu,
            "after one of CPU": pair.ahead_cpu,
            "late events": pair.late_events,
        }
        for each in _chosen(view)
        for pair in each.order.by_pair or ()
    ]


def _chosen(view: SessionView) -> list[Surveyed]:
    return together(each for each in view.orders if each.order.by_pair)


def _map(each: Surveyed) -> tuple[npt.NDArray[np.int64], int]:
    """Return late events by the event's CPU and that of the one it came after (shape n × n), and CPUs a field."""
    pairs = each.order.by_pair or ()
    cpus = max((max(pair.cpu, pair.ahead_cpu) for pair in pairs), default=0) + 1
    cpus = max(cpus, each.order.cpus)
    share = -(-cpus // _FIELDS)
    found = np.zeros((-(-cpus // share),) * 2, np.int64)
    for pair in pairs:
        found[pair.cpu // share, pair.ahead_cpu // share] += pair.late_events
    return found, share


def _title(chosen: list[Surveyed]) -> str:
    told = []
    for each in chosen:
        own = sum(pair.late_events for pair in each.order.by_pair or () if pair.cpu == pair.ahead_cpu)
        apart = each.order.delivered.late_events - own
        told.append(f"{number(apart)} of {number(apart + own)} with {shown(each.order.transport)}")
    return f"Late events that came after one of another CPU: {', '.join(told)}"


def _note(chosen: list[Surveyed]) -> str:
    share = max(_map(each)[1] for each in chosen)
    several = f" A field is {share} CPUs on each side." if share > 1 else ""
    return f"Darker: more late events, on one logarithmic scale for all panels. First repeat alone.{several}"


def _panel(axes: Axes, each: Surveyed, most: int) -> None:
    found, share = _map(each)
    n = len(found)
    shown_map = np.ma.masked_equal(found, 0)
    axes.imshow(
        shown_map, cmap="Blues", norm=LogNorm(vmin=0.5, vmax=max(2, most)), aspect="equal", interpolation="nearest"
    )
    step = max(1, -(-n // 8))
    places = list(range(0, n, step))
    labels = [str(place * share) for place in places]
    ticks(axes.xaxis, places, labels)
    ticks(axes.yaxis, places, labels)
    axes.set_title(style.text(each.order.transport, 40), loc="left", fontsize=9, fontweight="bold")
    axes.set_xlabel("came after an event of CPU", fontsize=8.5)
    axes.set_ylabel("late event of CPU", fontsize=8.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    if n <= _NUMBERED:
        for row, column in np.ndindex(n, n):
            value = int(found[row, column])
            color = style.PAPER if value > most**0.6 else style.INK
            axes.text(column, row, number(value), ha="center", va="center", fontsize=8, color=color)


FIGURE = FigureKind(
    "disorder_by_cpu",
    "wait",
    draw,
    alt,
    "A row is the CPU of events that came late, a column the CPU of the newest event delivered before. A reader that "
    "drains rings in turn makes one triangle dark: CPUs that it reads later are late after those that it reads first. "
    "It does not show how many events a CPU had in all.",
    data,
)
