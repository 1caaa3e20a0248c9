"""The transports: what carries an event from the BPF program to user space.

A transport is one C file under ``bpf/transport/`` that declares its map and its ``submit_…()``, and one
:class:`~bench.transports.transport.Transport` here that says what user space must know of it.
"""

from __future__ import annotations

from bench.errors import unknown_name
from bench.transports.nothing import NOTHING
from bench.transports.perf import PERF
from bench.transports.ringbuf import RINGBUF_OUTPUT, RINGBUF_RESERVE
from bench.transports.transport import PAGE, Shape, Transport

TRANSPORTS: dict[str, Transport] = {t.name: t for t in (PERF, RINGBUF_OUTPUT, RINGBUF_RESERVE)}


def transport(name: str) -> Transport:
    """Return the transport called *name*, or NOTHING by its name; UsageError lists the valid names."""
    if name == NOTHING.name:
        return NOTHING
    if name not in TRANSPORTS:
        raise unknown_name("transport", name, TRANSPORTS)
    return TRANSPORTS[name]


__all__ = ["NOTHING", "PAGE", "TRANSPORTS", "Shape", "Transport", "transport"]
