"""compare.html: both sides on one page, which opens offline and runs nothing."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

from bench.gate.rules import CHANGED, SAME
from bench.gate.verdict import Verdict
from bench.report import style
from bench.report.gate import changes
from bench.report.gate.comparison import Comparison, change, sides
from bench.report.svg import inline

_TEMPLATES = Path(__file__).parent.parent / "templates"
_ORDER = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.INCONCLUSIVE, Verdict.SAME, Verdict.NOT_JUDGED)


def render(comparison: Comparison) -> str:
    """Return the page."""
    css = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"change": change, "sides": sides}
    drawn = changes.draw(comparison)
    figure = None
    if drawn is not None:
        words = changes.words(comparison)
        svg = style.render(drawn, "svg").decode()
        figure = {"svg": inline(svg, "changes", words), "words": words, "caption": changes.CAPTION}
    names = [side.facts for side in (comparison.base, comparison.head) if side is not None]
    return environment.get_template("compare.html.j2").render(
        comparison=comparison,
        gated=comparison.gated,
        css=Markup(css),
        style_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        figure=figure,
        cells=[cell for verdict in _ORDER for cell in comparison.gated.cells if cell.verdict is verdict],
        facts=list(dict.fromkeys(name for facts in names for name in facts)),
        changed=f"{100 * CHANGED:g} %",
        same=f"{100 * SAME:g} %",
    )
