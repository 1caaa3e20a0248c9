"""The report of a stored session: a page, a summary and plots, drawn from stored data only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ringbench.analysis.view import SessionView
from ringbench.data.store import atomic
from ringbench.data.store.folder import StoredSession
from ringbench.report.figures import FIGURES, style
from ringbench.report.html import session_page
from ringbench.report.markdown import summary

if TYPE_CHECKING:
    from ringbench.analysis.claims.claim import Judged

__all__ = ["write_report"]

PLOTS = "plots"
"""Folder of the figures, beside the page."""


def write_report(
    session: StoredSession, out: Path, *, claims: Sequence[Judged] = (), identify: bool = False
) -> list[Path]:
    """Write report.html, summary.md and plots/NAME.png and .svg into *out*; return the files, the page first.

    *claims* are published statements as *session* judges them. Host, user and command line are named only to *identify*
    it. Each file is there whole or not at all, and belongs to
    whoever typed sudo. A figure that this session has nothing for is not written, and removed if an earlier report left
    it there. Raises RingbenchError where *out* can't be written.
    """
    view = SessionView.of(session, identify=identify)
    plots = _plots(view)
    html = session_page.render(view, {name: files["svg"].decode() for name, files in plots.items()}, claims)
    contents = {out / "report.html": html.encode(), out / "summary.md": summary.render(view).encode()}
    contents |= {out / PLOTS / f"{name}.{end}": data for name, files in plots.items() for end, data in files.items()}
    for path, data in contents.items():
        atomic.write(path, data)
    _remove_stale(out / PLOTS, set(contents))
    return list(contents)


def _plots(view: SessionView) -> dict[str, dict[str, bytes]]:
    """Return each figure that *view* has data for, by its name and the end of its file's name."""
    drawn = ((kind.name, kind.draw(view)) for kind in FIGURES)
    return {name: {end: style.render(figure, end) for end in ("png", "svg")} for name, figure in drawn if figure}


def _remove_stale(folder: Path, written: set[Path]) -> None:
    for path in (folder / f"{kind.name}.{end}" for kind in FIGURES for end in ("png", "svg")):
        if path not in written:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise atomic.cannot_write(path, error) from error
