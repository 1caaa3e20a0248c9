"""`batch:N`: one record in N of each CPU wakes the reader."""

from __future__ import annotations

from ringbench.spec.wakeups.kind import WakeupKind


def _number(text: str) -> int:
    return int(text) if text.isascii() else 0


KIND = WakeupKind(
    name="batch",
    usage="batch:N",
    description="one record in N of each CPU wakes the reader (perf: wakeup_events=N)",
    define=lambda n: f"-DWAKE_BATCH={n}",
    perf_records=lambda n: n,
    least_bytes=lambda n, stride: n * stride,
    parse=_number,
    example="batch:500",
    place=4,
)
