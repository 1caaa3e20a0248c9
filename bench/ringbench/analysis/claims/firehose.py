"""What most claims are measured with: one producer that goes flat out, its reader on another CPU."""

from __future__ import annotations

from ringbench.analysis.claims.evidence import Select, select
from ringbench.spec.profile import Group

TIMER = "sleep:200us"
"""How a reader looks where nobody is woken: a ring of 1 MiB outlasts it at twenty million records a second."""
_MIB = 128
"""In smallest sizes, a page for each CPU: half a MiB for each on two CPUs, 64 KiB a CPU and more on any."""


def group(
    transports: tuple[str, ...],
    *wakeups: str,
    reader: str = "libbpf",
    waits: tuple[str, ...] = (),
    placement: str = "other",
    producers: int = 1,
) -> Group:
    """Return isolated trials of ``firehose:32`` with *producers* (0: on all CPUs)."""
    return Group(
        "isolated",
        transports,
        (reader,),
        wakeups,
        ("firehose:32",),
        (_MIB,),
        waits=waits,
        placements=(placement,),
        producers=(producers,),
    )


def cell(transport: str, wakeup: str, **setting: object) -> Select:
    """Return the cell of that transport and wake-up: libbpf's reader on another CPU, unless *setting* says more."""
    usual = {"mode": "isolated", "workload": "firehose:32", "reader": "libbpf", "placement": "other", "producers": 1}
    usual["wait"] = TIMER if wakeup == "none" else "epoll"
    return select(transport, wakeup=wakeup, **{**usual, **setting})
