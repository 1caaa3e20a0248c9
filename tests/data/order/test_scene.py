"""A stretch to look at: the same one of every transport, with the latest event in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbench.data.order.scene import MOST_EVENTS, scenes
from ringbench.spec.event import DELIVERED, Events
from tests.data.order.recorded import Recorded


def recorded(stamps: list[int], cpus: list[int] | None = None, chunk: int = 1 << 18) -> Recorded:
    events: Events = np.zeros(len(stamps), DELIVERED)
    events["ts_ns"], events["cpu"] = stamps, cpus or 0
    return Recorded(events, chunk)


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_it_is_the_same_stretch_of_each_around_the_latest_event(chunk: int) -> None:
    saw = recorded([100, 110, 200, 220, 240, 210, 230, 900], [0, 0, 0, 0, 0, 1, 1, 0], chunk)
    ring = recorded([100, 110, 200, 210, 220, 240, 230, 900], [0, 0, 0, 1, 0, 0, 1, 0], chunk)
    seen = scenes({"perf": saw, "ring": ring})
    first, second = seen["perf"], seen["ring"]
    # 210 came after 240: 30 late. From 180 to 270, which is 80 after the first stamp.
    assert (first.begin_ns, first.length_ns) == (second.begin_ns, second.length_ns) == (80, 90)
    assert list(first.after_ns) == [20, 40, 60, 30, 50]
    assert list(first.cpu) == [0, 0, 0, 1, 1]
    assert list(first.late) == [False, False, False, True, True]
    assert (first.events, first.late_events, first.latest_ns, first.every) == (5, 2, 30, 1)
    assert list(second.after_ns) == [20, 30, 40, 60, 50]
    assert (second.events, second.late_events, second.latest_ns) == (5, 1, 10)


def test_without_a_late_event_there_is_nothing_to_see() -> None:
    assert scenes({}) == {}
    assert scenes({"perf": recorded([]), "ring": recorded([1, 2, 2, 3])}) == {}


def test_a_transport_that_got_nothing_of_it_has_an_empty_scene() -> None:
    seen = scenes({"perf": recorded([500, 400]), "ring": recorded([])})
    assert (seen["ring"].events, len(seen["ring"].place), seen["ring"].late_events) == (0, 0, 0)


def test_one_with_more_events_than_a_picture_shows_is_thinned_and_says_so() -> None:
    stamps = [*range(5_000, 10_000), *range(5_000)]
    seen = scenes({"perf": recorded(stamps)})["perf"]
    assert seen.events == 10_000
    assert seen.every == 20
    assert len(seen.place) == len(seen.after_ns) == len(seen.cpu) == len(seen.late) == MOST_EVENTS
    assert list(seen.place[:3]) == [0, 20, 40]
    assert seen.late_events == 5_000  # of all, not of those that are drawn


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), max_size=40), st.integers(1, 50))
def test_any_stamps_at_all_are_counted_as_they_are(stamps: list[int], chunk: int) -> None:
    seen = scenes({"any": recorded(stamps, chunk=chunk)})
    highest, worst = 0, 0
    for stamp in stamps:
        highest = max(highest, stamp)
        worst = max(worst, highest - stamp)
    assert bool(seen) == (worst > 0)
    for scene in seen.values():
        assert scene.latest_ns == worst
        assert scene.late_events >= 1
        assert (scene.after_ns >= 0).all()
