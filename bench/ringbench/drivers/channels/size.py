"""How large io_uring's completions and the mapped ring can be: both the same, since they are compared."""

from __future__ import annotations

from ringbench.kernel.ringbuf import round_size

CQE = 16
"""Bytes of a completion: the record itself, as user_data, res and flags (struct io_uring_cqe)."""
_MOST_CQES = 1 << 16
"""IORING_MAX_CQ_ENTRIES (io_uring/io_uring.c)."""


def at_most(asked: int, rings: int) -> int:
    """Return the bytes that both can have of *asked*."""
    return min(round_size(asked, rings), CQE * _MOST_CQES)


def itself(record: int) -> int:
    """Return the bytes that a record takes where nothing stands before it."""
    return record
