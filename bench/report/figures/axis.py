"""Axes that don't exaggerate: from zero where they are linear, said to be logarithmic where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

from bench.report.quantities import amount, number, scale

_WIDE = 25
"""Above this ratio of the largest to the smallest figure, a linear axis would hide the small ones."""
_TOO_MANY = 7
"""Ticks on a logarithmic axis: with more, only the powers of ten stay."""


def is_wide(values: Sequence[float]) -> bool:
    """Tell whether *values* ask for a logarithmic axis: all above zero, and far apart."""
    return bool(values) and min(values) > 0 and max(values) / min(values) > _WIDE


def linear_x(axes: Axes, values: Sequence[float], unit: str) -> str:
    """Set a linear x axis from zero for *values*; return the unit that its ticks are in."""
    low, high = min(0.0, *values), max(0.0, *values) or 1.0
    factor, shown = scale(unit, max(-low, high))
    places = [
        place * factor for place in MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low / factor, high / factor)
    ]
    edge = 0.03 * (high - low)
    axes.set_xlim(low - edge if low < 0 else 0, high + edge)
    places = [place for place in places if low - edge <= place <= high + edge]
    ticks(axes.xaxis, places, [number(place / factor) for place in places])
    return shown


def logarithmic_x(axes: Axes, values: Sequence[float], unit: str) -> str:
    """Set a logarithmic x axis for *values*, all above zero; its ticks carry their units. Return what to call it."""
    steps = [m * 10.0**p for p in range(*_decades(values)) for m in (1, 2, 5)]
    low = max(step for step in steps if step <= min(values))
    high = min(step for step in steps if step >= max(values))
    axes.set_xscale("log")
    axes.set_xlim(low / 1.1, high * 1.1)
    places = [step for step in steps if low <= step <= high]
    if len(places) > _TOO_MANY:
        places = [place for place in places if math.log10(place).is_integer()]
    ticks(axes.xaxis, places, [amount(place, unit) for place in places])
    between = [m * 10.0**p for p in range(*_decades(values)) for m in range(2, 10)]
    axes.set_xticks([place for place in between if low <= place <= high], minor=True)
    axes.xaxis.set_minor_formatter(NullFormatter())
    return "logarithmic scale"


def ticks(axis: Axis, places: Sequence[float], labels: Sequence[str]) -> None:
    """Put exactly these ticks on *axis*, with these labels."""
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter(list(labels)))
    axis.set_minor_locator(NullLocator())


def _decades(values: Sequence[float]) -> tuple[int, int]:
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1
