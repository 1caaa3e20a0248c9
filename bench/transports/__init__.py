"""The transports: what carries an event from the BPF program to user space.

A transport is one C file under ``bpf/transport/`` that declares its map and its ``submit_…()``, and one
:class:`~bench.transports.transport.Transport` here that says what user space must know of it.
"""

from __future__ import annotations

import dataclasses
import re

from bench.errors import unknown_name
from bench.transports.nothing import NOTHING
from bench.transports.perf import PERF
from bench.transports.ringbuf import RINGBUF_OUTPUT, RINGBUF_RESERVE
from bench.transports.transport import PAGE, Shape, Transport

TRANSPORTS: dict[str, Transport] = {t.name: t for t in (PERF, RINGBUF_OUTPUT, RINGBUF_RESERVE)}


_VARIANT = re.compile(r"again|inject:[1-9][0-9]?|spin:[1-9][0-9]{0,2}")
_DEFINES = {"inject": "INJECTED", "spin": "SPUN"}


def transport(name: str) -> Transport:
    """Return the transport called *name*, or NOTHING by its name; UsageError lists the valid names.

    ``perf~again`` is perf under a second name. ``perf~inject:8`` is perf with a cost added to each submission, that of
    reading the clock eight times, and ``perf~spin:8`` with eight steps of arithmetic, a fraction of a nanosecond each.
    With these the suite checks itself (bench.selfcheck, bench.gatecheck).
    """
    plain, varied, what = name.partition("~")
    known = {**TRANSPORTS, NOTHING.name: NOTHING}
    variant = _VARIANT.fullmatch(what)
    if plain not in known or (varied and not variant):
        raise unknown_name("transport", name, TRANSPORTS)
    if not variant:
        return known[plain]
    kind, _, amount = what.partition(":")
    return dataclasses.replace(
        known[plain], name=name, defines=(f"-D{_DEFINES[kind]}={amount}",) if amount else known[plain].defines
    )


__all__ = ["NOTHING", "PAGE", "TRANSPORTS", "Shape", "Transport", "transport"]
