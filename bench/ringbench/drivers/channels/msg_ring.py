"""`msg-ring`: writers post completions into the reader's io_uring, with IORING_OP_MSG_RING from rings of their own.

A record is a completion: user_data, res and flags, 16 bytes (io_uring/msg_ring.c, io_msg_ring_data(); the flags since
Linux 6.3). A target with longer completions (IORING_SETUP_CQE32) gets nothing more: the rest of each is zero. A turn of
records is one io_uring_enter(). What finds the target full is not refused: the kernel keeps it on a list
(io_uring/io_uring.c, io_post_aux_cqe()), which only memory bounds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ringbench.drivers.channels.channel import UserTransport
from ringbench.drivers.channels.size import CQE, at_most, itself
from ringbench.kernel import smaps
from ringbench.kernel.cqe_ring import CqeRing
from ringbench.kernel.uring import Uring
from ringbench.native import producer
from ringbench.native.producer import Writer
from ringbench.spec.published import KERNEL, Published
from ringbench.spec.transport import PAGE, whole_pages

_POSITIONS = 64
"""Bytes before the completions: those of struct io_rings that both rings' positions take."""


class MsgRing:
    """A ring of *buffer_bytes* of completions."""

    def __init__(self, buffer_bytes: int) -> None:
        self.ring = CqeRing(buffer_bytes // CQE)
        self.buffer_bytes = self.ring.entries * CQE

    def write(self, orders: Writer) -> None:
        """Write records as *orders* say, from a ring of this process's own. Raises OSError where that breaks off."""
        with Uring(int(orders.batch)) as own:
            poster = producer.Poster(
                own.sq_tail,
                own.sqes,
                own.sq_entries - 1,
                own.cq_head,
                own.cq_tail,
                own.cqes,
                own.cq_entries - 1,
                own.fd,
                self.ring.fd,
            )
            producer.library().write_to_completions(orders, poster)
            if poster.error:
                raise OSError(int(poster.error), f"io_uring_enter: {os.strerror(int(poster.error))}")

    def lost(self, missing: int) -> Mapping[str, int]:
        """Nothing: each refusal is a writer's own."""
        return {}

    @property
    def lost_reported(self) -> int:
        """What the target's own counter says it had no memory to keep."""
        return self.ring.dropped

    def notes(self) -> tuple[str, ...]:
        """Whether it was ever full."""
        if not self.ring.overflows:
            return ()
        return ("msg-ring was full at times: the kernel then kept records on a list of its own, beyond the buffer.",)

    def memory(self) -> dict[str, int | None]:
        """The target's pages, and those mapped here. What the kernel kept when it was full is in neither."""
        return {
            "physical": MSG_RING.physical_bytes(self.buffer_bytes, 1),
            "memlock": None,
            "rss": smaps.resident_bytes(smaps.IO_URING),
        }

    def close(self) -> None:
        """Unmap."""
        self.ring.close()


def _physical(data: int, rings: int) -> int:
    # io_uring/io_uring.c, rings_size(): positions, completions and the submissions' indices (one, of 4 bytes) lie in
    # one allocation, the submissions in another. What the kernel keeps when the ring is full comes on top.
    return whole_pages(_POSITIONS + data + 4, rings) + PAGE


MSG_RING = UserTransport(
    name="msg-ring",
    description="transport-only, producers in user space: io_uring's MSG_RING posts completions to the reader's ring",
    round_size=at_most,
    physical_bytes=_physical,
    stride=itself,
    needs="completions posted to another ring",
    open_channel=MsgRing,
    carries="no: a program cannot post a completion",
    record="16 bytes: user_data, result, flags",
    limits="have another length, or refuse: what finds it full is kept by the kernel, without bound",
    published=Published(
        "A queue of one producer and entries of one size; with a lock for several it would fall behind a locked "
        f"reservation with a lockless commit ({KERNEL}).",
        "below the ringbuf's way",
    ),
)
