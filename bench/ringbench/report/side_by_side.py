"""Two sessions side by side, like those of two kernels or two machines: one page, no verdict on which is better."""

from __future__ import annotations

from pathlib import Path

from ringbench.analysis.view import SessionView
from ringbench.data.store import atomic
from ringbench.report.figures import FIGURES, style
from ringbench.report.html import side_by_side_page

__all__ = ["write_side_by_side"]


def write_side_by_side(views: tuple[SessionView, SessionView], out: Path) -> Path:
    """Write report.html, which shows both *views*, into *out*; return it.

    It is there whole or not at all. Raises RingbenchError where *out* can't be written.
    """
    path = out / "report.html"
    atomic.write(path, side_by_side_page.render(views, _plots(views)).encode())
    return path


def _plots(views: tuple[SessionView, SessionView]) -> dict[str, tuple[str, ...]]:
    """Return the SVG of each figure that both sessions have something for, by its name."""
    drawn = {kind.name: [figure for view in views if (figure := kind.draw(view))] for kind in FIGURES}
    return {
        name: tuple(style.render(figure, "svg").decode() for figure in figures)
        for name, figures in drawn.items()
        if len(figures) == len(views)
    }
