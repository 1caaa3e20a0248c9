"""The claims themselves: what they measure, and that their predicates can go either way."""

from __future__ import annotations

from typing import Any

import pytest

from ringbench.analysis.claims import CLAIMS, claims, judged, profile
from ringbench.analysis.claims.claim import Judged, Verdict
from ringbench.analysis.claims.evidence import Evidence, Missing, select
from ringbench.analysis.comparison import contrast, factors
from ringbench.errors import OptionError
from ringbench.report.markdown.claims_table import markdown
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.spec.trial import Trial
from tests.analysis import synthetic
from tests.analysis.synthetic import Row, view

_PLAN = build(profile(claims()), RunOptions(repeats=6), (0, 1))
_TWO = {"environment": {"cpus_online": 2}}


def _rows(measure: Any, plan: Any = _PLAN) -> list[Row]:
    """Return the rows of the claims' plan with what *measure* makes of a trial and a transport."""
    rows = []
    for trial in plan.trials:
        for transport in trial.transports:
            rows.append(
                synthetic.row(
                    trial=trial.trial,
                    mode=trial.mode,
                    transport=transport,
                    reader=trial.reader,
                    wakeup=trial.wakeup,
                    wait=trial.wait or None,
                    placement=trial.placement,
                    workload=trial.workload,
                    record_bytes=trial.record_bytes,
                    asked_bytes=trial.asked_bytes,
                    buffer_bytes=trial.asked_bytes,
                    cpus="0-1" if len(trial.cpus) > 1 else "0",
                    drain_interval_s=None,
                    block=trial.block,
                    **measure(trial, transport),
                )
            )
    return rows


def _world(*, ringbuf_better: bool) -> Any:
    """Return a made-up world in which every claim holds, or in which none does."""
    good = ringbuf_better

    def measure(trial: Trial, transport: str) -> Row:
        ringbuf, wobble = transport != "perf", 1 + 0.001 * trial.block
        waking = {"every": 1.0, "adaptive": 12.0, "batch:500": 11.5}.get(trial.wakeup, 12.0)
        fast = {"every": 0.9, "batch:500": 9.0}.get(trial.wakeup, 1.0)
        rate = (12.0 * (6 if trial.wakeup in ("every", "batch:500") else 1) if ringbuf else fast) if good else waking
        if not good and trial.wakeup == "batch:500":
            rate = 1.0 if not ringbuf else 12.0
        if not good and (trial.wakeup, ringbuf, trial.wait) == ("adaptive", True, "epoll"):
            rate = 2.0  # no ten times over perf's every, and a gap that perf's batch of 1.0 doesn't close
        rate *= 1.2 if (trial.wait == "spin:20us") == good else 1.0
        rate *= 1.2 if (transport == "ringbuf-reserve") == good and trial.wait == "sleep:200us" else 1.0
        rate *= (0.5 if good else 2.5) if len(trial.cpus) > 1 and trial.workload == "firehose:32" else 1.0
        rate *= 0.5 if trial.wait.startswith("spin") and (trial.wakeup == "adaptive") == good else 1.0
        several = (4.0 if good else 0.5) if len(trial.cpus) > 1 else 1.0
        copy = trial.record_bytes or 56
        drain = copy * (1.0 if trial.reader == "bulk" else (128 / copy if good else copy / 128))
        ordered = ringbuf == good
        return {
            "events_per_s": rate * 1e6 * wobble,
            "producer_ns_per_event": 100.0 * several * wobble,
            "consumer_cpu_ns_per_event": (100.0 if (trial.wakeup == "none") == good else 900.0) * wobble,
            "fill_ns_per_event": (30.0 if (transport == "ringbuf-reserve") == good else 50.0) * wobble,
            "drain_ns_per_event": drain * wobble,
            "attempted": 10_000,
            "failed": (5000 if ringbuf == (trial.placement == "same") else 100) if good else (100 if ringbuf else 5000),
            "causal_violations": 0 if ordered else 100 + trial.block,
            "timestamp_inversions": 0 if good else 50,
            "lives": 3000,
            "lost_reported": (5000 if ringbuf == (trial.placement == "same") else 100) if good else 4990,
            "peak_backlog": 100 if good else 500,
            "peak_backlog_cpu": 100,
        }

    return measure


@pytest.fixture(scope="module")
def good() -> dict[str, Judged]:
    return {j.claim.id: j for j in judged(view(_rows(_world(ringbuf_better=True)), **_TWO), claims())}


@pytest.fixture(scope="module")
def bad() -> dict[str, Judged]:
    return {j.claim.id: j for j in judged(view(_rows(_world(ringbuf_better=False)), **_TWO), claims())}


_NEEDS_MORE_CPUS = {"perf-drops-77"}


@pytest.mark.parametrize("name", sorted({*CLAIMS} - _NEEDS_MORE_CPUS))
def test_every_claim_can_hold_and_can_fail(name: str, good: dict[str, Judged], bad: dict[str, Judged]) -> None:
    assert good[name].verdict is Verdict.HOLDS, [o.words for o in good[name].outcomes]
    assert bad[name].verdict in (Verdict.FAILS, Verdict.ONLY_WHEN), [o.words for o in bad[name].outcomes]
    assert not all(outcome.holds for outcome in bad[name].outcomes)


