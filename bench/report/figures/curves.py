"""What figures with a curve for each recording share: which are shown, how they look, and the sheet they are on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.order.survey import Surveyed
from bench.report import style
from bench.report.orders.words import told
from bench.report.setting import Setting
from bench.report.style import Sheet
from bench.report.view import SessionView, shown

MOST = 8
"""Curves that a panel has room for."""
_DASHES = ("-", "--", ":", "-.")
_LINE, _AXIS, _LEFT = 0.19, 0.5, 0.95
"""Heights of a line of the key and of the axis's words, and the margin left of the panel, in inches."""


@dataclass(frozen=True)
class Curve:
    """One recording as a curve: a transport's colour, and dashes that tell its settings apart."""

    surveyed: Surveyed
    alike: int = 0
    """How many curves of the same transport come before."""

    @property
    def color(self) -> str:
        """Return its transport's colour."""
        return style.look(self.surveyed.order.transport).color

    @property
    def marker(self) -> str:
        """Return its transport's marker."""
        return style.look(self.surveyed.order.transport).marker

    @property
    def dashes(self) -> str:
        """Return the dashes of its line."""
        return _DASHES[self.alike % len(_DASHES)]

    @property
    def words(self) -> str:
        """Return what it is: transport, reader, wake-ups, load."""
        row, name = self.surveyed.row, shown(self.surveyed.order.transport)
        return name if row is None else f"{name}: {Setting.of(row).words()}"


def curves(surveyed: Sequence[Surveyed]) -> list[Curve]:
    """Return a curve for each of the first few recordings, paired trials without a loss before others."""
    chosen = told(list(surveyed), MOST)
    names = [each.order.transport for each in chosen]
    return [Curve(each, names[:number].count(each.order.transport)) for number, each in enumerate(chosen)]


def sheet(
    view: SessionView,
    surveyed: Sequence[Surveyed],
    title: Callable[[list[Curve]], str],
    panel: Callable[[Axes, list[Curve]], None],
    *,
    body: float,
    note: str,
) -> Figure | None:
    """Draw one *panel*, *body* inches high, of the first few of *surveyed*, with their key above; None without any."""
    drawn = curves(surveyed)
    if not drawn:
        return None
    more = f" {len(surveyed) - len(drawn)} more had no room here." if len(surveyed) > len(drawn) else ""
    subtitle = f"A line for each recording, the first repeat of its setting.{more}"
    above = _LINE * len(drawn) + 0.08
    made = Sheet(view, title(drawn), subtitle, body=above + body + _AXIS, note=note)
    with style.looks():
        panel(made.panel(above, body, _LEFT), drawn)
        _key(made, drawn)
    return made.figure


def _key(made: Sheet, drawn: Sequence[Curve]) -> None:
    """Write what each line is, one below the other, above the panel."""
    for number, curve in enumerate(drawn):
        y = (made.top - _LINE * (number + 0.5)) / made.height
        line = Line2D(
            [0.03, 0.09], [y, y], color=curve.color, ls=curve.dashes, lw=1.4, transform=made.figure.transFigure
        )
        mark = Line2D(
            [0.06], [y], color=curve.color, marker=curve.marker, ms=4, ls="", transform=made.figure.transFigure
        )
        made.figure.add_artist(line)
        made.figure.add_artist(mark)
        made.figure.text(0.105, y, style.text(curve.words, 116), va="center", fontsize=7.5)
