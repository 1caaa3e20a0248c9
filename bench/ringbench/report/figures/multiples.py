"""Small multiples: panels of one size, two beside each other, each under the words of its setting."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matplotlib.axes import Axes

from ringbench.analysis.quantities import size
from ringbench.analysis.setting import Setting
from ringbench.report.figures import style
from ringbench.report.figures.style import Sheet

MOST = 6
"""Panels that a sheet has room for."""
_LEGEND, _GAP, _LINE, _AXIS = 0.12, 0.16, 0.155, 0.55
"""Heights of the legend, of the gaps around a panel's words, of each line of them, and of the axis, in inches."""
_LEFT, _RIGHT, _BETWEEN = 0.8, 0.2, 0.35
_BOLD, _QUIET = 12.5, 17
"""Characters that an inch has room for."""

_HEIGHT = 2.0
"""Of a panel, in inches."""


@dataclass(frozen=True)
class Multiples:
    """Where the panels are, and what is above them."""

    settings: Sequence[Setting | None]
    """One for each panel; None has no words."""
    sized: bool = False
    """Whether the words name the size of the buffer."""
    own: bool = False
    """Whether each panel has a scale of its own, and needs room for it."""

    @property
    def across(self) -> int:
        """Return how many are beside each other."""
        return min(2, len(self.settings))

    @property
    def wide(self) -> float:
        """Return the width of a panel, in inches."""
        return (style.WIDTH - _LEFT - _RIGHT - self._between * (self.across - 1)) / self.across

    @property
    def body(self) -> float:
        """Return the height of all of them, in inches."""
        return _LEGEND + math.ceil(len(self.settings) / self.across) * self._step

    def axes(self, sheet: Sheet, place: int) -> Axes:
        """Return the axes of the panel at *place*, with the words of its setting above."""
        row, column = divmod(place, self.across)
        left = _LEFT + column * (self.wide + self._between)
        top = _LEGEND + row * self._step + self._title
        axes = sheet.panel(top, _HEIGHT, left, style.WIDTH - left - self.wide)
        load, how = self._words[place]
        _above(axes, how, 6, fontsize=8, color=style.QUIET)
        _above(axes, load, 7 + 11 * len(how), fontweight="bold")
        return axes

    def is_left(self, place: int) -> bool:
        """Tell whether the panel at *place* is one whose axis carries the names."""
        return place % self.across == 0

    @cached_property
    def _words(self) -> list[tuple[list[str], list[str]]]:
        """Return the lines above each panel: the load, and how it was read."""
        return [([], []) if setting is None else self._lines(setting) for setting in self.settings]

    def _lines(self, setting: Setting) -> tuple[list[str], list[str]]:
        words = f"{f'{size(setting.asked_bytes)}, ' if self.sized else ''}{setting.words(with_load=False)}"
        load, how = style.text(setting.load_words, 120), style.text(words, 240)
        return (
            textwrap.wrap(load, int(self.wide * _BOLD), break_on_hyphens=False),
            textwrap.wrap(how, int(self.wide * _QUIET), break_on_hyphens=False),
        )

    @property
    def _title(self) -> float:
        return _GAP + _LINE * max(len(load) + len(how) for load, how in self._words)

    @property
    def _between(self) -> float:
        return _LEFT if self.own else _BETWEEN

    @property
    def _step(self) -> float:
        return self._title + _HEIGHT + _AXIS


def _above(axes: Axes, lines: Sequence[str], up: float, **looks: Any) -> None:
    """Write *lines* above the left end of *axes*."""
    axes.annotate("\n".join(lines), (0, 1), (0, up), xycoords="axes fraction", textcoords="offset points", **looks)