def test_a_claim_made_on_many_cpus_cannot_be_told_on_two_and_can_on_many() -> None:
    def measure(trial: Trial, transport: str) -> Row:
        return {"attempted": 1000, "failed": 770 + trial.block if transport == "perf" else 0}

    few, many = (view(_rows(measure), environment={"cpus_online": cpus}) for cpus in (2, 64))
    (told,) = judged(few, claims(["perf-drops-77"]))
    assert told.verdict is Verdict.UNTOLD
    assert "made on 8 to 192 CPUs, here are 2" in told.outcomes[0].words
    (told,) = judged(many, claims(["13"]))
    assert told.verdict is Verdict.HOLDS
    assert "the ringbuf's, same bytes 0 %" in told.outcomes[0].words


def test_on_one_cpu_there_is_no_order_between_cpus_to_judge() -> None:
    rows = _rows(_world(ringbuf_better=True))
    for each in judged(view(rows, environment={"cpus_online": 1}), claims(["7", "8", "9", "10", "6"])):
        assert each.verdict is Verdict.UNTOLD
        assert all("there is one CPU" in outcome.words for outcome in each.outcomes)


def test_what_was_not_measured_or_too_seldom_is_not_judged() -> None:
    for rows in ([], [row for row in _rows(_world(ringbuf_better=True)) if row["block"] <= 4]):
        for each in judged(view(rows, **_TWO), claims()):
            # 'never' rests on every repeat there is, not on an interval; all else needs five.
            if each.claim.id not in ("ringbuf-order", "ringbuf-stamps", "perf-lost-complete") or not rows:
                assert each.verdict is Verdict.UNTOLD, each.claim.id


def test_the_session_holds_what_each_claim_asks_for_and_nothing_twice() -> None:
    cells = [(t.scenario, t.transports) for t in _PLAN.trials if t.block == 1]
    assert len(cells) == len(set(cells))
    for claim in claims():
        plan = build(profile([claim]), RunOptions(repeats=6), (0, 1))
        (alone,) = judged(view(_rows(_world(ringbuf_better=True), plan), **_TWO), [claim])
        assert alone.verdict is Verdict.HOLDS or claim.id in _NEEDS_MORE_CPUS, claim.id


def test_two_cells_that_differ_in_two_factors_are_no_comparison_unless_it_is_said() -> None:
    evidence = Evidence(view(_rows(_world(ringbuf_better=True)), **_TWO))
    usual = select("perf", mode="isolated", workload="firehose:32", reader="libbpf", placement="other")
    every, adaptive = usual.but(wakeup="every"), usual.but(transport="ringbuf-reserve", wakeup="adaptive", wait="epoll")
    assert factors(evidence.cell(every), evidence.cell(adaptive)) == ("transport", "wake-up")
    with pytest.raises(ValueError, match="differ in transport and wake-up"):
        contrast(evidence.cell(every), evidence.cell(adaptive))
    with pytest.raises(ValueError, match="differ in nothing"):
        contrast(evidence.cell(every), evidence.cell(every))
    assert evidence.ratio("events_per_s", every, adaptive, confounded=True).value
    assert [c.id for c in claims() for o in c.conditions if o.confounded] == ["ten-times"]


def test_a_selection_must_name_one_cell_and_parts_that_exist() -> None:
    evidence = Evidence(view(_rows(_world(ringbuf_better=True)), **_TWO))
    with pytest.raises(ValueError, match="cells here are perf"):
        evidence.cell(select("perf"))
    with pytest.raises(Missing, match="not measured here: perf reader=none-such"):
        evidence.cell(select("perf", reader="none-such"))
    with pytest.raises(TypeError, match="no part of a setting: colour"):
        select("perf", colour="red")


def test_numbers_and_ids_are_in_order_and_an_unknown_one_is_refused() -> None:
    assert [claim.number for claim in claims()] == list(range(1, 16))
    assert claims(["ringbuf-order", "7", "3"]) == [CLAIMS["ringbuf-order"], CLAIMS["reserve-beats-output"]]
    with pytest.raises(OptionError, match="Did you mean 'ten-times'"):
        claims(["ten-time"])
    for claim in claims():
        assert claim.source
        assert claim.made_under
        assert claim.statement.endswith(".")


def test_the_table_escapes_what_a_session_says_of_itself(good: dict[str, Judged]) -> None:
    session = view([], environment={"cpu_model": "<b>x</b> | y \x1b[31m", "cpus_online": 2})
    text = markdown(session, list(good.values()))
    assert "<b>" not in text
    assert "\x1b" not in text
    assert text.count("\n## ") == len(CLAIMS)


@pytest.mark.parametrize("cpus", ["", "0-", "-1", "all", "٣", "0-1,", "9" * 7, "0,1\n"])
def test_cpus_that_are_no_list_are_no_number_of_producers(cpus: str) -> None:
    rows = synthetic.cells({"perf": {"producer_ns_per_event": 5.0}}, cpus=cpus)
    with pytest.raises(Missing, match="not measured here"):
        Evidence(view(rows)).cell(select("perf", producers=1))


def test_of_a_session_made_for_other_questions_what_is_unclear_is_not_told() -> None:
    """Two wake-ups of what a claim asks for once: it must not guess, and the page must not fail."""
    rows = [
        row
        for size, transports in ((64, ("perf",)), (128, ("ringbuf-reserve",)))
        for wakeup in ("none", "every")
        for row in synthetic.cells(
            {name: {"attempted": 9, "failed": 1, "causal_violations": 1} for name in transports},
            mode="paired", reader="bulk", wakeup=wakeup, workload="fork-exec", asked_bytes=size << 10,
        )
    ]  # fmt: skip
    found = {each.claim.id: each for each in judged(view(rows), claims())}
    assert not any(each.told for each in found.values())
    said = " ".join(outcome.why_not for each in found.values() for outcome in each.outcomes)
    assert "not one but 2 cells here are" in said
