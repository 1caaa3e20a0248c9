"""Two sessions side by side, like those of two kernels or two machines: one page, no verdict on which is better."""

from __future__ import annotations

from pathlib import Path

from bench.report import style
from bench.report.beside import page
from bench.report.figures import FIGURES
from bench.report.view import SessionView
from bench.store import atomic

__all__ = ["write_beside"]


def write_beside(views: tuple[SessionView, SessionView], out: Path) -> Path:
    """Write report.html, which shows both *views*, into *out*; return it.

    It is there whole or not at all. Raises RingbenchError where *out* can't be written.
    """
    path = out / "report.html"
    atomic.write(path, page.render(views, _plots(views)).encode())
    return path


def _plots(views: tuple[SessionView, SessionView]) -> dict[str, tuple[str, ...]]:
    """Return the SVG of each figure that both sessions have something for, by its name."""
    drawn = {kind.name: [figure for view in views if (figure := kind.draw(view))] for kind in FIGURES}
    return {
        name: tuple(style.render(figure, "svg").decode() for figure in figures)
        for name, figures in drawn.items()
        if len(figures) == len(views)
    }
