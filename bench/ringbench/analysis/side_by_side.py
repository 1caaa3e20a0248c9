"""What two sessions have in common, and in what they differ.

Only what was measured in the same setting meets. The CPUs alone may differ: two machines seldom have as many, and a
profile takes them all; it is said where they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ringbench.analysis.findings import Finding, Group
from ringbench.analysis.judgement import Line
from ringbench.analysis.questions import Question
from ringbench.analysis.sentences import TOLD
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView

NAMES = ("A", "B")
"""What the two are called: their folders may have the same name."""
_ALWAYS = frozenset({"measured"})
"""Facts that always differ and tell nothing."""


@dataclass(frozen=True)
class Pair:
    """A comparison of two transports that both sessions have."""

    question: Question
    groups: tuple[Group, Group]

    @property
    def transports(self) -> list[str]:
        """Return who is compared."""
        return self.groups[0].comparison.transports

    @property
    def where(self) -> str:
        """Return the setting in words; both, where the CPUs differ."""
        first, second = (group.comparison.setting for group in self.groups)
        words = first.words()
        return words if first == second else f"{words} ({NAMES[1]}: {second.load_words})"

    @property
    def rows(self) -> list[tuple[Line, Line]]:
        """Return each figure that either session has measured, with the session's own judgement of it."""
        second = {line.column.name: line for line in self.groups[1].lines}
        both = [(line, second[line.column.name]) for line in self.groups[0].lines if line.column.name in second]
        return [lines for lines in both if lines[0].column.name in TOLD and any(line.measured for line in lines)]


def pairs(found: tuple[Sequence[Finding], Sequence[Finding]]) -> list[Pair]:
    """Return what both sessions compared, question by question: what each tells first comes first."""
    others = {(finding.question.name, *key): group for finding in found[1] for key, group in _keyed(finding).items()}
    return [
        Pair(finding.question, (group, others[(finding.question.name, *key)]))
        for finding in found[0]
        for key, group in _keyed(finding).items()
        if (finding.question.name, *key) in others
    ]


def _keyed(finding: Finding) -> dict[tuple[Setting, tuple[str, ...]], Group]:
    """Return the groups of *finding* by all that must be alike, the headline first.

    A setting that comes on several sets of CPUs is not told apart without them: only the first is kept.
    """
    groups = ([finding.headline] if finding.headline else []) + list(finding.groups)
    keyed: dict[tuple[Setting, tuple[str, ...]], Group] = {}
    for group in groups:
        if group.comparison.head is not None:
            key = replace(group.comparison.setting, cpus=""), tuple(group.comparison.transports)
            keyed.setdefault(key, group)
    return keyed


def reading(lines: tuple[Line, Line]) -> str:
    """Say which transport is better in which session, by that session's own interval, or what else may be said."""
    said = [line.winner or line.verdict.value for line in lines]
    if said[0] == said[1]:
        return f"{said[0]} in both"
    return "; ".join(f"{words} in {name}" for name, words in zip(NAMES, said, strict=True))


def differences(views: tuple[SessionView, SessionView]) -> list[tuple[str, str, str]]:
    """Return in what machine, versions and plan differ: (name, of A, of B); '' for what one doesn't say."""
    first, second = (view.versions | view.environment | view.facts | view.identity for view in views)
    names = [name for name in dict.fromkeys((*first, *second)) if name not in _ALWAYS]
    return [(name, first.get(name, ""), second.get(name, "")) for name in names if first.get(name) != second.get(name)]
