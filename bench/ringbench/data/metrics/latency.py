"""How long an event takes from its stamp in the BPF program to the reader's hands.

Both stamps are CLOCK_MONOTONIC (``bpf_ktime_get_ns`` and ``time.monotonic_ns``), so their difference is a time. Only
what was delivered has a latency: where much was dropped, the survivors' figures flatter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ringbench.data.metrics.gate_rule import ONE_EVENT, GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Panel, Section
from ringbench.spec.event import Events

U8 = npt.NDArray[np.uint64]

_FURTHEST = np.uint64(np.iinfo(np.int64).max)


def latencies(events: Events) -> npt.NDArray[np.int64]:
    """Return ``received_ns - ts_ns`` of each event: i8, shape n, in ns, in delivery order.

    An event received before its stamp is an error somewhere, and shows as a negative number. Differences beyond what
    i8 holds (292 years, in a damaged file) stop at its bounds; nothing wraps.
    """
    stamped: U8 = events["ts_ns"]
    received: U8 = events["received_ns"]
    # Both are unsigned: subtracting the greater from the lesser would wrap, so take the distance and then its sign.
    distance = np.maximum(stamped, received) - np.minimum(stamped, received)
    signed: npt.NDArray[np.int64] = np.minimum(distance, _FURTHEST).astype(np.int64)
    return np.where(received < stamped, -signed, signed)


def percentile(values: npt.NDArray[np.int64], percent: int) -> int:
    """Return the nearest-rank percentile of *values* (i8, shape n): the ceil(percent/100 * n)-th smallest.

    It is always a value that was measured; percent 0 is the least. This is numpy's ``method="inverted_cdf"``
    (Hyndman & Fan 1996, definition 1), but its rank is computed in integers: in doubles, 0.55 * 100 exceeds 55 and the
    rank is one too high. Raises ValueError when *values* is empty or *percent* isn't within 0..100.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"percent must be within 0..100, not {percent}")
    return per_mille(values, 10 * percent)


def per_mille(values: npt.NDArray[np.int64], part: int) -> int:
    """Return the ceil(part/1000 * n)-th smallest of *values*, as :func:`percentile` does for hundredths.

    Raises ValueError when *values* is empty or *part* isn't within 0..1000.
    """
    if not len(values):
        raise ValueError("no percentile of no values")
    if not 0 <= part <= 1000:
        raise ValueError(f"part must be within 0..1000, not {part}")
    rank = max(1, -(-part * len(values) // 1000))
    return int(np.partition(values, rank - 1)[rank - 1])


def _compute(recording: Recording) -> dict[str, Number | None]:
    if recording.events is None or not len(recording.events):
        return dict.fromkeys(column.name for column in METRIC.columns)
    values = latencies(recording.events)
    return {
        "latency_p50_ns": percentile(values, 50),
        "latency_p90_ns": percentile(values, 90),
        "latency_p99_ns": percentile(values, 99),
        "latency_p999_ns": per_mille(values, 999),
        "latency_max_ns": percentile(values, 100),
    }


METRIC = Metric(
    name="latency",
    question="How long does an event take to reach the reader?",
    columns=(
        Column(
            "latency_p50_ns",
            "ns",
            "lower",
            "Median latency",
            integer=True,
            judged=GateRule("ratio", 0.20, place=7, woken=True),
            lead=("Half of the events were read within", ""),
            panel=Panel(title="Half of the events took at most"),
        ),
        Column(
            "latency_p90_ns",
            "ns",
            "lower",
            "90th percentile latency",
            integer=True,
            judged=GateRule("ratio", 0.30, place=8, woken=True),
        ),
        Column(
            "latency_p99_ns",
            "ns",
            "lower",
            "99th percentile latency",
            integer=True,
            not_judged="of a trial as short as the gate's it is a few events, and the host decides them; p90 is judged",
            lead=("99 in 100 events were read within", ""),
            panel=Panel(title="99 in 100 events took at most"),
        ),
        Column("latency_p999_ns", "ns", "lower", "99.9th percentile latency", integer=True, not_judged=ONE_EVENT),
        Column(
            "latency_max_ns",
            "ns",
            "lower",
            "Longest latency",
            integer=True,
            not_judged=ONE_EVENT,
            lead=("The slowest event took", ""),
            panel=Panel(title="The slowest event took"),
        ),
    ),
    compute=_compute,
    section=Section(
        place=9,
        better="was quicker",
        reading="From the event's stamp to the reader's hands. Where nobody is woken, it includes the wait for the "
        "next timed drain. Only delivered events have a latency: where many were dropped, it flatters.",
        timed=True,
        of_lives=True,
        caption="Further left is quicker; all panels share one scale. Where nobody is woken, most of it is the wait "
        "for the next timed drain, which is the reader's choice and not the transport's. Lost events have no latency "
        "and don't show.",
        one_scale=True,
    ),
)
