"""Figure: memory, counted in four ways."""

from __future__ import annotations

from matplotlib.figure import Figure

from ringbench.analysis.cells import Cell
from ringbench.analysis.findings import finding
from ringbench.analysis.quantities import size
from ringbench.analysis.questions import MEMORY
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView
from ringbench.report.figures import forest, style
from ringbench.report.figures.by_setting import settings_of
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind, headline

_WAYS = {
    "memory_physical_bytes": "physical: every page held, computed from the kernel's layout",
    "memory_memlock_bytes": "locked: as the kernel accounts it",
    "memory_rss_bytes": "resident: what it adds to the reader's RSS",
    "memory_cgroup_bytes": "cgroup: what the reader's memory cgroup is charged",
}


def draw(view: SessionView) -> Figure | None:
    """Draw a group of rows for each way of counting, in the setting that the finding rests on."""
    found = finding(view, MEMORY)
    if found.headline is None:
        return None
    setting = found.headline.comparison.setting
    figure, (axes,) = forest.draw(view, headline(found), setting.words(), [_panel(view, setting)])
    asked = setting.asked_bytes
    if asked is not None and asked <= axes.get_xlim()[1]:
        axes.axvline(asked, color=style.INK, lw=1, ls=(0, (4, 3)), zorder=0)
        axes.set_xlabel(f"{axes.get_xlabel()}; dashed: the {size(asked)} asked for")
    return figure


def _panel(view: SessionView, setting: Setting) -> forest.Panel:
    cells = settings_of(view, MEMORY)[setting]
    groups = [forest.Rows(name, cells, _column(column)) for column, name in _WAYS.items()]
    return forest.Panel("Memory of the buffer", "bytes", groups, linear=True)


def _column(name: str) -> forest.Values:
    def values(cell: Cell) -> list[float]:
        return cell.values(name)

    return values


def _alt(view: SessionView) -> str:
    found = finding(view, MEMORY)
    return "" if found.headline is None else _panel(view, found.headline.comparison.setting).words()


def _data(view: SessionView) -> Table:
    found = finding(view, MEMORY)
    return [] if found.headline is None else _panel(view, found.headline.comparison.setting).data()


FIGURE = FigureKind(
    "memory",
    MEMORY.name,
    draw,
    _alt,
    "Further left is less. Only the physical figures compare like with like: RSS counts a ringbuf's data twice and may "
    "not see perf's pages, perf has no memlock figure, and the cgroup may not be charged for perf's pages. It does not "
    "show how small a buffer this load could do with: see the drops.",
    _data,
)
