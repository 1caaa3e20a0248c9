"""Which of its questions a session answers, and what it is worth as a whole: as codes, for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ringbench.analysis.findings import Finding
from ringbench.analysis.judgement import Verdict
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import Record, SessionView, is_figure, is_valid
from ringbench.data.metrics import COLUMNS
from ringbench.machine.interference import TOO_MANY
from ringbench.spec.codes import AnswerCode, SessionVerdict


def answers(view: SessionView, found: Sequence[Finding]) -> dict[str, AnswerCode]:
    """Return what became of each question, by its name; *found* are the findings of *view*."""
    return {finding.question.name: _answer(view, finding) for finding in found}


def session_verdict(view: SessionView, answered: Mapping[str, AnswerCode]) -> SessionVerdict:
    """Return what *view* is worth, whose questions are *answered* so; what puts it in doubt goes first."""
    if view.invalid or not view.rows:
        return SessionVerdict.INVALID
    if view.inconclusive:
        return SessionVerdict.INCONCLUSIVE
    asked = {code for code in answered.values() if code is not AnswerCode.NOT_ASKED}
    whole = view.status == "complete" and asked == {AnswerCode.ANSWERED}
    return SessionVerdict.ANSWERED if whole else SessionVerdict.PARTLY


def _answer(view: SessionView, found: Finding) -> AnswerCode:
    if not found.asked:
        return AnswerCode.NOT_ASKED
    about = [row for row in view.rows if found.question.asked_of(Setting.of(row))]
    if found.headline is None:
        return _missing(about)
    sampled = not COLUMNS[found.question.columns[0]].exact  # what is computed is not disturbed
    if view.inconclusive and sampled and _disturbed_share(about) > TOO_MANY:
        return AnswerCode.DISTURBED
    told = {line.verdict for line in found.headline.lines[:1]}
    if Verdict.TOO_FEW in told:
        return AnswerCode.TOO_FEW_REPEATS
    return AnswerCode.NOT_MEASURED if Verdict.NOT_MEASURED in told else AnswerCode.ANSWERED


def _missing(about: Sequence[Record]) -> AnswerCode:
    """Return why trials that are *about* a question, of which there is one at least, have no figure of it."""
    if any(map(is_figure, about)):
        return AnswerCode.NOT_MEASURED
    return AnswerCode.SATURATED if any(map(is_valid, about)) else AnswerCode.INVALID


def _disturbed_share(about: Sequence[Record]) -> float:
    disturbed = {row["trial"]: bool(row["disturbed_codes"]) for row in about}
    return sum(disturbed.values()) / max(len(disturbed), 1)
