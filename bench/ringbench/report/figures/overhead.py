"""Figure: what tracing costs the workload, an event: the workload's own time, and each stage stacked upon it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ringbench.analysis.cells import cells_of
from ringbench.analysis.overhead_breakdown import COLUMN, PARTS, Split, splits
from ringbench.analysis.quantities import amount, estimate
from ringbench.analysis.questions import OVERHEAD
from ringbench.analysis.view import SessionView
from ringbench.report.figures import style
from ringbench.report.figures.axis import linear_x
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind, repeats
from ringbench.report.figures.style import Sheet

_ROW, _TITLE, _AXIS, _LEGEND = 0.3, 0.3, 0.5, 0.3
_LEFT, _RIGHT = 1.95, 1.75
_COLORS = {"the workload itself": "#d1d9e0", "probe": "#8c959f", "submission": "#0072b2", "reader": "#56b4e9"}
_COLORS |= {"wake-ups": "#d55e00"}
_POINTS_PER_INCH = 72
_LONG = 20
"""Above this ratio of the longest bar to the shortest of a panel, wake-ups have a panel of their own."""


def draw(view: SessionView) -> Figure | None:
    """Draw a panel for each load; where wake-ups dwarf the rest, another one for them. None without such trials."""
    panels = _panels(splits(cells_of(view.figures)))
    if not panels:
        return None
    body = _LEGEND + sum(_TITLE + _ROW * len(rows) + _AXIS for _, rows in panels)
    cells = [cell for _, rows in panels for split in rows for cell in (split.bare, split.full)]
    where = panels[0][1][0].full.setting
    sheet = Sheet(
        view,
        _title(min((rows for _, rows in panels), key=lambda rows: rows[0].bare.interval(COLUMN).value or 0.0)),
        f"One producer, {where.reader_words}; wall time of the producer's loop for each event, by stage",
        body=body,
        note=f"{repeats(cells)}. Bars: medians of the differences between stages, block by block; a part below zero is "
        "drawn as none, so bars can end elsewhere than at the black lines, which are medians of all together. In "
        "brackets: 95 % intervals of the slowdown. Each panel has a scale of its own, from zero.",
    )
    with style.looks():
        top = _LEGEND
        for title, rows in panels:
            axes = sheet.panel(top + _TITLE, _ROW * len(rows), _LEFT, _RIGHT)
            _panel(axes, title, rows)
            top += _TITLE + _ROW * len(rows) + _AXIS
        sheet.figure.legend(
            handles=[Patch(color=color, label=name) for name, color in _COLORS.items()],
            loc="upper left", ncols=len(_COLORS), frameon=False, borderaxespad=0, borderpad=0, fontsize=8,
            handlelength=1.2, columnspacing=1.4, bbox_to_anchor=(0.12 / style.WIDTH, sheet.top / sheet.height),
        )  # fmt: skip
    return sheet.figure


def alt(view: SessionView) -> str:
    """Say every part of every bar."""
    return " ".join(_words(split) for split in splits(cells_of(view.figures)))


def data(view: SessionView) -> Table:
    """Return every part of every bar, with its interval."""
    return [
        {
            **{"workload": split.workload, "transport": split.transport, "wakeup": split.wakeup, "part": name},
            **{"unit": unit, "value": part.value, "low": part.low, "high": part.high, "n": part.n},
        }
        for split in splits(cells_of(view.figures))
        for name, part, unit in (
            ("the workload itself", split.bare.interval(COLUMN), "ns"),
            *((name, part, "ns") for name, part in split.parts.items()),
            ("slower by", split.slowdown, "share"),
        )
    ]


def _words(split: Split) -> str:
    parts = ", ".join(f"{name} {estimate(part, 'ns')}" for name, part in split.parts.items())
    bare = estimate(split.bare.interval(COLUMN), "ns")
    return (
        f"{split.workload}, {split.transport}, wake-up {split.wakeup}: the workload itself {bare} an event, {parts}; "
        f"slower by {estimate(split.slowdown, '')}."
    )


def _panels(found: Sequence[Split]) -> list[tuple[str, list[Split]]]:
    panels = []
    for workload, group in groupby(found, key=lambda split: split.workload):
        rows = list(group)
        full = [split.full.interval(COLUMN).value or 0 for split in rows]
        short = [split for split, ns in zip(rows, full, strict=True) if ns <= min(full) * _LONG / 4]
        long = [split for split in rows if split not in short]
        panels += [(workload, part) for part in (short, long) if part]
    return panels


def _title(rows: Sequence[Split]) -> str:
    """Say what submission costs with each transport, where nobody is woken: *rows* are of the load it tells most of."""
    said = [
        f"{amount(split.parts['submission'].value, 'ns')} with {split.transport}"
        for split in rows
        if not split.full.setting.woken and "submission" in split.parts
    ]
    return f"Submitting an event costs {', '.join(said)} ({rows[0].workload})" if said else OVERHEAD.asked


def _panel(axes: Axes, title: str, rows: Sequence[Split]) -> None:
    longest = [split.full.interval(COLUMN).value or 0.0 for split in rows]
    unit = linear_x(axes, [*longest, 0.0], "ns")
    axes.set_ylim(len(rows), 0)
    axes.set_yticks([])
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.set_xlabel(f"{unit} an event", fontsize=8.5)
    for place, split in enumerate(rows):
        y, left = place + 0.5, 0.0
        parts = {"the workload itself": split.bare.interval(COLUMN).value or 0.0}
        parts |= {name: part.value or 0.0 for name, part in split.parts.items()}
        for name, ns in parts.items():
            axes.barh(y, max(ns, 0.0), 0.62, left, color=_COLORS[name])
            left += max(ns, 0.0)
        total = split.full.interval(COLUMN).value or 0.0
        axes.plot([total, total], [y - 0.36, y + 0.36], color=style.INK, lw=1.6, solid_capstyle="butt")
        _beside(axes, (0, y), (-6, 0), style.text(f"{split.transport}, {split.wakeup}", 28), ha="right", va="center")
        _beside(axes, (1, y), (6, 0), estimate(split.slowdown, ""), va="center", fontsize=8)
    _beside(axes, (0, 0), (-(_LEFT - 0.12) * _POINTS_PER_INCH, 8), style.text(title, 90), fontweight="bold")
    _beside(axes, (1, 0), (6, 8), "slower by", color=style.QUIET, fontsize=8)


def _beside(axes: Axes, at: tuple[float, float], moved: tuple[float, float], words: str, **looks: Any) -> None:
    """Write *words* at x 0 or 1 (the left or right end of the axes) and y (of the data), *moved* by points."""
    axes.annotate(words, at, moved, xycoords=axes.get_yaxis_transform(), textcoords="offset points", **looks)


FIGURE = FigureKind(
    "overhead",
    OVERHEAD.name,
    draw,
    alt,
    "The grey part is the workload's own time; what stands right of it is what tracing adds, stage by stage: "
    + "; ".join(f"{name}: {what}" for name, what in PARTS.items())
    + ". One producer at a time, its reader on another CPU: it does not show what several producers do to one another.",
    data,
)
