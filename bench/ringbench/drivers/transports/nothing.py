"""No transport: probes that make a record, count it, and send it nowhere. It shows what they cost by themselves."""

from __future__ import annotations

from ringbench.drivers.transport import Transport

NOTHING = Transport(
    name="nothing",
    shape="shared-ring",
    library="ringbuf",
    map_name="",
    submit="submit_nothing",
    source="nothing.h",
    wakeups=("none",),
    description="no transport: records are made, counted and sent nowhere",
    round_size=lambda asked, cpus: 0,
    physical_bytes=lambda data, cpus: 0,
    stride=lambda record: 0,
)
