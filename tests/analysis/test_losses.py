from __future__ import annotations

from typing import Any

from ringbench.analysis.cells import cells_of
from ringbench.analysis.findings import finding
from ringbench.analysis.losses import Loss, sweeps
from ringbench.analysis.questions import DROPS
from tests.analysis.synthetic import KIB, Row, cells, view

LossesBySize = dict[int, tuple[Any, Any]]


def lost(by_size: LossesBySize, attempted: int = 20_000, **setting: Any) -> list[Row]:
    """Return paired rows in which perf and ringbuf-reserve lost what *by_size* says."""
    rows = []
    for asked, (perf, ringbuf) in by_size.items():
        columns = {
            "perf": {"attempted": attempted, "failed": perf},
            "ringbuf-reserve": {"attempted": attempted, "failed": ringbuf},
        }
        rows += cells(columns, **{"mode": "paired", "asked_bytes": asked, "buffer_bytes": asked, **setting})
    return rows


def said(by_size: LossesBySize, **setting: Any) -> list[str]:
    return [statement.text for statement in finding(view(lost(by_size, **setting)), DROPS).said]


SOME = [600, 620, 640, 660, 680]


def test_one_side_lost_nothing() -> None:
    first, smallest = said({64 * KIB: (SOME, 0)})
    assert first == (
        "With 64 KiB, ringbuf-reserve lost nothing (0 of 100,000 events) and perf lost 3.2 % [3, 3.4] of 20,000 events "
        "a repeat."
    )
    assert smallest == (
        "Smallest size tried that lost nothing in any repeat: perf none up to 64 KiB; "
        "ringbuf-reserve 64 KiB (0 of 100,000 lost: rate below 0.003 % at 95 % in 5 of 5 repeats)."
    )


def test_the_sides_reversed() -> None:
    assert said({64 * KIB: (0, SOME)})[0].startswith("With 64 KiB, perf lost nothing (0 of 100,000 events) and ringbuf")


def test_both_lost_and_one_lost_less() -> None:
    text = said({64 * KIB: (SOME, [n // 2 for n in SOME])})[0]
    assert text.endswith(": 0.5 ×, so ringbuf-reserve lost less.")


def test_both_lost_and_no_difference_is_shown() -> None:
    assert "; no difference shown (" in said({64 * KIB: (SOME, SOME[::-1])})[0]


def test_both_lost_the_same() -> None:
    assert said({64 * KIB: (SOME, SOME)})[0].endswith("; no difference in any repeat.")


def test_nobody_lost_anything() -> None:
    first, smallest = said({8 * KIB: (0, 0), 64 * KIB: (0, 0)})
    assert first == "With 8 KiB, nothing was lost: perf 0 of 100,000 events and ringbuf-reserve 0 of 100,000 events."
    assert "perf 8 KiB (0 of 100,000 lost" in smallest


def test_a_loss_in_one_repeat_is_not_rounded_to_nothing() -> None:
    first, smallest = said({64 * KIB: ([0, 0, 7, 0, 0], 0)})
    assert "perf lost 7 of 100,000 events, in 1 of 5 repeats" in first
    assert "no difference shown" in first
    assert "perf none up to 64 KiB" in smallest


def test_the_largest_size_with_a_loss_tells_most() -> None:
    sizes: LossesBySize = {8 * KIB: (9000, 8000), 64 * KIB: (SOME, 0), 256 * KIB: (0, 0)}
    first, smallest = said(sizes)
    assert first.startswith("With 64 KiB")
    assert "perf 256 KiB (" in smallest
    assert "ringbuf-reserve 64 KiB (" in smallest


def test_a_size_that_lost_nothing_below_one_that_lost_some_is_not_praised() -> None:
    assert (
        "perf 8 KiB (0 of 100,000 lost: rate below 0.003 % at 95 % in 5 of 5 repeats, though it lost some at 64 KiB)"
        in said({8 * KIB: (0, 0), 64 * KIB: (SOME, 0)})[1]
    )


def test_a_size_that_only_one_transport_has_counts_for_that_one() -> None:
    rows = lost({64 * KIB: (SOME, 0)})
    rows += [r for r in lost({256 * KIB: (0, 0)}) if r["transport"] == "perf"]
    smallest = finding(view(rows), DROPS).said[1].text
    assert "perf 256 KiB (" in smallest


def test_each_load_is_told_for_itself() -> None:
    rows = lost({64 * KIB: (SOME, 0)}) + lost({64 * KIB: (9000, 30)}, workload="burst", cpus="0")
    where = [statement.where for statement in finding(view(rows), DROPS).said]
    assert ["fork-exec" in w for w in where] == [True, False, True, False]


def test_nothing_attempted_is_no_loss_of_nothing() -> None:
    rows = lost({64 * KIB: (0, 0)}, attempted=0)
    assert finding(view(rows), DROPS).sentence.startswith("Not measured here")
    assert Loss.of(cells_of(view(rows).valid)[0]) is None


def test_a_trial_without_an_account_does_not_count() -> None:
    rows = lost({64 * KIB: (0, 0)})
    rows[0] |= {"failed": None, "delivered": None, "drop_rate": None}
    (sweep,) = sweeps(cells_of(view(rows).valid))
    assert [loss.repeats for loss in sweep.losses("perf")] == [4]
    assert [loss.attempted for loss in sweep.losses("perf")] == [80_000]


def test_unequal_sizes_are_named() -> None:
    rows = lost({96 * KIB: (SOME, 0)})
    for r in rows:
        r["buffer_bytes"] = 64 * KIB if r["transport"] == "perf" else 128 * KIB
    found = finding(view(rows), DROPS)
    assert found.sentence.endswith("Sizes not equal: of 96 KiB asked, perf had 64 KiB and ringbuf-reserve 128 KiB.")
    assert "perf none up to 64 KiB; ringbuf-reserve 128 KiB" in found.said[1].text
