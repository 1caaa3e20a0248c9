"""The report of a session with the published statements judged by it, as ``run`` and ``report`` write it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringbench.data.store.folder import StoredSession


def written(stored: StoredSession, out: Path, *, identify: bool) -> list[Path]:
    """Write the report of *stored* into *out*; return its files, the page first. As
    :func:`ringbench.report.write_report`.

    The statements are judged here: a claim knows what a report's figures are, not the other way round.
    """
    from ringbench.analysis.claims import claims, judged
    from ringbench.analysis.view import SessionView
    from ringbench.report import write_report

    return write_report(stored, out, claims=judged(SessionView.of(stored), claims()), identify=identify)
