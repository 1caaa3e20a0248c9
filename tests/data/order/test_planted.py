"""What was planted is found, exactly: in memory and in files, on few CPUs and on many."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ringbench.data.metrics import ordering
from ringbench.data.order import Order, analyse
from ringbench.data.order.chunk import CHUNK
from ringbench.data.order.file import EventsFile
from ringbench.spec.event import EXEC, EXIT, FORK
from tests.data.order.planted import LIVES, Planted, Recipe, drained_by_cpu
from tests.data.order.recorded import Recorded
from tests.data.order.reference import events_of


def found_in(order: Order) -> Planted:
    return Planted(
        events=order.events,
        causal_violations=order.delivered.causal_violations,
        timestamp_inversions=order.delivered.timestamp_inversions,
        kendall_inversions=order.kendall_inversions,
        late_events=order.delivered.late_events,
        max_lateness_ns=order.delivered.max_lateness_ns,
        max_displacement=order.max_displacement,
        lives=order.lives,
        cross_cpu_lives=order.cross_cpu_lives,
    )


@pytest.mark.parametrize("cpus", [1, 2, 64, 512])
@pytest.mark.parametrize("chunk", [1000, CHUNK])
def test_it_is_found(cpus: int, chunk: int) -> None:
    events, planted = Recipe(LIVES + 5_000, cpus=cpus, seed=cpus).events()
    order = analyse(Recorded(events, chunk), "ringbuf-reserve", shared_ring=True)
    assert planted.causal_violations > 40
    assert found_in(order) == planted
    assert order.windows[-1].late_events == order.windows[-1].causal_violations == 0
    assert order.causes.births_used_twice == 0
    assert order.causes.violations_by_pid > planted.causal_violations  # pids are reused, and a pid tells them not apart
    assert len(order.examples) == 10
    for example in order.examples:
        kinds = [event.kind for event in example.events]
        assert kinds[-1] == "fork"
        assert example.events[-1].place == example.cause_place
        assert {event.comm for event in example.events} == {b"planted"}


@pytest.mark.parametrize("cpus", [2, 513])
def test_it_is_found_in_a_file(tmp_path: Path, cpus: int) -> None:
    recipe = Recipe(3 * LIVES, cpus=cpus)
    planted = recipe.write(tmp_path / "events.parquet")
    (stream,) = EventsFile(tmp_path / "events.parquet").streams().values()
    order = analyse(stream, "ringbuf-reserve", shared_ring=True)
    assert found_in(order) == planted
    events, _ = recipe.events()
    assert order == analyse(Recorded(events), "ringbuf-reserve", shared_ring=True)
    assert (order.by_pair is None) == (cpus > 512)


def test_a_reader_that_takes_one_ring_after_the_other_makes_all_of_the_disorder() -> None:
    events, _ = Recipe(LIVES, cpus=64, swaps=0, moved_forks=0).events()
    order = analyse(Recorded(drained_by_cpu(events)), "perf", shared_ring=False)
    assert order.delivered.timestamp_inversions > 100
    assert order.delivered.causal_violations > 100
    assert order.merged is not None
    assert (order.merged.timestamp_inversions, order.merged.causal_violations, order.merged.late_events) == (0, 0, 0)
    assert order.causes.inversions_reader == order.delivered.timestamp_inversions
    assert order.causes.violations_reader == order.delivered.causal_violations
    assert order.causes.inversions_stamp == order.causes.inversions_transport == order.causes.violations_transport == 0
    assert order.passes == len(np.unique(events["ts_ns"] // 10_000_000))
    assert order.windows[-1].window_ns <= 10_000_000


@pytest.mark.parametrize("n", [2, 3, 10, 1000, CHUNK + 10])
def test_permutations_with_a_known_number_of_inversions(n: int) -> None:
    stamps = np.arange(1, n + 1)
    for order, inversions in (
        (stamps, 0),
        (stamps[::-1], n * (n - 1) // 2),
        (np.roll(stamps, 1), n - 1),
        (np.roll(stamps, n // 2), (n // 2) * (n - n // 2)),
        (np.ones(n, int), 0),
    ):
        events = np.zeros(n, events_of([]).dtype)
        events["ts_ns"], events["received_ns"] = order, n + 1
        assert analyse(Recorded(events), "perf", shared_ring=True).kendall_inversions == inversions


def life(*events: tuple[int, int, int], pid: int = 7) -> list[tuple[int, int, int, int, int]]:
    """Return rows of (stamp, kind, birth)."""
    return [(ts, 10_000, 0, kind, birth) for ts, kind, birth in events]


@pytest.mark.parametrize(
    ("name", "delivered", "violations"),
    [
        ("in order", life((1, FORK, 1), (2, EXEC, 1), (3, EXIT, 1)), 0),
        ("exit before exec and fork counts once", life((3, EXIT, 1), (2, EXEC, 1), (1, FORK, 1)), 2),
        ("a reused pid is another life", life((9, FORK, 2), (2, EXEC, 1), (3, EXIT, 1)), 0),
        ("the fork was dropped", life((3, EXIT, 1), (4, FORK, 2)), 0),
        ("a thread's exit before its fork", life((3, EXIT, 1), (1, FORK, 1)), 1),
        ("an exec was dropped", life((1, FORK, 1), (3, EXIT, 1)), 0),
        ("two execs before the fork", life((2, EXEC, 1), (3, EXEC, 1), (1, FORK, 1)), 2),
        ("a fork of a fork, both late", life((5, EXIT, 2), (3, FORK, 2), (4, EXIT, 1), (1, FORK, 1)), 2),
        ("stamps that tie", life((1, EXEC, 1), (1, FORK, 1), (1, EXIT, 1)), 1),
        ("an exit without a fork", life((3, EXIT, 1)), 0),
        ("before the session", life((3, EXIT, 0), (1, FORK, 0)), 0),
    ],
)
def test_violations(name: str, delivered: list[tuple[int, int, int, int, int]], violations: int) -> None:
    events = events_of(delivered)
    order = analyse(Recorded(events), "perf", shared_ring=None)
    assert order.delivered.causal_violations == violations, name
    assert ordering.causal_violations(events["birth"], events["kind"]) == violations


def test_a_life_with_thousands_of_execs_is_counted_whole_and_shown_by_its_ends() -> None:
    execs = [(100 + at, 10**6, 0, EXEC, 1) for at in range(5000)]
    order = analyse(Recorded(events_of([*execs, (1, 10**6, 1, FORK, 1)])), "perf", shared_ring=True)
    assert order.delivered.causal_violations == 5000
    (example,) = order.examples
    assert len(example.events) <= 12
    assert example.events[-1].kind == "fork"


def test_a_birth_that_two_forks_bear_is_told() -> None:
    events = events_of([(1, 9, 0, FORK, 1), (2, 9, 0, EXIT, 1), (3, 9, 0, FORK, 1)])
    assert analyse(Recorded(events), "perf", shared_ring=True).causes.births_used_twice == 1


def test_no_event_and_one() -> None:
    nothing = analyse(Recorded(events_of([])), "perf", shared_ring=False)
    assert (nothing.events, nothing.windows, nothing.examples, nothing.delivered.latency.p50) == (0, (), (), None)
    one = analyse(Recorded(events_of([(5, 9, 3, EXIT, 1)])), "perf", shared_ring=False)
    assert (one.events, one.delivered.latency.p50, one.delivered.latency.max) == (1, 4, 4)
    assert {dataclasses.replace(window, share="", latency=one.delivered.latency) for window in one.windows} == {
        dataclasses.replace(one.windows[0], share="", latency=one.delivered.latency)
    }


def test_time_that_goes_backwards_on_a_cpu_is_disorder_of_that_cpu() -> None:
    events = events_of([(9, 20, 0, FORK, 1), (5, 20, 0, FORK, 2), (8, 20, 0, FORK, 3)])
    order = analyse(Recorded(events), "ringbuf-reserve", shared_ring=True)
    assert (order.delivered.timestamp_inversions, order.delivered.same_cpu_inversions) == (1, 1)
    assert order.delivered.late_events == 2
    assert order.by_pair is not None
    assert [(pair.cpu, pair.ahead_cpu, pair.late_events) for pair in order.by_pair] == [(0, 0, 2)]


def test_an_event_received_before_its_stamp_is_told() -> None:
    order = analyse(Recorded(events_of([(9, 5, 0, FORK, 1), (9, 12, 0, FORK, 2)])), "perf", shared_ring=True)
    assert order.before_stamp == 1
    assert (order.delivered.latency.p50, order.delivered.latency.max) == (-4, 3)


@pytest.mark.parametrize(("field", "value", "said"), [("cpu", 8192, "CPU 8192"), ("kind", 5, "kind 5")])
def test_what_no_recording_has_is_refused(field: str, value: int, said: str) -> None:
    events = events_of([(1, 2, 0, FORK, 1)])
    events[field] = value
    with pytest.raises(ValueError, match=said):
        Recorded(events)


def test_stamps_that_lie_years_apart_take_no_memory() -> None:
    events = events_of([(0, 1, 0, FORK, 1), (2**62, 2**62 + 5, 1, EXIT, 1)])
    order = analyse(Recorded(events), "perf", shared_ring=True)
    assert len(order.by_span) <= 100_000
    assert order.delivered.latency.max == 5


def test_without_a_window_every_violation_is_left() -> None:
    straight = [(10 + at, 10_000, 0, FORK, 100 + at) for at in range(500)]
    rows = [(3, 10_000, 0, EXEC, 1), (2, 10_000, 1, FORK, 1), *straight]
    order = analyse(Recorded(events_of(rows)), "ringbuf-reserve", shared_ring=True)
    assert order.delivered.causal_violations == 1
    assert [(window.window_ns, window.causal_violations) for window in order.windows] == [
        (0, 1),
        (1, 0),
        (1, 0),
        (1, 0),
    ]
