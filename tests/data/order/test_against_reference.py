"""Every loop against the plain reference, on small recordings with many ties, reused pids and few CPUs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbench.analysis.order.table import figures, kinds, remains
from ringbench.analysis.order.text import answer
from ringbench.analysis.quantities import NOT_MEASURED
from ringbench.data.metrics import latency, ordering
from ringbench.data.metrics.recording import Recording
from ringbench.data.order import Order, analyse
from ringbench.data.order import displacement as ranks_module
from ringbench.spec.event import EVENT, FORK, SWITCH, SWITCHED, Events
from tests.data.order import reference
from tests.data.order.recorded import Recorded

rows = st.lists(
    st.tuples(
        st.integers(0, 40),  # stamps: few, so that they tie
        st.integers(0, 60),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 7),  # births: 0 is no life
    ),
    max_size=40,
)
chunks = st.sampled_from([1, 2, 3, 7, 1000])


@pytest.fixture(scope="module", autouse=True)
def _merge_often() -> None:
    """Merge from the third event on, where a real recording waits for a quarter of a million."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranks_module, "CHUNK", 3)
        yield


def recording(drawn: list[tuple[int, int, int, int, int]]) -> Events:
    """Return events whose reader looked at the clock in order, as every reader does."""
    events = reference.events_of(drawn)
    events["received_ns"] = np.maximum.accumulate(events["received_ns"])
    return events


def analysed(events: Events, chunk: int, **more: object) -> Order:
    return analyse(Recorded(events, chunk), "perf", **{"shared_ring": False, **more})  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(rows, chunks)
def test_the_contracts_columns_are_those_of_the_metrics(drawn: list[tuple[int, ...]], chunk: int) -> None:
    events = recording(drawn)
    known = Recording(1.0, len(events), 0, len(events), 64, residual=0, events=events)
    expected = {**latency.METRIC.compute(known), **ordering.METRIC.compute(known)}
    assert analysed(events, chunk).as_row() == expected


def test_switches_alone_are_told_without_lives_and_by_their_own_size() -> None:
    drawn = [(30, 0, 0, SWITCH, 0), (10, 0, 1, SWITCH, 0), (20, 0, 0, SWITCH, 0)]
    switches, mixed = analysed(recording(drawn), 3), analysed(recording([*drawn, (40, 0, 0, FORK, 1)]), 3)
    assert not switches.of_lives
    assert mixed.of_lives
    assert switches.windows[-1].held_bytes == switches.windows[-1].held_events * SWITCHED.itemsize > 0
    assert mixed.windows[-1].held_bytes == mixed.windows[-1].held_events * EVENT.itemsize
    assert "came late, by 20 ns at most. Held" in answer(switches)
    assert "at most; no causal violation among them. Held" in answer(mixed)
    assert [row[0] for row in kinds(switches).rows] == ["switch"]
    assert "Causal violations" not in [row[0] for row in figures(switches).rows]
    assert "Causal violations" in [row[0] for row in figures(mixed).rows]
    assert {row[4] for row in remains(switches).rows} == {NOT_MEASURED}
    assert {row[4] for row in remains(mixed).rows} == {"0"}


