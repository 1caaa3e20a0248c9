"""How much arrived per second of the measured window.

With any reader but the Python callback this measures the producer, not the reader: read it beside the cost columns
and the reader's capacity.
"""

from __future__ import annotations

from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording


def rate(amount: int | None, wall_s: float) -> float | None:
    """Return *amount* per second of *wall_s* seconds, or None for a window that has no length (0, negative, NaN)."""
    return amount / wall_s if amount is not None and wall_s > 0 else None


def _compute(recording: Recording) -> dict[str, Number | None]:
    # Payload only: the transports' own headers differ (8 bytes against 12 and padding) and carry nothing for a user.
    payload = None if recording.delivered is None else recording.delivered * recording.record_bytes
    return {
        "events_per_s": rate(recording.delivered, recording.wall_s),
        "bytes_per_s": rate(payload, recording.wall_s),
    }


METRIC = Metric(
    name="throughput",
    question="How much arrives per second?",
    columns=(
        Column("events_per_s", "events/s", "higher", "Events delivered per second", integer=False),
        Column("bytes_per_s", "bytes/s", "higher", "Payload delivered per second", integer=False),
    ),
    compute=_compute,
)
