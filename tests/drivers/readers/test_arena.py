"""The reader's arena."""

from __future__ import annotations

import numpy as np
import pytest

from ringbench.drivers.readers.arena import CALL_LIMIT, COUNTING_BYTES, Arena
from ringbench.errors import InvalidMeasurementError
from ringbench.spec.event import EVENT
from ringbench.spec.record import LIFECYCLE, sample


def _put(arena: Arena, pids: list[int]) -> None:
    records = np.zeros(len(pids), EVENT)
    records["pid"] = records["seq"] = pids
    arena.room()[: len(pids)] = records.view(f"V{EVENT.itemsize}")
    arena.took(len(pids))
    arena.received(len(pids))


def test_events_come_out_in_the_order_of_their_blocks_each_with_its_time() -> None:
    arena = Arena(LIFECYCLE, 10, keep=True)
    for block in ([1, 2, 3], [], [4]):
        _put(arena, block)
    events = arena.events()
    assert events is not None
    assert events["pid"].tolist() == [1, 2, 3, 4]
    received = events["received_ns"].tolist()
    assert received[0] == received[1] == received[2] <= received[3]
    assert received[0] > 0
    assert arena.seq_sum == 10


def test_a_full_arena_is_said_and_nothing_is_dropped() -> None:
    arena = Arena(LIFECYCLE, 2, keep=True)
    _put(arena, [1, 2])
    with pytest.raises(InvalidMeasurementError, match="full after 2 events"):
        arena.room()
    events = arena.events()
    assert events is not None
    assert len(events) == 2


def test_an_arena_without_events_gives_none() -> None:
    events = Arena(LIFECYCLE, 5, keep=True).events()
    assert events is not None
    assert len(events) == 0


def test_an_arena_that_only_counts_stays_small_and_starts_again_when_it_is_full() -> None:
    arena = Arena(sample(64), 10**9, keep=False)
    assert arena.nbytes <= COUNTING_BYTES
    for _ in range(5):
        room = arena.room()
        assert 0 < len(room) <= CALL_LIMIT
        arena.took(len(room))
    assert arena.count == 5 * COUNTING_BYTES // 64
    assert arena.events() is None
