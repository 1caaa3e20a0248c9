"""Disorder by kind of event, by span of time and by pair of CPUs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ringbench.data.order.distribution import nearest_rank
from ringbench.data.order.result import Group, Pair
from ringbench.spec.event import KINDS

Counted = npt.NDArray[np.void]
"""Structured, dtype GROUP."""


def by_kind(kinds: Counted) -> dict[str, Group]:
    """Return the group of each kind."""
    return {name: _group(kinds[place]) for place, name in enumerate(KINDS)}


def by_span(spans: Counted) -> tuple[Group, ...]:
    """Return the group of each span of time, in its order."""
    return tuple(_group(span) for span in spans)


def by_pair(pairs: Counted) -> tuple[Pair, ...]:
    """Return the pairs of CPUs (shape cpus × cpus) that have late events or inversions, most late events first."""
    found = [
        Pair(**{**vars(_group(pairs[cpu, ahead])), "events": None}, cpu=int(cpu), ahead_cpu=int(ahead))
        for cpu, ahead in np.argwhere((pairs["late"] > 0) | (pairs["inversions"] > 0))
    ]
    return tuple(sorted(found, key=lambda pair: (-pair.late_events, pair.cpu, pair.ahead_cpu)))


def _group(counted: np.void) -> Group:
    return Group(
        events=int(counted["events"]),
        late_events=int(counted["late"]),
        timestamp_inversions=int(counted["inversions"]),
        max_lateness_ns=int(counted["max_lateness_ns"]),
        lateness_p50_ns=_octave(counted["lateness"], (1, 2)),
        lateness_p99_ns=_octave(counted["lateness"], (99, 100)),
        max_displacement=int(counted["max_displacement"]),
        displacement_p50=_octave(counted["displacement"], (1, 2)),
        displacement_p99=_octave(counted["displacement"], (99, 100)),
    )


def _octave(counts: npt.NDArray[np.uint32], share: tuple[int, int]) -> int | None:
    """Return the quantile of what was counted by doublings, as the power of two above it; None of nothing."""
    counted = np.cumsum(counts, dtype=np.uint64)
    if not counted[-1]:
        return None
    return 1 << int(np.searchsorted(counted, np.uint64(nearest_rank(share, int(counted[-1])))))
