"""Axes that don't exaggerate: from zero where they are linear, said to be logarithmic where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

from ringbench.analysis.quantities import amount, number, scale, size

_WIDE = 25
"""Above this ratio of the largest to the smallest figure, a linear axis would hide the small ones."""
_TOO_MANY = 7
"""Ticks on a logarithmic axis: with more, only powers of ten stay."""
_ROOMY = 6
"""Steps on a linear axis that has room."""
_MARGIN = 0.7
"""Beside the smallest and the largest size, in doublings of the size."""
_EDGE = 0.26
"""The least of it in inches: marks stand beside each other there."""
_TICK = 0.58
"""Room that a size needs as a label, in inches."""


def is_wide(values: Sequence[float]) -> bool:
    """Tell whether *values* ask for a logarithmic axis: all above zero, and far apart."""
    return bool(values) and min(values) > 0 and max(values) / min(values) > _WIDE


def linear_x(axes: Axes, values: Sequence[float], unit: str, steps: int = _ROOMY) -> str:
    """Set a linear x axis from zero for *values*, of about *steps* ticks; return the unit that its ticks are in."""
    low, high, places, labels, shown = _linear(values, unit, steps)
    axes.set_xlim(low, high)
    ticks(axes.xaxis, places, labels)
    return shown


def linear_y(axes: Axes, values: Sequence[float], unit: str) -> str:
    """Set a linear y axis from zero, as :func:`linear_x` does for x."""
    low, high, places, labels, shown = _linear(values, unit, _ROOMY)
    axes.set_ylim(low, high)
    ticks(axes.yaxis, places, labels)
    return shown


def logarithmic_x(axes: Axes, values: Sequence[float], unit: str, most: int = _TOO_MANY) -> str:
    """Set a logarithmic x axis for *values*, all above zero, of at most *most* ticks: else some powers of ten.

    The ticks carry their units. Return what to call it.
    """
    low, high, places, between = _logarithmic(values, most)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.1, high * 1.1)
    ticks(axes.xaxis, places, [amount(place, unit) for place in places])
    axes.set_xticks(between, minor=True)
    axes.xaxis.set_minor_formatter(NullFormatter())
    return "logarithmic scale"


def logarithmic_y(axes: Axes, values: Sequence[float], unit: str) -> str:
    """Set a logarithmic y axis, as :func:`logarithmic_x` does for x."""
    low, high, places, between = _logarithmic(values, _TOO_MANY)
    axes.set_yscale("log")
    axes.set_ylim(low / 1.1, high * 1.1)
    ticks(axes.yaxis, places, [amount(place, unit) for place in places])
    axes.set_yticks(between, minor=True)
    axes.yaxis.set_minor_formatter(NullFormatter())
    return "logarithmic scale"


def doublings_x(axes: Axes, sizes: Sequence[float], wide: float) -> float:
    """Set an x axis on which each doubling of bytes is a step; return the inches that a step has of the *wide* ones.

    A size's place is its logarithm to base 2.
    """
    places = sorted({math.log2(nbytes) for nbytes in sizes})
    span = places[-1] - places[0]
    margin = max(_MARGIN, span * _EDGE / (wide - 2 * _EDGE))
    axes.set_xlim(places[0] - margin, places[-1] + margin)
    inches = wide / (span + 2 * margin)
    shown = _with_room(places, inches)
    ticks(axes.xaxis, shown, [size(2**place) for place in shown])
    return inches


def ticks(axis: Axis, places: Sequence[float], labels: Sequence[str]) -> None:
    """Put exactly these ticks on *axis*, with these labels."""
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter(list(labels)))
    axis.set_minor_locator(NullLocator())


def _linear(values: Sequence[float], unit: str, steps: int) -> tuple[float, float, list[float], list[str], str]:
    """Return both ends of a linear axis, its ticks, their labels, and the unit that these are in."""
    low, high = min(0.0, *values), max(0.0, *values) or 1.0
    factor, shown = scale(unit, max(-low, high))
    locator = MaxNLocator(steps, steps=[1, 2, 2.5, 5, 10])
    places = [place * factor for place in locator.tick_values(low / factor, high / factor)]
    edge = 0.03 * (high - low)
    places = [place for place in places if low - edge <= place <= high + edge]
    return low - edge if low < 0 else 0, high + edge, places, [number(place / factor) for place in places], shown


def _logarithmic(values: Sequence[float], most: int) -> tuple[float, float, list[float], list[float]]:
    """Return both ends of a logarithmic axis, its ticks, and the smaller ones between them."""
    steps = [m * 10.0**p for p in range(*_decades(values)) for m in (1, 2, 5)]
    low = max(step for step in steps if step <= min(values))
    high = min(step for step in steps if step >= max(values))
    places = [step for step in steps if low <= step <= high]
    if len(places) > most:
        places = [place for place in places if math.log10(place).is_integer()]
        places = places[:: -(-len(places) // most)]
    between = [m * 10.0**p for p in range(*_decades(values)) for m in range(2, 10)]
    return low, high, places, [place for place in between if low <= place <= high]


def _decades(values: Sequence[float]) -> tuple[int, int]:
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1


def _with_room(places: Sequence[float], inches: float) -> list[float]:
    """Return those of *places* that a label fits beside; a unit is *inches* long."""
    kept: list[float] = []
    for place in places:
        if not kept or (place - kept[-1]) * inches >= _TICK:
            kept.append(place)
    return kept
