from __future__ import annotations

import pytest

from ringbench.analysis.cells import cells_of
from ringbench.analysis.comparison import Comparison, comparisons
from ringbench.analysis.judgement import Verdict, judge
from tests.analysis.synthetic import KIB, MIB, Row, cells, row, view

COST = "producer_ns_per_event"


def pairs(rows: list[Row]) -> list[list[str]]:
    return [comparison.transports for comparison in comparisons(cells_of(view(rows).valid))]


def only(rows: list[Row]) -> Comparison:
    (comparison,) = comparisons(cells_of(view(rows).valid))
    return comparison


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("mode", "paired"),
        ("reader", "callback"),
        ("wakeup", "every"),
        ("workload", "burst"),
        ("cpus", "0"),
        ("asked_bytes", 64 * KIB),
        ("drain_interval_s", 0.1),
        ("wait", "spin:50us"),
        ("placement", "other"),
        ("record_bytes", 32),
    ],
)
def test_cells_that_differ_in_more_than_the_transport_never_meet(name: str, other: object) -> None:
    rows = [row(transport="perf"), row(transport="ringbuf-reserve", **{name: other})]
    assert sorted(pairs(rows)) == [["perf"], ["ringbuf-reserve"]]


def test_a_session_of_before_has_readers_placed_by_the_scheduler_and_records_of_lives() -> None:
    rows = [row(transport="perf"), row(transport="ringbuf-reserve", placement="free", record_bytes=56)]
    assert pairs(rows) == [["perf", "ringbuf-reserve"]]


def test_perf_is_compared_with_each_ringbuf_and_with_the_reserving_one_first() -> None:
    rows = [row(transport=t) for t in ("a-later-one", "ringbuf-output", "ringbuf-reserve", "perf")]
    assert pairs(rows) == [["perf", t] for t in ("ringbuf-reserve", "ringbuf-output", "a-later-one")]


def test_without_perf_the_ringbufs_are_compared() -> None:
    rows = [row(transport=t) for t in ("ringbuf-reserve", "ringbuf-output")]
    assert pairs(rows) == [["ringbuf-output", "ringbuf-reserve"]]


def test_sizes_that_could_not_be_made_equal_are_named() -> None:
    rows = [row(transport="perf", buffer_bytes=768 * KIB), row(transport="ringbuf-reserve", buffer_bytes=MIB)]
    assert only(rows).size_note == "Sizes not equal: of 1 MiB asked, perf had 768 KiB and ringbuf-reserve 1 MiB."
    assert only([row(transport="perf"), row(transport="ringbuf-reserve")]).size_note == ""


def test_a_session_that_does_not_say_what_was_asked_for_asked_for_what_it_got() -> None:
    rows = [row(transport=t, asked_bytes=None, buffer_bytes=64 * KIB) for t in ("perf", "ringbuf-reserve")]
    assert only(rows).setting.asked_bytes == 64 * KIB


def test_ratios_are_taken_within_a_block_and_not_between_medians() -> None:
    # The machine drifts: each block is twice as slow as the one before, head is always 10 % cheaper.
    drifting = [100.0 * 2**block for block in range(5)]
    rows = cells({"perf": {COST: drifting}, "ringbuf-reserve": {COST: [0.9 * cost for cost in drifting]}})
    shuffled = rows[::-1]
    ratio = only(shuffled).ratio(COST)
    assert ratio.value == pytest.approx(0.9)
    assert (ratio.low, ratio.high, ratio.n) == (pytest.approx(0.9), pytest.approx(0.9), 5)


def test_a_block_that_one_side_lacks_is_left_out_of_the_ratio() -> None:
    rows = cells({"perf": {COST: [100.0] * 5}, "ringbuf-reserve": {COST: [50.0, None, 50.0, 50.0, 50.0]}})
    assert only(rows).ratio(COST).n == 4


def test_zeros_leave_no_ratio_but_a_difference() -> None:
    counts = {"perf": {"causal_violations": [5, 0, 7, 9, 8]}, "ringbuf-reserve": {"causal_violations": 0}}
    comparison = only(cells(counts))
    assert comparison.ratio("causal_violations").n == 0
    assert comparison.difference("causal_violations").value == -7


def verdict(base: object, head: object, name: str = COST, blocks: int = 5, unranked: str = "") -> Verdict:
    rows = cells({"perf": {name: base}, "ringbuf-reserve": {name: head}}, blocks=range(blocks))
    return judge(only(rows), name, unranked=unranked).verdict


def test_a_difference_is_claimed_only_where_the_interval_excludes_none() -> None:
    base = [100.0, 102.0, 98.0, 101.0, 99.0]
    assert verdict(base, [v * 0.5 for v in base]) is Verdict.LOWER
    assert verdict(base, [v * 2 for v in base]) is Verdict.HIGHER
    assert verdict(base, [101.0, 99.0, 101.0, 97.0, 103.0]) is Verdict.UNDECIDED
    assert verdict(base, base) is Verdict.EQUAL
    assert verdict(base, None) is verdict(None, base) is verdict(None, None) is Verdict.NOT_MEASURED
    assert verdict(base, base, unranked="because") is Verdict.NOT_RANKED
    assert verdict(100.0, 10.0, blocks=2) is Verdict.TOO_FEW


def test_mostly_equal_is_not_called_the_same_in_every_repeat() -> None:
    assert verdict([1.0] * 9, [1.0] * 8 + [2.0], blocks=9) is Verdict.UNDECIDED


def test_what_is_computed_and_not_sampled_is_compared_from_one_value() -> None:
    assert verdict(MIB + 8192, MIB + 4096, "memory_physical_bytes", blocks=1) is Verdict.LOWER
    assert verdict(MIB, MIB, "memory_physical_bytes", blocks=1) is Verdict.EQUAL
    assert verdict([MIB, 2 * MIB], MIB, "memory_physical_bytes", blocks=2) is Verdict.TOO_FEW


@pytest.mark.parametrize(
    ("name", "base", "head", "winner"),
    [
        (COST, 100.0, 50.0, "ringbuf-reserve"),
        (COST, 50.0, 100.0, "perf"),
        ("events_per_s", 100.0, 50.0, "perf"),
        ("events_per_s", 50.0, 100.0, "ringbuf-reserve"),
    ],
)
def test_the_better_side_wins_whichever_it_is(name: str, base: float, head: float, winner: str) -> None:
    rows = cells({"perf": {name: base}, "ringbuf-reserve": {name: head}})
    assert judge(only(rows), name).winner == winner


def test_what_is_alone_has_nobody_to_win_against() -> None:
    line = judge(only([row(**{COST: 100.0})]), COST)
    assert (line.verdict, line.winner, line.against, line.n) == (Verdict.ALONE, None, "", "1")
