"""The verdict: what must be found is found, what is not there isn't, and in doubt it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbench.analysis.gate.gate import Gated, itself, judge
from ringbench.analysis.gate.pairs import cell_pairs_of
from ringbench.analysis.gate.schedule import Schedule
from ringbench.analysis.gate.verdict import EXIT_STATUS, Verdict
from ringbench.spec.codes import InvalidCode
from tests.analysis.gate.worlds import Change, Row, rows, slower, wander


def gate(base: list[Row], head: list[Row], *, interleaved: bool = True, **more: Any) -> Gated:
    return judge(cell_pairs_of(base, head), interleaved=interleaved, **more)


def changed(change: Change, seed: int = 1, **more: Any) -> Gated:
    drift = wander(seed)
    return gate(rows(seed, drift=drift, **more), rows(seed + 1000, drift=drift, change=change, **more))


def regressed(gated: Gated) -> set[tuple[str, str]]:
    return {(figure.name, cell.pair.transport) for cell, figure in gated.figures(Verdict.REGRESSED)}


def test_a_thing_compared_with_itself_in_turn_is_the_same_though_the_machine_drifts() -> None:
    drift = wander(7)
    found = gate(rows(1, drift=drift), rows(2, drift=drift))
    assert found.verdict is Verdict.SAME
    assert EXIT_STATUS[found.verdict] == 0
    assert found.tests == 8
    assert all(figure.judgement.verdict is Verdict.SAME for cell in found.cells for figure in cell.figures)


def test_false_alarms_in_two_hundred_comparisons() -> None:
    alarms = 0
    for seed in range(200):
        drift = wander(seed)
        found = gate(rows(seed, drift=drift, noise=0.05), rows(5000 + seed, drift=drift, noise=0.05))
        alarms += found.verdict is Verdict.REGRESSED
    assert alarms <= 2


def test_the_same_two_as_if_they_lay_apart_are_in_doubt_not_worse() -> None:
    base, head = rows(1, drift=wander(7)), rows(2, drift=wander(8))
    assert gate(base, head, interleaved=False).verdict is Verdict.INCONCLUSIVE
    wrong = gate(base, head, interleaved=True)
    assert wrong.verdict is not Verdict.SAME  # pairing what was not measured in turn is no help


@pytest.mark.parametrize(
    ("column", "share", "transport"),
    [
        ("fill_ns_per_event", 0.10, "ringbuf-reserve"),
        ("drain_ns_per_event", 0.20, "perf"),
        ("consumer_cpu_ns_per_event", 0.20, "ringbuf-reserve"),
        ("latency_p50_ns", 0.5, "ringbuf-reserve"),
    ],
)
def test_what_has_become_slower_is_named(column: str, share: float, transport: str) -> None:
    found = changed(slower(column, share, transport))
    assert found.verdict is Verdict.REGRESSED
    assert regressed(found) == {(column, transport)}
    ((_, figure),) = found.figures(Verdict.REGRESSED)
    change = figure.judgement.change
    assert change is not None
    assert change.low is not None
    assert change.high is not None
    assert change.low < 1 + share < change.high
    assert figure.judged is not None
    assert change.low > 1 + figure.judged.smallest


def test_what_has_become_faster_is_an_improvement() -> None:
    found = changed(slower("fill_ns_per_event", -0.2, "perf"))
    assert found.verdict is Verdict.IMPROVED
    assert EXIT_STATUS[found.verdict] == 0


def test_a_difference_below_the_smallest_effect_is_no_regression() -> None:
    found = changed(slower("fill_ns_per_event", 0.015), noise=0.004)
    assert found.verdict is Verdict.SAME


def test_too_much_noise_is_in_doubt_and_says_how_many_more_blocks() -> None:
    found = gate(rows(1, noise=0.2), rows(2, noise=0.2))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert EXIT_STATUS[found.verdict] == 3
    open_ = found.figures(Verdict.INCONCLUSIVE)
    assert open_
    assert any(figure.judgement.more_blocks for _, figure in open_)
    assert found.more_blocks is not None
    assert found.more_blocks > 0


def test_as_many_more_blocks_as_it_says_are_about_enough() -> None:
    noise, open_ = 0.05, 0
    first = gate(rows(1, noise=noise), rows(2, noise=noise))
    assert first.verdict is Verdict.INCONCLUSIVE
    assert first.more_blocks is not None
    enough = 20 + 2 * first.more_blocks
    second = gate(rows(1, enough, noise=noise), rows(2, enough, noise=noise))
    open_ = len(second.figures(Verdict.INCONCLUSIVE))
    assert open_ < len(first.figures(Verdict.INCONCLUSIVE))


# ---- counts and what is computed --------------------------------------------------------------------------------


def in_block(number: int, **changes: Any) -> Change:
    return lambda block, row: changes if block == number and row["mode"] == "isolated" else {}


def test_a_drop_rate_from_none_to_a_tenth_of_a_per_cent() -> None:
    found = changed(lambda block, row: {"failed": 10, "delivered": 9990, "drop_rate": 0.001})
    assert found.verdict is Verdict.REGRESSED
    assert ("drop_rate", "perf") in regressed(found)


def test_one_lost_event_in_one_block() -> None:
    found = changed(in_block(5, failed=1, delivered=9999, drop_rate=0.0001))
    assert regressed(found) == {("drop_rate", "ringbuf-reserve")}


def test_a_loss_in_disturbed_trials_only_is_in_doubt() -> None:
    lost = {"failed": 10, "delivered": 9990, "drop_rate": 0.001, "disturbed_codes": ["host_steal"]}
    found = changed(in_block(5, **lost))
    assert found.verdict is Verdict.INCONCLUSIVE


def test_one_causal_violation_in_a_ringbuf() -> None:
    found = changed(in_block(3, causal_violations=1))
    assert regressed(found) == {("causal_violations", "ringbuf-reserve")}


def test_violations_of_a_ring_per_cpu_are_not_judged() -> None:
    def base(block: int, row: Row) -> Mapping[str, Any]:
        return {"causal_violations": 20 + block, "mode": "isolated"} if row["transport"] == "perf" else {}

    def head(block: int, row: Row) -> Mapping[str, Any]:
        return {"causal_violations": 90 + block, "mode": "isolated"} if row["transport"] == "perf" else {}

    found = gate(rows(1, change=base), rows(2, change=head))
    assert ("causal_violations", "perf") not in regressed(found)
    assert found.figures(Verdict.NOT_JUDGED)


def test_a_loss_that_grows_where_some_was_lost_before() -> None:
    def lossy(share: float) -> Change:
        return lambda block, row: {"drop_rate": share * (1 + block / 200), "failed": None, "delivered": None}

    assert gate(rows(1, change=lossy(0.10)), rows(2, change=lossy(0.14))).verdict is Verdict.REGRESSED
    assert gate(rows(1, change=lossy(0.10)), rows(2, change=lossy(0.102))).verdict is Verdict.SAME
    assert gate(rows(1, change=lossy(0.14)), rows(2, change=lossy(0.10))).verdict is Verdict.IMPROVED


def losing(share: float, *blocks: int) -> Change:
    """Lose that share of events in these blocks."""
    lost = round(10_000 * share)
    row = {"failed": lost, "delivered": 10_000 - lost, "drop_rate": share}
    return lambda block, _: row if block in blocks else {}


def test_a_small_loss_that_was_seldom_and_is_now_in_every_block() -> None:
    def found(before: tuple[int, ...], after: tuple[int, ...]) -> Verdict:
        base, head = (rows(n, noise=0.01, change=losing(0.001, *when)) for n, when in ((1, before), (2, after)))
        return gate(base, head).verdict

    assert found((5,), tuple(range(1, 21))) is Verdict.REGRESSED
    assert found((5, 6), (7,)) is Verdict.SAME
    assert found((5,), (6, 7)) is Verdict.INCONCLUSIVE


def test_memory_that_is_computed() -> None:
    more = changed(lambda block, row: {"memory_physical_bytes": row["memory_physical_bytes"] + 4096})
    assert {name for name, _ in regressed(more)} == {"memory_physical_bytes"}
    less = changed(lambda block, row: {"memory_physical_bytes": row["memory_physical_bytes"] - 4096})
    assert less.verdict is Verdict.IMPROVED


@pytest.mark.parametrize("code", ["account_unbalanced", "checksum_mismatch"])
def test_an_account_that_no_longer_adds_up(code: str) -> None:
    found = changed(in_block(4, valid=False, invalid_code=code))
    assert regressed(found) == {("account", "ringbuf-reserve")}


@pytest.mark.parametrize("code", sorted(set(InvalidCode) - {"account_unbalanced", "checksum_mismatch"}))
def test_a_trial_that_broke_off_is_in_doubt_whatever_its_text_says(code: str) -> None:
    said = "The account does not add up"
    found = changed(in_block(4, valid=False, invalid_code=code, invalid_reason=said))
    assert found.verdict is Verdict.INCONCLUSIVE


def test_a_load_that_could_not_be_offered_now_and_then_is_let_pass_and_often_is_in_doubt() -> None:
    assert changed(in_block(4, saturated=True), noise=0.01).verdict is Verdict.SAME

    def often(block: int, row: Row) -> Mapping[str, Any]:
        return {"saturated": row["mode"] == "isolated" and block <= 5}

    assert changed(often, noise=0.01).verdict is Verdict.INCONCLUSIVE


# ---- input that is no good ----------------------------------------------------------------------------------------


def test_nothing_in_common_is_in_doubt() -> None:
    head = [{**row, "asked_bytes": 65536} for row in rows(2)]
    found = gate(rows(1), head)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "in common" in " ".join(found.doubts)
    assert gate([], []).verdict is Verdict.INCONCLUSIVE


def test_a_cell_that_is_gone_is_in_doubt_and_one_that_is_new_is_not() -> None:
    base, head = rows(1), rows(2)
    fewer = [row for row in head if row["mode"] != "isolated"]
    assert gate(base, fewer).verdict is Verdict.INCONCLUSIVE
    assert gate(fewer, base).verdict is Verdict.SAME


def test_a_base_without_a_valid_trial_is_in_doubt() -> None:
    broken = [{**row, "valid": False, "invalid_code": "account_unbalanced"} for row in rows(1)]
    assert gate(broken, rows(2)).verdict is Verdict.INCONCLUSIVE
    assert gate(rows(1), broken).verdict is Verdict.REGRESSED


@pytest.mark.parametrize("value", [None, 0.0])
def test_figures_that_are_null_or_zero_on_one_side_are_in_doubt(value: float | None) -> None:
    head = [{**row, "fill_ns_per_event": value} if row["mode"] == "capacity" else row for row in rows(2)]
    assert gate(rows(1), head).verdict is Verdict.INCONCLUSIVE
    assert gate(head, rows(1)).verdict is Verdict.INCONCLUSIVE


def test_figures_that_are_null_on_both_sides_are_left_out() -> None:
    sides = [[{**row, "fill_ns_per_event": None} for row in rows(seed)] for seed in (1, 2)]
    assert gate(*sides).verdict is Verdict.SAME


@pytest.mark.parametrize("blocks", [1, 4])
def test_a_few_blocks_are_too_few(blocks: int) -> None:
    assert gate(rows(1, blocks), rows(2, blocks)).verdict is Verdict.INCONCLUSIVE


def test_a_session_against_itself_is_the_same_whatever_it_holds() -> None:
    broken = [{**row, "valid": False} for row in rows(1, 1)]
    for each in (rows(1), rows(1, 1), broken):
        assert itself(cell_pairs_of(each, each)).verdict is Verdict.SAME


def test_a_doubt_takes_away_good_news_and_no_bad_ones() -> None:
    assert gate(rows(1), rows(2), doubts=["the head is interrupted"]).verdict is Verdict.INCONCLUSIVE
    worse = judge(
        cell_pairs_of(rows(1), rows(2, change=slower("fill_ns_per_event", 0.3))),
        interleaved=True,
        doubts=["interrupted"],
    )
    assert worse.verdict is Verdict.REGRESSED


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_rows_have_a_verdict(data: st.DataObject) -> None:
    odd = st.sampled_from([None, 0.0, -1.0, 1e308, 1e-308, 5.0])
    spoiled = [
        [
            {
                **row,
                "fill_ns_per_event": data.draw(odd),
                "latency_p50_ns": data.draw(st.sampled_from([None, 0, -5, 10**15])),
            }
            for row in rows(seed, 6)
        ]
        for seed in (1, 2)
    ]
    for interleaved in (True, False):
        assert gate(*spoiled, interleaved=interleaved).verdict in Verdict


# ---- looks ----------------------------------------------------------------------------------------------------------


def test_looks_lie_where_they_were_planned_and_a_last_one_where_time_was_up() -> None:
    schedule = Schedule(40, several=True)
    assert [n for n in range(1, 43) if schedule.is_due(n)] == [8, 12, 18, 27, 40, 41, 42]
    assert schedule.looks(40) == (8, 12, 18, 27, 40)
    assert schedule.looks(12) == (8, 12)
    assert schedule.looks(13) == (8, 12, 13)
    assert schedule.looks(5) == (5,)
    assert Schedule(1, several=False).looks(37) == (37,)


def test_an_early_look_asks_for_more_than_the_last_one() -> None:
    schedule = Schedule(20, several=True)
    early, last = (schedule.levels(n, 10, interleaved=True) for n in (8, 20))
    assert early.changed < last.changed < 0.01 / 10
    once = Schedule(1, several=False).levels(20, 10, interleaved=True)
    assert once.changed == pytest.approx(0.001)
    assert once.same == pytest.approx(0.05)
