"""When a reader looks: what wakes one that waits in io_uring, and when it looks again unasked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from ringbench.drivers.readers.arena import CALL_LIMIT
from ringbench.drivers.transports import TRANSPORTS
from ringbench.drivers.waits import Wait
from ringbench.errors import MissingRequirementError
from ringbench.kernel.uring_poll import UringPoll
from ringbench.run.trials.read_loop import ReadLoop


class Counter:
    """A reader of a counter: a wake-up is a write to its descriptor, records are what *there* says."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0)
        self.descriptors = (self.fd,)
        self.delivered = self.looks = self.there = 0

    def submit(self, records: int, *, wake: bool) -> None:
        self.there += records
        if wake:
            os.eventfd_write(self.fd, 1)

    def drain(self) -> int:
        taken = min(self.there, CALL_LIMIT)
        self.looks += 1
        self.there -= taken
        self.delivered += taken
        return taken


@pytest.fixture
def counters() -> Iterator[list[Counter]]:
    made = [Counter(), Counter()]
    try:
        UringPoll((made[0].fd,), 0.0).close()
    except MissingRequirementError as error:
        pytest.skip(str(error))
    yield made
    for each in made:
        os.close(each.fd)


def read_loop(counters: list[Counter], *names: str) -> ReadLoop:
    return ReadLoop(counters, [TRANSPORTS[name] for name in names], Wait("uring"))  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [("perf", "perf"), ("perf", "ringbuf-reserve")])
def test_it_looks_when_any_ring_wakes_it_and_not_before(counters: list[Counter], names: tuple[str, str]) -> None:
    made = read_loop(counters, *names)
    counters[1].submit(3, wake=False)
    assert made.step(None) == 0
    assert counters[1].looks == 0, "nobody woke it"
    for place in (0, 1, 1):
        counters[place].submit(2, wake=True)
        before = counters[0].delivered + counters[1].delivered
        while made.step(None):
            pass
        assert counters[0].there == counters[1].there == 0
        assert counters[0].delivered + counters[1].delivered > before
    assert made.counters().delivered == (2, 7)
    assert made.counters().wakeups == 3, "a wait that brings nothing is no wake-up"
    made.close()


def test_it_looks_at_a_ringbuf_again_until_nothing_is_left(counters: list[Counter]) -> None:
    made = read_loop(counters, "perf", "ringbuf-per-cpu")
    counters[1].submit(1, wake=True)
    assert made.step(None) == 1
    counters[1].submit(5, wake=False)  # committed when the consumer's position had not reached it
    assert made.step(None) == 5
    assert made.step(None) == 0
    looks = counters[1].looks
    assert made.step(None) == 0
    assert counters[1].looks == looks, "then it sleeps"
    made.close()


def test_what_a_call_leaves_in_a_ringbuf_is_taken_by_the_next(counters: list[Counter]) -> None:
    made = read_loop(counters, "ringbuf-reserve", "perf")
    counters[0].submit(CALL_LIMIT + 7, wake=True)
    assert made.step(None) == CALL_LIMIT
    assert made.step(None) == 7
    assert made.counters().wakeups == 2
    made.close()


def test_perf_is_looked_at_when_it_wakes_only(counters: list[Counter]) -> None:
    made = read_loop(counters, "ringbuf-reserve", "perf")
    counters[1].submit(500, wake=True)
    assert made.step(None) == 500
    counters[1].submit(20, wake=False)
    assert made.step(None) == 0
    assert counters[1].there == 20
    made.close()


def test_a_wait_ends_with_its_time_where_nobody_wakes(counters: list[Counter]) -> None:
    made = read_loop(counters, "perf", "perf")
    for each in counters:
        os.close(each.fd)
        each.fd = os.eventfd(0)  # who wrote to it is gone: the poll holds what it polls
    before = time.monotonic()
    assert made.step(None) == 0
    assert time.monotonic() > before
    made.close()
