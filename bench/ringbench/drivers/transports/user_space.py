"""What processes of user space write to, as no BPF program can: io_uring's completions, a mapped ring, the log.

Measured as transports alone: nothing is traced. They have no map and no file under ``bpf/``; ringbench.drivers.channels
has them.
"""

from __future__ import annotations

from ringbench.drivers.transports.ringbuf import possible, stride
from ringbench.spec.transport import PAGE, Transport, whole_pages

CQE = 16
"""Bytes of a completion: the record itself, as user_data, res and flags (struct io_uring_cqe)."""
_MOST_CQES = 1 << 16
"""IORING_MAX_CQ_ENTRIES (io_uring/io_uring.c)."""
_POSITIONS = 64
"""Bytes before the completions: those of struct io_rings that both rings' positions take."""


def _at_most(asked: int, rings: int) -> int:
    """Return what both rings can have: they are there to be compared, so neither gets more than the other."""
    return min(possible(asked, rings), CQE * _MOST_CQES)


def _completions_physical(data: int, rings: int) -> int:
    # io_uring/io_uring.c, rings_size(): positions, completions and the submissions' indices (one, of 4 bytes) lie in
    # one allocation, the submissions in another. What the kernel keeps when the ring is full comes on top.
    return whole_pages(_POSITIONS + data + 4, rings) + PAGE


def _itself(record: int) -> int:
    return record


MSG_RING = Transport(
    name="msg-ring",
    shape="shared-ring",
    layout="completions",
    map_name="",
    submit="",
    source="",
    wakeups=("none",),
    sentence="transport-only, producers in user space: io_uring's MSG_RING posts a completion into the reader's ring",
    round_size=_at_most,
    physical_bytes=_completions_physical,
    stride=_itself,
    producers="user-space",
    needs="completions posted to another ring",
)


def _mapped_physical(data: int, rings: int) -> int:
    return data + 2 * PAGE  # the consumer's position; the producers' and the lock. The data's pages exist once.


MAPPED_RING = Transport(
    name="mapped-ring",
    shape="shared-ring",
    layout="shared",
    map_name="",
    submit="",
    source="",
    wakeups=("none",),
    sentence="transport-only, producers in user space: the ringbuf's algorithm in memory that processes share",
    round_size=_at_most,
    physical_bytes=_mapped_physical,
    stride=stride,
    producers="user-space",
)


def _machines_own(asked: int, rings: int) -> int:
    return 0  # it is as large as the machine's log is: the trial finds out


PRINTK = Transport(
    name="printk",
    shape="shared-ring",
    layout="log",
    map_name="",
    submit="",
    source="",
    wakeups=("none",),
    sentence="transport-only, producers in user space: lines in the kernel's log, read back; only with --allow-kmsg",
    round_size=_machines_own,
    physical_bytes=_machines_own,
    stride=_itself,
    producers="user-space",
    requires_flag="--allow-kmsg",
    needs="debug lines in the kernel's log",
)

USER_SPACE: dict[str, Transport] = {each.name: each for each in (MSG_RING, MAPPED_RING, PRINTK)}
