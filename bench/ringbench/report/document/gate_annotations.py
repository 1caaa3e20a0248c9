"""A comparison as annotations of a GitHub workflow: lines on standard output that the runner turns into marks.

Format: docs.github.com, 'Workflow commands for GitHub Actions'. What would end a value is escaped as the runner's own
toolkit does it (actions/toolkit, packages/core/src/command.ts, escapeData and escapeProperty).
"""

from __future__ import annotations

from ringbench.analysis.gate.comparison import Comparison
from ringbench.analysis.gate.verdict import Verdict

_MOST = 10
"""A step shows ten of each kind."""


def lines(comparison: Comparison) -> list[str]:
    """Return an ::error for each figure that regressed, and one ::warning where the whole is inconclusive."""
    gated = comparison.gated
    found = [
        _command("error", f"{figure.name} regressed", comparison.said(cell, figure))
        for cell, figure in gated.figures(Verdict.REGRESSED)[:_MOST]
    ]
    if gated.verdict is Verdict.INCONCLUSIVE:
        found.append(_command("warning", "ringbench: inconclusive", comparison.headline))
    for cell, figure in gated.figures(Verdict.INCONCLUSIVE)[: _MOST - 1]:
        found.append(_command("warning", f"{figure.name} inconclusive", comparison.said(cell, figure)))
    return found


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={_escaped(title, ':,')}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for character in ("%", "\r", "\n", *more):
        text = text.replace(character, f"%{ord(character):02X}")
    return text
