"""The transports: what carries an event from the BPF program to user space.

A transport is one C file under ``bpf/transport/`` that declares its map and its ``submit_…()``, and one
:class:`~ringbench.drivers.transport.Transport` here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from ringbench.data.plugins import with_plugins
from ringbench.drivers.channels import USER_SPACE
from ringbench.drivers.transport import Transport
from ringbench.drivers.transports.arena_ring import ARENA_RING
from ringbench.drivers.transports.ftrace import FTRACE
from ringbench.drivers.transports.nothing import NOTHING
from ringbench.drivers.transports.perf import PERF
from ringbench.drivers.transports.queue_map import QUEUE_MAP
from ringbench.drivers.transports.ringbuf import RINGBUF_DYNPTR, RINGBUF_OUTPUT, RINGBUF_RESERVE
from ringbench.drivers.transports.ringbuf_per_cache import RINGBUF_PER_CACHE
from ringbench.drivers.transports.ringbuf_per_cpu import RINGBUF_PER_CPU
from ringbench.drivers.transports.ticket_ring import TICKET_RING
from ringbench.errors import unknown_name
from ringbench.spec.transport import PAGE, Shape

TRANSPORTS: dict[str, Transport] = with_plugins(
    "transports",
    Transport,
    (
        PERF,
        RINGBUF_OUTPUT,
        RINGBUF_RESERVE,
        RINGBUF_DYNPTR,
        RINGBUF_PER_CPU,
        RINGBUF_PER_CACHE,
        TICKET_RING,
        ARENA_RING,
        QUEUE_MAP,
        FTRACE,
    ),
)
"""By name: those of this project, and those that others bring (ringbench.data.plugins)."""


def known(name: str) -> Transport | None:
    """Return the transport of that very name, of programs or of user space, as a recording names it.

    None: a variant of one, none at all, or one of a project that is not installed.
    """
    return TRANSPORTS.get(name) or USER_SPACE.get(name)


def plain_name(name: str) -> str:
    """Return the name of the transport that *name* is a variant of, or *name* itself."""
    return name.partition("~")[0]


def transports_carrying(record: str) -> tuple[str, ...]:
    """Return the names of the transports that can carry the *record* of that name in C."""
    return tuple(name for name, transport in TRANSPORTS.items() if transport.refuses(record) is None)


def buffer_bytes(name: str, asked_bytes: int, caches: Sequence[Sequence[int]]) -> int:
    """Return the bytes of event data that transport *name* really gets, where the CPUs online share *caches*."""
    transport = find_transport(name)
    return transport.round_size(asked_bytes, len(transport.rings(caches)))


_VARIANT = re.compile(r"again|inject:[1-9][0-9]?|spin:[1-9][0-9]{0,2}")
_DEFINES = {"inject": "INJECTED", "spin": "SPUN"}


def find_transport(name: str) -> Transport:
    """Return the transport called *name*, of programs or of user space, or NOTHING; OptionError lists the valid names.

    ``perf~again`` is perf under a second name. ``perf~inject:8`` is perf with a cost added to each submission, that of
    reading the clock eight times, and ``perf~spin:8`` with eight steps of arithmetic, a fraction of a nanosecond each.
    With these the suite checks itself (ringbench.analysis.selftest.aa, ringbench.analysis.selftest.gate_rates).
    """
    plain, varied, what = name.partition("~")
    known = {**TRANSPORTS, **USER_SPACE, NOTHING.name: NOTHING}
    variant = _VARIANT.fullmatch(what)
    if plain not in known or (varied and (not variant or plain in USER_SPACE)):
        raise unknown_name("transport", name, {**TRANSPORTS, **USER_SPACE})
    if not variant:
        return known[plain]
    kind, _, amount = what.partition(":")
    return dataclasses.replace(
        known[plain], name=name, defines=(f"-D{_DEFINES[kind]}={amount}",) if amount else known[plain].defines
    )


__all__ = [
    "NOTHING",
    "PAGE",
    "TRANSPORTS",
    "USER_SPACE",
    "Shape",
    "Transport",
    "buffer_bytes",
    "find_transport",
    "known",
    "plain_name",
    "transports_carrying",
]
