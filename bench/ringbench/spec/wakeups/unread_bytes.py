"""`bytes:N`: N unread bytes wake the reader."""

from __future__ import annotations

from ringbench.spec.wakeups.kind import WakeupKind
from ringbench.units import parse_bytes, show_bytes

KIND = WakeupKind(
    name="bytes",
    usage="bytes:N",
    description="N unread bytes wake the reader (perf: a watermark in each CPU's ring; ringbuf: forced at N)",
    define=lambda n: f"-DWAKE_BYTES={n}",
    perf_bytes=lambda n: n,
    least_bytes=lambda n, stride: n,
    parse=parse_bytes,
    show=show_bytes,
    example="bytes:16K",
    place=5,
)
