"""A trial's account: what the producers and the reader counted, and what the reading thread did meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ringbench.data.metrics import Recording
from ringbench.kernel.program import Account
from ringbench.run.trials.account import TrialAccount
from ringbench.run.trials.read_loop import ReaderCounters
from ringbench.run.trials.reader_account import ReaderAccount, stranded_age_ns
from ringbench.spec.event import DELIVERED


def events(*stamps: int) -> Any:
    found = np.zeros(len(stamps), DELIVERED)
    found["ts_ns"] = stamps
    return found


def program(**changed: Any) -> Any:
    counted = Account(**{"attempted": 10, "failed": 3, "failed_by_code": {"EAGAIN": 3}, "seq_sum": 45, **changed})
    return SimpleNamespace(account=lambda transport: counted)


def reader(lost: dict[str, int] | None = None, delivered: int = 7, stamps: tuple[int, ...] = ()) -> Any:
    kept = events(*stamps) if stamps else None
    return SimpleNamespace(count_lost=lambda: lost or {}, delivered=delivered, seq_sum=40, events=lambda: kept)


def of(loaded: Any, source: Any) -> TrialAccount:
    return TrialAccount.of(loaded, SimpleNamespace(name="made-up"), source)  # type: ignore[arg-type]


def test_both_sides_are_in_the_account() -> None:
    found = of(program(refused_seq_sum=5), reader())
    recording = found.recording(2.0, 56)
    assert (recording.attempted, recording.failed, recording.delivered) == (10, 3, 7)
    assert (recording.wall_s, recording.record_bytes, recording.residual) == (2.0, 56, None)
    assert recording.checksum is not None
    assert recording.checksum.holds is True


def test_what_was_lost_unseen_is_counted_and_its_numbers_are_not_known() -> None:
    found = of(program(refused_seq_sum=5), reader({"overwritten": 2}, delivered=5))
    assert found.failed == 5
    assert found.failed_by_code == {"EAGAIN": 3, "overwritten": 2}
    assert found.checksum is not None
    assert found.checksum.holds is None


@pytest.mark.parametrize(("loaded", "source"), [(None, None), (program(refused_seq_sum=5), None)])
def test_without_program_or_reader_their_side_is_null(loaded: Any, source: Any) -> None:
    recording = of(loaded, source).recording(1.0, 0)
    assert (recording.attempted, recording.failed) == ((None, None) if loaded is None else (10, 3))
    assert recording.delivered is None
    assert recording.checksum is None


def taken(readers: int) -> ReaderAccount:
    begun, ended = ReaderCounters(100, 10, 1, (2,) * readers), ReaderCounters(900, 14, 6, (5,) * readers)
    return ReaderAccount(begun, ended, ReaderCounters(950, 15, 7, (6,) * readers), tail_ns=30, found_ns=1000)


def test_a_reader_s_part_of_window_and_drain() -> None:
    empty = Recording(1.0, 7, 0, 7, 56)
    alone = taken(1).add_to(empty, 0, reader(delivered=8, stamps=(500, 700, 600)))
    assert (alone.consumer_cpu_ns, alone.consumed, alone.wakeups, alone.context_switches) == (800, 3, 5, 4)
    assert (alone.residual, alone.tail_ns, alone.stranded_age_ns) == (2, 30, 400)
    assert alone.attempted == 7
    paired = taken(2).add_to(empty, 1, reader(delivered=6))
    assert (paired.consumer_cpu_ns, paired.consumed, paired.wakeups) == (None, None, 5)
    assert (paired.residual, paired.stranded_age_ns, paired.events) == (0, None, None)


def test_the_age_is_that_of_the_oldest_stranded_event() -> None:
    assert stranded_age_ns(events(10, 90, 40), 2, 100) == 60
    assert stranded_age_ns(events(10, 90, 40), 0, 100) is None
    assert stranded_age_ns(None, 2, 100) is None
