"""The whole analysis of one recording, in a few readings of it.

1. As it was delivered: lateness, ranks, lives, latency.
2. Merged within each pass of the reader, for a ring per CPU.
3. Sorted behind windows that the first reading found; in the same go lives with a violation are picked out, and
   quantiles of latency are found to the nanosecond.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ringbench.data.order import groups
from ringbench.data.order.chunk import Source
from ringbench.data.order.distribution import QUANTILES
from ringbench.data.order.examples import Worst
from ringbench.data.order.latency import Quantiles
from ringbench.data.order.readings import Delivered, Merged, Readings, Tell
from ringbench.data.order.result import Causes, Order, Reading

OVERLAP_NS = 5_000
"""How long two submissions can overlap, where nobody measured what one takes."""


def analyse(
    source: Source, transport: str, *, shared_ring: bool | None, overlap_ns: int = OVERLAP_NS, tell: Tell | None = None
) -> Order:
    """Return all there is to say of the order and the latency of *source*, exactly.

    *shared_ring*: whether all CPUs write to one ring; None: not known, and a ring per CPU is supposed. *overlap_ns*:
    how long two submissions can overlap. Memory: 16 to 40 bytes a life, and 64 for each event that the disorder reaches
    back. Raises MissingRequirementError without the compiled loops, and what *source* raises.
    """
    with ThreadPoolExecutor(1) as threads:
        readings = Readings(source, overlap_ns, threads, tell or (lambda what, events: None))
        first = readings.as_delivered()
        merged = None if shared_ring or len(first.cpus) < 2 else readings.merged(blocks=first.in_blocks)
        quantiles, worst = Quantiles(first.latency, {**QUANTILES, "max": (1, 1)}), Worst(first.lives.worst)
        windows = readings.held(first, quantiles, worst)
        readings.until_exact(quantiles)
    delivered, extent, ranks = first.figures(quantiles.found), source.extent, first.ranks
    return Order(
        transport=transport,
        events=extent.events,
        seconds=(extent.last_ns - extent.first_ns) / 1e9,
        cpus=len(first.cpus),
        shared_ring=shared_ring,
        lives=first.lives.judged,
        cross_cpu_lives=first.lives.moved,
        delivered=delivered,
        merged=merged.reading if merged else None,
        passes=merged.passes if merged else None,
        kendall_inversions=ranks.inversions,
        displaced_events=int(ranks.state.displaced),
        max_displacement=int(ranks.state.max_displacement),
        lateness=first.lateness.late.spread(delivered.max_lateness_ns),
        displacement=ranks.displacement.spread(int(ranks.state.max_displacement)),
        needed=ranks.needed.spread(int(ranks.state.max_needed)),
        overlap_ns=overlap_ns,
        causes=_causes(delivered, merged, first),
        windows=windows,
        by_kind=groups.by_kind(first.lateness.kinds),
        span_s=first.lateness.span_ns / 1e9,
        by_span=groups.by_span(first.lateness.spans) if extent.events else (),
        by_pair=groups.by_pair(first.lateness.pairs) if first.lateness.pairs.size or not extent.events else None,
        batching=first.latency.batching.spread(),
        blocks=int(first.latency.state.blocks),
        before_stamp=first.latency.negative,
        most_waiting=ranks.most_held,
        examples=worst.examples(source),
    )


def _causes(delivered: Reading, merged: Merged | None, first: Delivered) -> Causes:
    """Split what was counted. A stream that no merging was asked for comes from one ring: its reader makes nothing."""
    remains = (merged and merged.reading) or delivered
    known = merged is None or merged.reading is not None
    return Causes(
        inversions_reader=delivered.timestamp_inversions - remains.timestamp_inversions if known else None,
        inversions_stamp=remains.close_swaps,
        inversions_transport=remains.timestamp_inversions - remains.close_swaps,
        violations_reader=delivered.causal_violations - remains.causal_violations if known else None,
        violations_transport=remains.causal_violations,
        violations_by_pid=first.by_pid.violations,
        births_used_twice=first.lives.used_twice,
    )