@settings(max_examples=40, deadline=None)
@given(rows, chunks, st.integers(0, 20))
def test_inversions_lateness_and_displacement(drawn: list[tuple[int, ...]], chunk: int, overlap: int) -> None:
    events = recording(drawn)
    stamps = events["ts_ns"].tolist()
    found = analysed(events, chunk, overlap_ns=overlap)
    count, same_cpu, apart = reference.inversions(events)
    assert found.kendall_inversions == reference.kendall(stamps)
    assert found.delivered.timestamp_inversions == count
    assert found.delivered.same_cpu_inversions == same_cpu
    assert found.delivered.close_swaps == sum(distance <= overlap for distance in apart)
    late = [high - stamp for high, stamp in zip(reference.seen(stamps), stamps, strict=True)]
    assert dict(found.lateness.counts).keys() <= {value for value in range(64)}
    assert sum(count for _, count in found.lateness.counts) == len(events)
    assert found.lateness.max == (max(late) if late else None)
    moved = reference.displacements(stamps)
    assert found.displaced_events == sum(distance > 0 for distance in moved)
    if moved:
        for name, part in (("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)):
            assert getattr(found.lateness, name) == reference.nearest_rank(late, part)
            assert getattr(found.displacement, name) == reference.nearest_rank(moved, part)
            assert getattr(found.batching, name) == reference.nearest_rank(reference.batching(events), part)


@settings(max_examples=40, deadline=None)
@given(rows, chunks)
def test_groups_add_up_and_are_of_their_events(drawn: list[tuple[int, ...]], chunk: int) -> None:
    events = recording(drawn)
    stamps, found = events["ts_ns"].tolist(), analysed(events, chunk)
    high = reference.seen(stamps)
    moved = np.zeros(len(events), int)
    moved[sorted(range(len(stamps)), key=lambda at: (stamps[at], at))] = reference.displacements(stamps)
    for kind, (name, group) in enumerate(found.by_kind.items()):
        mine = [at for at in range(len(events)) if events["kind"][at] == kind]
        assert group.events == len(mine), name
        assert group.late_events == sum(high[at] > stamps[at] for at in mine)
        assert group.max_lateness_ns == max((high[at] - stamps[at] for at in mine), default=0)
        assert group.max_displacement == max((moved[at] for at in mine), default=0)
        assert group.timestamp_inversions == sum(at > 0 and stamps[at] < stamps[at - 1] for at in mine)
    spans = found.by_span
    assert sum(span.events or 0 for span in spans) == len(events)
    assert sum(span.late_events for span in spans) == found.delivered.late_events
    assert found.by_pair is not None
    assert sum(pair.late_events for pair in found.by_pair) == found.delivered.late_events
    assert sum(pair.timestamp_inversions for pair in found.by_pair) == found.delivered.timestamp_inversions
    expected: dict[tuple[int, int], int] = {}
    ahead = -1
    for at, event in enumerate(events):
        if ahead < 0 or stamps[at] >= stamps[ahead]:
            ahead = at
        if stamps[at] < stamps[ahead]:
            pair = int(event["cpu"]), int(events["cpu"][ahead])
            expected[pair] = expected.get(pair, 0) + 1
    assert {(pair.cpu, pair.ahead_cpu): pair.late_events for pair in found.by_pair if pair.late_events} == expected


@settings(max_examples=40, deadline=None)
@given(rows, chunks)
def test_windows_are_the_shortest_and_do_what_they_say(drawn: list[tuple[int, ...]], chunk: int) -> None:
    events = recording(drawn)
    stamps, received = events["ts_ns"].tolist(), events["received_ns"].tolist()
    needs = reference.needed(stamps)
    for window, part in zip(analysed(events, chunk).windows, (9900, 9990, 9999, 10000), strict=bool(drawn)):
        assert window.window_ns == sorted(needs)[max(1, -(-part * len(needs) // 10000)) - 1]
        held = reference.hold(stamps, received, window.window_ns)
        assert window.late_events == len(held.late)
        assert window.held_events == held.most
        assert window.held_at_end == held.at_end
        assert window.held_bytes == (24 if set(events["kind"]) == {SWITCH} else 56) * held.most
        if held.latencies:
            assert window.latency.max == max(held.latencies)
            assert window.latency.p50 == reference.nearest_rank(held.latencies, 500)
            assert window.latency.p99 == reference.nearest_rank(held.latencies, 990)


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[int, int, int, int, int]]:
    """Lives whose stamps agree with their causes, delivered in any order."""
    events = []
    for birth in range(1, draw(st.integers(1, 8)) + 1):
        at = draw(st.integers(0, 30))
        kinds = [0] * draw(st.integers(0, 1)) + [1] * draw(st.integers(0, 2)) + [2] * draw(st.integers(0, 1))
        for kind in kinds:
            events.append((at, 0, draw(st.integers(0, 3)), kind, birth))
            at += draw(st.integers(1, 20))
    return [(*event[:1], 100 + place, *event[2:]) for place, event in enumerate(draw(st.permutations(events)))]


@settings(max_examples=40, deadline=None)
@given(lives(), chunks)
def test_what_windows_and_merging_leave_of_violations(drawn: list[tuple[int, ...]], chunk: int) -> None:
    events = recording(drawn)
    stamps, received = events["ts_ns"].tolist(), events["received_ns"].tolist()
    found = analysed(events, chunk)
    delivered = reference.early(events, list(range(len(events))))
    assert found.delivered.causal_violations == len(delivered)
    assert found.causes.violations_by_pid == len(reference.early(events, list(range(len(events))), "pid"))
    for window in found.windows:
        out = reference.hold(stamps, received, window.window_ns).out
        assert window.causal_violations == len(reference.early(events, out) & delivered)
    if found.merged is not None:
        order = reference.merged(events, blocks=False)
        assert found.merged.causal_violations == len(reference.early(events, order))


@settings(max_examples=40, deadline=None)
@given(rows, chunks)
def test_passes_merged(drawn: list[tuple[int, ...]], chunk: int) -> None:
    events = recording(drawn)
    found = analysed(events, chunk)
    blocks = 2 * len(np.unique(events["received_ns"])) < len(events)
    if found.merged is None:
        assert len(np.unique(events["cpu"])) < 2
        return
    order = reference.merged(events, blocks=blocks)
    again = events[order]
    assert found.passes == len(reference.passes(events, blocks=blocks))
    assert found.merged.timestamp_inversions == ordering.timestamp_inversions(again["ts_ns"])
    assert found.merged.late_events == ordering.late_events(again["ts_ns"])
    assert found.merged.causal_violations == ordering.causal_violations(again["birth"], again["kind"])
    last = {place: taken[-1] for taken in reference.passes(events, blocks=blocks) for place in taken}
    waited = [
        max(0, int(events["received_ns"][last[place]]) - int(events["ts_ns"][place])) for place in range(len(events))
    ]
    assert found.merged.latency.max == max(waited)
    assert found.merged.latency.p50 == reference.nearest_rank(waited, 500)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=20))
def test_quantiles_of_latency_are_values_that_were_measured(values: list[int]) -> None:
    events = reference.events_of([(2**62 - value, 2**62, 0, 0, 1) for value in values])
    found = analysed(events, 7).delivered.latency
    for name, part in (("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999), ("max", 1000)):
        assert getattr(found, name) == reference.nearest_rank(values, part)
