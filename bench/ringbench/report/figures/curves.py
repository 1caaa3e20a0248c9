"""What figures with a curve for each recording share: a panel for each setting, a curve for each transport."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.quantities import amount, count
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView, order_of, shown
from ringbench.report.figures import style
from ringbench.report.figures.data import Table
from ringbench.report.figures.multiples import MOST, Multiples
from ringbench.report.figures.style import Sheet, look
from ringbench.report.figures.svg import tip
from ringbench.spec.transport import Look

TICKS = 5
"""What a panel's time axis has room for."""

_APART = math.log(1.03)


@dataclass(frozen=True)
class Curve:
    """One recording as a curve."""

    surveyed: Surveyed

    @property
    def transport(self) -> str:
        """Return its transport's name, fit to be shown."""
        return shown(self.surveyed.order.transport)

    @property
    def trial(self) -> str:
        """Return its trial, of which the page's account has the setting; '' for a recording without one."""
        return "" if self.surveyed.row is None else shown(self.surveyed.row["trial"])

    @property
    def setting(self) -> Setting | None:
        """Return its setting; None for a recording without a trial."""
        return None if self.surveyed.row is None else Setting.of(self.surveyed.row)

    @property
    def look(self) -> Look:
        """Return how its transport is drawn."""
        return look(self.surveyed.order.transport)

    @property
    def words(self) -> str:
        """Return what it is: transport, reader, wake-ups, load."""
        return f"{self.transport}: {self.setting.words()}" if self.setting else self.transport

    def draw(self, axes: Axes, x: Sequence[float], y: Sequence[float], *, marked: bool = False) -> None:
        """Draw it through the points *x*, *y*, which carry markers if *marked*."""
        (line,) = axes.plot(
            x, y, color=self.look.color, ls=self.look.dashes, lw=1.4, marker=self.look.marker if marked else "", ms=3
        )
        line.set_gid(tip(self.words))

    def mark(self, axes: Axes, x: float, y: float, words: str) -> None:
        """Draw a marker that says *words* under the pointer."""
        # Hollow: transports that agree don't cover each other.
        (point,) = axes.plot(
            [x], [y], self.look.marker, mec=self.look.color, mfc="none", ms=4.5, mew=1.1, clip_on=False
        )
        point.set_gid(tip(f"{self.transport}: {words}"))


Panel = Sequence[Curve]
"""Curves of one setting."""


def panels(surveyed: Iterable[Surveyed]) -> list[Panel]:
    """Return each transport's first repeat by setting: settings with several first, paired trials first."""
    found: dict[Setting | None, dict[str, Curve]] = {}
    for each in surveyed:
        curve = Curve(each)
        found.setdefault(curve.setting, {}).setdefault(curve.transport, curve)
    every = [sorted(curves.values(), key=lambda c: order_of(c.transport)) for curves in found.values()]

    def preference(panel: Panel) -> tuple[object, ...]:
        setting = panel[0].setting
        return (len(panel) == 1, *((not setting.paired, *setting.preference) if setting else ()))

    return sorted(every, key=preference)


def curves(surveyed: Iterable[Surveyed]) -> list[Curve]:
    """Return those that are drawn, panel by panel."""
    return list(chain(*panels(surveyed)[:MOST]))


def visible(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return *points* (above 0, in the order of a curve) without those that lie within 3 % of the last one in both.

    On two logarithmic axes nobody sees them, and a page has to carry them. The first and the last are kept.
    """
    kept = list(points[:1])
    for x, y in points[1:-1]:
        if max(abs(math.log(x / kept[-1][0])), abs(math.log(y / kept[-1][1]))) >= _APART:
            kept.append((x, y))
    return kept + list(points[1:][-1:])


def table(drawn: Sequence[Curve], x: str, y: str, points: Callable[[Curve], Iterable[tuple[float, float]]]) -> Table:
    """Return the *points* of each curve, with names for both numbers."""
    return [
        {"transport": curve.transport, "trial": curve.trial, x: at, y: share}
        for curve in drawn
        for at, share in points(curve)
    ]


def sheet(
    view: SessionView,
    surveyed: Sequence[Surveyed],
    title: Callable[[list[Panel]], str],
    plot: Callable[[Axes, Panel], None],
    scales: Callable[[Axes, Sequence[Curve]], None],
    *,
    note: str,
) -> Figure | None:
    """Draw a panel for each setting, all on the scales of all that is drawn; None without a recording."""
    every = panels(surveyed)
    if not every:
        return None
    kept = every[:MOST]
    drawn = list(chain(*kept))
    many = Multiples([panel[0].setting for panel in kept], sized=True)
    made = Sheet(view, title(kept), _subtitle(every, kept), body=many.body, note=f"{note} First repeats alone.")
    with style.looks():
        for place, panel in enumerate(kept):
            axes = many.axes(made, place)
            plot(axes, panel)
            scales(axes, drawn)
            axes.grid()
            axes.set_axisbelow(True)
            if not many.is_left(place):
                axes.tick_params(labelleft=False)
                axes.set_ylabel("")
        made.legend([_key(name) for name in sorted({curve.transport for curve in drawn}, key=order_of)])
    return made.figure


def _subtitle(every: Sequence[Panel], kept: Sequence[Panel]) -> str:
    lost = dict.fromkeys(
        f"{curve.transport} lost {amount(row['failed'] / row['attempted'], '')} with {amount(asked, 'bytes')}"
        for curve in chain(*kept)
        if (row := curve.surveyed.row) and row["failed"] and row["attempted"]
        for asked in [row["asked_bytes"] or row["buffer_bytes"]]
    )
    more = f" {count(len(every) - len(kept), 'more setting')} had no room here." if len(every) > len(kept) else ""
    missing = f" Without events that were lost: {', '.join(lost)}." if lost else ""
    return f"A panel for each setting, a line for each transport; all panels have the same scales.{more}{missing}"


def _key(transport: str) -> Line2D:
    drawn = look(transport)
    return Line2D(
        [], [], ls=drawn.dashes, color=drawn.color, marker=drawn.marker, ms=4, lw=1.4, label=style.text(transport, 30)
    )
