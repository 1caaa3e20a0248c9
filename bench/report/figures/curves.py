"""What figures with a curve for each recording share: which are shown, how they look, and their key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.lines import Line2D

from bench.order.survey import Surveyed
from bench.report import style
from bench.report.orders.words import told
from bench.report.setting import Setting
from bench.report.style import Sheet
from bench.report.view import shown

MOST = 8
"""Curves that a panel has room for."""
_DASHES = ("-", "--", ":", "-.")
_LINE = 0.19


@dataclass(frozen=True)
class Curve:
    """One recording as a curve: a transport's colour, and dashes that tell its settings apart."""

    surveyed: Surveyed
    number: int
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
    return [Curve(each, number, names[:number].count(each.order.transport)) for number, each in enumerate(chosen)]


def subtitle(drawn: Sequence[Curve], of: int) -> str:
    """Return what is shown, and how many recordings have no place here."""
    more = f" {of - len(drawn)} more had no room here." if of > len(drawn) else ""
    return f"A line for each recording, the first repeat of its setting.{more}"


def key(sheet: Sheet, drawn: Sequence[Curve]) -> None:
    """Write what each line is, one below the other, above the panel."""
    for number, curve in enumerate(drawn):
        y = (sheet.top - _LINE * (number + 0.5)) / sheet.height
        line = Line2D(
            [0.03, 0.09], [y, y], color=curve.color, ls=curve.dashes, lw=1.4, transform=sheet.figure.transFigure
        )
        mark = Line2D(
            [0.06], [y], color=curve.color, marker=curve.marker, ms=4, ls="", transform=sheet.figure.transFigure
        )
        sheet.figure.add_artist(line)
        sheet.figure.add_artist(mark)
        sheet.figure.text(0.105, y, style.text(curve.words, 116), va="center", fontsize=7.5)


def height(drawn: Sequence[Curve]) -> float:
    """Return how high the key is, in inches, with a little room below."""
    return _LINE * len(drawn) + 0.08
