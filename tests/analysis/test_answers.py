"""What a session answers, as codes."""

from __future__ import annotations

from typing import Any

import pytest

from ringbench.analysis.answers import answers, session_verdict
from ringbench.analysis.findings import findings
from ringbench.analysis.questions import QUESTIONS
from ringbench.analysis.view import SessionView
from ringbench.spec.codes import AnswerCode, SessionVerdict
from tests.analysis import synthetic

INCONCLUSIVE = {"disturbance": {"rule": "", "disturbed": 9, "trials": 9, "inconclusive": True}}


def found(rows: list[synthetic.Row], **manifest: Any) -> tuple[SessionVerdict, dict[str, AnswerCode]]:
    view = synthetic.view(rows, **manifest)
    answered = answers(view, findings(view))
    return session_verdict(view, answered), answered


def cost(blocks: int = 5, **more: Any) -> list[synthetic.Row]:
    columns = {name: {"producer_ns_per_event": 100.0 + at} for at, name in enumerate(("perf", "ringbuf-reserve"))}
    return [{**row, **more} for row in synthetic.cells(columns, range(blocks))]


def test_a_session_that_answers_every_question(whole: SessionView) -> None:
    answered = answers(whole, findings(whole))
    assert set(answered.values()) == {AnswerCode.ANSWERED}
    assert list(answered) == [question.name for question in QUESTIONS]
    assert session_verdict(whole, answered) is SessionVerdict.ANSWERED


def test_what_no_trial_is_about_is_not_asked_and_does_not_count() -> None:
    verdict, answered = found(synthetic.overhead())
    assert {name for name, code in answered.items() if code is not AnswerCode.NOT_ASKED} == {"overhead"}
    assert verdict is SessionVerdict.ANSWERED


@pytest.mark.parametrize(
    ("rows", "code", "verdict"),
    [
        (cost(), AnswerCode.ANSWERED, SessionVerdict.PARTLY),
        (cost(producer_ns_per_event=None), AnswerCode.NOT_MEASURED, SessionVerdict.PARTLY),
        (cost(2), AnswerCode.TOO_FEW_REPEATS, SessionVerdict.PARTLY),
        (cost(saturated=True), AnswerCode.SATURATED, SessionVerdict.PARTLY),
        (cost(valid=False, invalid_code="timed_out"), AnswerCode.INVALID, SessionVerdict.INVALID),
        ([*cost(saturated=True), *cost(valid=False, reader="libbpf")], AnswerCode.SATURATED, SessionVerdict.INVALID),
    ],
)
def test_why_there_is_no_answer(rows: list[synthetic.Row], code: AnswerCode, verdict: SessionVerdict) -> None:
    found_verdict, answered = found(rows)
    assert (answered["cost"], found_verdict) == (code, verdict)


def test_a_session_of_too_many_disturbed_trials_answers_what_they_are_not_about() -> None:
    disturbed = [{**row, "disturbed_codes": ["host_steal"]} for row in cost()]
    verdict, answered = found([*disturbed, *synthetic.overhead()], **INCONCLUSIVE)
    assert verdict is SessionVerdict.INCONCLUSIVE
    assert (answered["cost"], answered["overhead"]) == (AnswerCode.DISTURBED, AnswerCode.ANSWERED)


def test_the_memory_of_a_buffer_is_computed_and_not_disturbed() -> None:
    rows = [{**row, "disturbed_codes": ["host_steal"]} for row in synthetic.quick()]
    verdict, answered = found(rows, **INCONCLUSIVE)
    assert verdict is SessionVerdict.INCONCLUSIVE
    assert answered["memory"] is AnswerCode.ANSWERED
    assert {code for name, code in answered.items() if name != "memory"} == {AnswerCode.DISTURBED, AnswerCode.NOT_ASKED}


def test_what_is_invalid_goes_before_what_is_in_doubt() -> None:
    rows = [*synthetic.quick(), synthetic.row(trial="broken", valid=False, invalid_code="process_died")]
    assert found(rows, **INCONCLUSIVE)[0] is SessionVerdict.INVALID


def test_an_interrupted_session_is_answered_partly_at_best() -> None:
    assert found(synthetic.whole(), status="interrupted")[0] is SessionVerdict.PARTLY
    assert found([])[0] is SessionVerdict.INVALID
