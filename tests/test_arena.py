"""The reader's arena."""

from __future__ import annotations

import numpy as np
import pytest

from bench.errors import MeasurementInvalid
from bench.event import EVENT
from bench.readers.arena import Arena


def test_events_come_out_in_the_order_of_their_blocks_each_with_its_time() -> None:
    arena = Arena(10)
    for block in ([1, 2, 3], [], [4]):
        records = np.zeros(len(block), EVENT)
        records["pid"] = block
        arena.room()[: len(block)] = records.view(f"V{EVENT.itemsize}")
        arena.received(len(block))
    events = arena.events()
    assert events["pid"].tolist() == [1, 2, 3, 4]
    received = events["received_ns"].tolist()
    assert received[0] == received[1] == received[2] <= received[3]
    assert received[0] > 0


def test_a_full_arena_is_said_and_nothing_is_dropped() -> None:
    arena = Arena(2)
    arena.received(2)
    with pytest.raises(MeasurementInvalid, match="full after 2 events"):
        arena.room()
    assert len(arena.events()) == 2


def test_an_arena_without_events_gives_none() -> None:
    assert len(Arena(5).events()) == 0
