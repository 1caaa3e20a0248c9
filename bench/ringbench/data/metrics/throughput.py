"""How much arrived per second of the measured window.

With any reader but the Python callback this measures the producer, not the reader: read it beside the cost columns
and the reader's capacity.
"""

from __future__ import annotations

from ringbench.data.metrics.gate_rule import OTHERWISE, GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Panel, Section


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
    question="How much arrived a second?",
    columns=(
        Column(
            "events_per_s",
            "events/s",
            "higher",
            "Events delivered per second",
            integer=False,
            judged=GateRule("ratio", 0.05, place=6, modes=("isolated",), flat_out=True),
            lead=("The reader got", ""),
            panel=Panel(title="Events delivered per second"),
            on_card=True,
        ),
        Column(
            "bytes_per_s",
            "bytes/s",
            "higher",
            "Payload delivered per second",
            integer=False,
            not_judged=OTHERWISE,
        ),
    ),
    compute=_compute,
    section=Section(
        place=3,
        better="was faster",
        reading="What was delivered a second while the workload ran. Where nothing was lost, the workload set the "
        "pace: this is then how much the transport slowed it down, and not the most that the transport can carry. "
        "Where much was lost, the reader's pace and the buffer's size set it. What a reader can take at most is "
        "another question: capacity.",
        timed=True,
        flat_out=True,
        caption="Further right is more. Where nothing was lost, the workload set the pace, and a row says how much the "
        "transport slowed the workload down. It does not show the most that a transport can carry.",
    ),
)
