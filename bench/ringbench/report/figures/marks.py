"""The marks of every figure: a median with its interval, and the repeats beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ringbench.analysis.cells import median_of
from ringbench.analysis.quantities import estimate
from ringbench.data.stats.outliers import outliers
from ringbench.report.figures import style
from ringbench.report.figures.style import look
from ringbench.report.figures.svg import tip

_SIZE = 6.5


@dataclass(frozen=True)
class Mark:
    """What is drawn at one place."""

    transport: str
    values: Sequence[float]
    """One for each repeat."""
    label: str
    """Names the median's marker."""
    unit: str
    """As in :class:`ringbench.data.metrics.Column`."""

    @property
    def words(self) -> str:
        """Return what the page says of it under the pointer."""
        return f"{self.label}: {estimate(median_of(tuple(self.values)), self.unit)}, n = {len(self.values)}"


def point(axes: Axes, mark: Mark, place: float, *, aside: float, along_x: bool) -> None:
    """Draw the median of *mark* at *place* of the other axis, with its interval, and the repeats *aside* of it.

    Without values nothing is drawn; repeats that are all alike aren't drawn apart from their median. The median's
    marker is hollow where every value is 0.
    """
    values, figure, drawn = mark.values, median_of(tuple(mark.values)), look(mark.transport)
    if figure.value is None:
        return

    def plot(along: Sequence[float], across: float, marks: str, **looks: Any) -> None:
        other = [across] * len(along)
        pair = (along, other) if along_x else (other, along)
        (line,) = axes.plot(*pair, marks, color=drawn.color, clip_on=False, **looks)
        line.set_gid(tip(mark.words))

    if len(set(values)) > 1:
        plot(values, place + aside, drawn.marker, alpha=0.45, ms=3.5, mew=0)
        if far := [value for value, is_far in zip(values, outliers(values), strict=True) if is_far]:
            plot(far, place + aside, "o", mfc="none", ms=6, mew=0.7)
        if figure.low is not None and figure.high is not None:
            plot([figure.low, figure.high], place, "-", lw=2, solid_capstyle="butt")
    face = drawn.color if any(values) else style.PAPER
    plot([figure.value], place, drawn.marker, mfc=face, mec=drawn.color, ms=_SIZE, mew=1.4, zorder=3, label=mark.label)


def key(transport: str) -> Line2D:
    """Return a transport's entry in a legend."""
    drawn = look(transport)
    return Line2D([], [], ls="", color=drawn.color, marker=drawn.marker, ms=_SIZE, label=style.text(transport, 30))
