"""compare.html: both sides on one page, which opens offline and runs nothing."""

from __future__ import annotations

from ringbench.analysis.gate.comparison import Comparison, change, sides
from ringbench.analysis.gate.rules import CHANGED, SAME
from ringbench.analysis.gate.verdict import Verdict
from ringbench.report.figures import gate_changes, style
from ringbench.report.figures.svg import inline
from ringbench.report.html import template

_ORDER = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.INCONCLUSIVE, Verdict.SAME, Verdict.NOT_JUDGED)


def render(comparison: Comparison) -> str:
    """Return the page."""
    drawn = gate_changes.draw(comparison)
    figure = None
    if drawn is not None:
        words = gate_changes.words(comparison)
        svg = style.render(drawn, "svg").decode()
        figure = {"svg": inline(svg, "changes", words), "words": words, "caption": gate_changes.CAPTION}
    names = [side.facts for side in (comparison.base, comparison.head) if side is not None]
    return template.render(
        "compare.html.j2",
        change=change,
        sides=sides,
        comparison=comparison,
        gated=comparison.gated,
        figure=figure,
        cells=[cell for verdict in _ORDER for cell in comparison.gated.cells if cell.verdict is verdict],
        facts=list(dict.fromkeys(name for facts in names for name in facts)),
        changed=f"{100 * CHANGED:g} %",
        same=f"{100 * SAME:g} %",
    )
