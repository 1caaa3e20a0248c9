"""summary.md: the answers and their figures in under 60 lines, for an issue or a chat."""

from __future__ import annotations

import re

from ringbench.analysis.account import answered, checksums
from ringbench.analysis.advice import advice
from ringbench.analysis.caveats import caveats
from ringbench.analysis.findings import Finding, findings
from ringbench.analysis.judgement import Line
from ringbench.analysis.order.text import answer, told, where
from ringbench.analysis.outliers import outliers_said
from ringbench.analysis.quantities import LEGEND, estimate
from ringbench.analysis.sentences import TOLD
from ringbench.analysis.view import SessionView

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MEANT = r"[&<>]|[\\`*_|~#]|!(?=\[)|\](?=[(\[:])"
"""What Markdown or HTML would obey. A bracket alone is one: it opens a link only with what follows it."""
_LINKED = r"(?<=@)(?<!\w@)(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=#)(?=\d)|(?<=gh-)(?=\d)"
"""Places within what GitHub makes a link of unasked, and mentions people by: @name, http://, www., #1, GH-1."""
_APART = "<!-- -->"
"""Nothing to see, and the end of a word to whoever looks for names and addresses."""
_OBEYED = re.compile(f"{_LINKED}|{_MEANT}", re.IGNORECASE)
_LONGEST = 600


def escape(text: str) -> str:
    """Return one line of *text* so that Markdown shows it as it is, and GitHub links and mentions nobody by it."""
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return _OBEYED.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}") if found[0] else _APART, text)


def render(view: SessionView) -> str:
    """Return the summary of *view*: at most 60 lines, whatever the session holds."""
    found = findings(view)
    parts = [
        [f"# ringbench: {escape(view.name)}"],
        [escape(f"{view.machine}; {view.ringbench}; session {view.status}.")],
        [f"- **Note:** {escape(caveat)}" for caveat in caveats(view, found)],
        _advice(view, found),
        [line for finding in found if finding.asked for line in _answers(finding)],
        [f"- **how long to wait:** {escape(answer(each.order))} ({escape(where(each))})" for each in told(view.orders)],
        [escape(line) for line in (answered(found), checksums(view), outliers_said(view)) if line],
        _table(found),
        [f"{LEGEND} n: repeats. Each row is one setting's; report.html has all settings and how to read them."],
        [escape(f"{name}: {value}") for name, value in view.identity.items()],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _advice(view: SessionView, found: list[Finding]) -> list[str]:
    told = advice(view, found)
    if told is None:
        return []
    rest = " ".join((*told.because[:1], *told.sure[:1]))
    return [f"**On this machine, for this load: {escape(told.choice)}.** {escape(rest)} ({escape(told.load)})"]


def _answers(finding: Finding) -> list[str]:
    said = finding.brief
    places = [f" ({escape(statement.where)})" if statement.where else "" for statement in said]
    return [f"- **{finding.question.name}:** {escape(s.text)}{where}" for s, where in zip(said, places, strict=True)]


def _table(found: list[Finding]) -> list[str]:
    rows = [_row(line) for f in found if f.headline for line in f.headline.lines if line.column.name in TOLD]
    head = ["| Figure | Base | Against it | Ratio or difference | n |", "|---|---|---|---|---|"]
    return [*head, *rows] if rows else ["There is no figure to show."]


def _row(line: Line) -> str:
    base, head = line.comparison.base.transport, line.comparison.head
    cells = (
        line.column.title,
        f"{base} {estimate(line.base, line.column.unit)}",
        "" if head is None else f"{head.transport} {estimate(line.head, line.column.unit)}",
        line.against or line.verdict.value,
        line.n,
    )
    return f"| {' | '.join(escape(cell) for cell in cells)} |"
