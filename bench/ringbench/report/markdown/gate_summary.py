"""A comparison as summary.md: for a pull request, or the summary of a job."""

from __future__ import annotations

from ringbench.analysis.gate.comparison import Comparison, Side, change, sides
from ringbench.analysis.gate.gate import Figure, GatedCell
from ringbench.analysis.gate.verdict import Verdict
from ringbench.analysis.quantities import count
from ringbench.report.markdown.summary import escape

_MOST = 30
_SIGNS = {Verdict.REGRESSED: "❌", Verdict.INCONCLUSIVE: "⚠️", Verdict.IMPROVED: "✅", Verdict.SAME: "✅"}


def render(comparison: Comparison) -> str:
    """Return the summary: under 60 lines, whatever was compared."""
    gated = comparison.gated
    chosen = [
        found
        for verdict in (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.INCONCLUSIVE)
        for found in gated.figures(verdict)
    ]
    parts = [
        [f"## ringbench: {_SIGNS.get(gated.verdict, 'ℹ️')} {gated.verdict.value}"],
        [escape(comparison.headline)],
        [f"- **Note:** {escape(note)}" for note in (*gated.doubts, *comparison.notes)][:8],
        _table(chosen[:_MOST]),
        [f"… and {count(len(chosen) - _MOST, 'figure')} more, in compare.json."] if len(chosen) > _MOST else [],
        [f"{count(len(gated.figures(Verdict.SAME)), 'figure')} the same."] if gated.cells else [],
        [_side("Base", comparison.base), _side("Head", comparison.head)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if any(part)) + "\n"


def _side(name: str, side: Side | None) -> str:
    if side is None:
        return ""
    told = ", ".join(f"{key} {value}" for key, value in side.facts.items() if key in ("revision", "machine", "BCC"))
    return f"{name}: {escape(side.name)}{' (' if told else ''}{escape(told)}{')' if told else ''}  "


def _table(chosen: list[tuple[GatedCell, Figure]]) -> list[str]:
    if not chosen:
        return []
    head = ["| Verdict | Figure | Base | Head | Change | Where |", "|---|---|---|---|---|---|"]
    return [*head, *(_row(cell, figure) for cell, figure in chosen)]


def _row(cell: GatedCell, figure: Figure) -> str:
    judgement = figure.judgement
    said = change(figure)
    if judgement.verdict is Verdict.INCONCLUSIVE and said != judgement.why:
        said += f"; {judgement.why}"
    values = (
        judgement.verdict.value, figure.title, *sides(figure), said, f"{cell.pair.transport}, {cell.pair.name}",
    )  # fmt: skip
    return f"| {' | '.join(escape(value) for value in values)} |"
