"""The looks that all figures share: ink, colours, markers, and the sheet that a figure is drawn on.

Colours are Okabe and Ito's, told apart by colour-blind eyes too; each transport also has a marker and dashes of
its own, so that nothing hangs on colour alone. Everything is placed in inches on a sheet of one width: layouts that
measure each text first would take longer than the drawing itself.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Protocol

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D

from ringbench.drivers.transports import known
from ringbench.spec.transport import Look

INK, QUIET, RULE, PAPER = "#1f2328", "#59636e", "#d1d9e0", "#ffffff"
_SPARE = (
    *(Look("#009e73", "D", "-."), Look("#cc79a7", "v", "-"), Look("#e69f00", "P", "--")),
    Look("#1f2328", "X", ":"),
)

WIDTH = 7.4
"""Of every figure, in inches."""
_LINE = 0.19
"""Height of a line of text, in inches."""

_RC: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,  # names are data: '$' is a character like any other
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "ringbench",  # the same data gives the same file
}


class Signed(Protocol):
    """What the foot of a figure names."""

    @property
    def machine(self) -> str:
        """The machine in a line."""

    @property
    def ringbench(self) -> str:
        """What measured."""

    @property
    def name(self) -> str:
        """What was measured: a session."""


@contextmanager
def looks() -> Iterator[None]:
    """Draw with the looks of this project, whatever a user's own matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def look(transport: str) -> Look:
    """Return a transport's colour, marker and dashes.

    One that has none of its own, or is not installed, always gets the same of the spare ones.
    """
    found = known(transport)
    return (found and found.look) or _SPARE[sum(transport.encode()) % len(_SPARE)]


def text(value: str, limit: int = 90) -> str:
    """Return *value* with '?' for what the font has no picture of, and its end cut off beyond *limit* characters."""
    shown = "".join(character if _drawable(character) else "?" for character in value)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


@lru_cache(maxsize=1024)
def _drawable(character: str) -> bool:
    return get_font(findfont(FontProperties(family="DejaVu Sans"))).get_char_index(ord(character)) != 0


def _wrapped(words: str, width: int) -> list[str]:
    return textwrap.wrap(words, width, break_on_hyphens=False)


class Sheet:
    """A figure with its title, what was compared, and a footer; panels are stacked between them."""

    def __init__(self, view: Signed, title: str, subtitle: str, *, body: float, note: str) -> None:
        """Make a sheet whose panels have *body* inches of height; *note* says what the marks stand for."""
        with looks():
            heads = _wrapped(text(title, 220), 78)
            subs = _wrapped(text(subtitle, 300), 112)
            foot = f"{view.machine} · {view.ringbench} · {view.name}"
            feet = [*_wrapped(note, 128), *_wrapped(text(foot, 240), 128)]
            above = 0.12 + 0.23 * len(heads) + _LINE * len(subs) + 0.1
            self.height = above + body + 0.16 * len(feet) + 0.1
            self._top = self.height - above
            self.figure = Figure(figsize=(WIDTH, self.height))
            FigureCanvasAgg(self.figure)
            place = self.height - 0.12
            for line in heads:
                place = self._line(line, place, 0.23, fontsize=11.5, fontweight="bold")
            for line in subs:
                place = self._line(line, place, _LINE, color=QUIET)
            place = 0.06 + 0.16 * len(feet)
            for line in feet:
                place = self._line(line, place, 0.16, color=QUIET, fontsize=7.5)

    def _line(self, words: str, place: float, height: float, **looks: Any) -> float:
        self.figure.text(0.12 / WIDTH, place / self.height, words, va="top", **looks)
        return place - height

    def panel(self, top: float, height: float, left: float = 0.2, right: float = 0.2) -> Axes:
        """Return axes *height* inches high, *top* inches below the head, with margins *left* and *right*."""
        box = (
            left / WIDTH,
            (self._top - top - height) / self.height,
            (WIDTH - left - right) / WIDTH,
            height / self.height,
        )
        with looks():
            return self.figure.add_axes(box)

    @property
    def top(self) -> float:
        """Return how far up the body begins, in inches."""
        return self._top

    def legend(self, keys: list[Line2D]) -> None:
        """Put a legend in one line at the top of the body."""
        left = 0.06 if all(key.get_linestyle() == "None" for key in keys) else 0.15
        with looks():
            self.figure.legend(
                handles=keys, loc="upper left", ncols=len(keys), frameon=False, borderaxespad=0, borderpad=0,
                handletextpad=0.2, columnspacing=1.4, bbox_to_anchor=(left / WIDTH, self._top / self.height),
            )  # fmt: skip


def render(figure: Figure, file_format: str) -> bytes:
    """Return *figure* as 'png' or 'svg': the same bytes for the same figure, with no date in them."""
    out = io.BytesIO()
    with looks():
        metadata = {"Date": None, "Creator": None} if file_format == "svg" else {"Software": None}
        figure.savefig(out, format=file_format, dpi=150, metadata=metadata)
    return out.getvalue()
