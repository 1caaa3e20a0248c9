"""The completions of an io_uring as a ring of records of 16 bytes, which others post there with MSG_RING."""

from __future__ import annotations

from ringbench import native
from ringbench.kernel.ring import Ring
from ringbench.kernel.uring import CQE, Uring


class CqeRing(Ring):
    """A ring of *entries* completions, to be read by its maker.

    What finds it full is not refused: the kernel keeps it on a list (IORING_FEAT_NODROP), and hands it over, in its
    order, when the reader asks by a system call. That list is bounded by nothing but memory.
    """

    def __init__(self, entries: int) -> None:
        self._uring = Uring(1, cq_entries=entries)
        self.fd = self._uring.fd
        self.entries = self._uring.cq_entries
        self._read = 0
        self.overflows = 0
        """Looks that found the ring full and records on the kernel's list."""

    @property
    def position(self) -> int:
        """Bytes consumed so far."""
        return self._read * CQE.itemsize

    @property
    def dropped(self) -> int:
        """Records that the kernel had no memory to keep; their poster was told."""
        return self._uring.dropped

    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is there, as completions_drain() of rings.c; return how many records."""
        taken = self._take(sink)
        self.overflows += self._uring.overflowing
        while self._uring.overflowing and taken < sink.limit and not sink.error:
            self._uring.enter()  # brings in as many as there is room for
            taken += self._take(sink)
        return taken

    def _take(self, sink: native.Sink) -> int:
        uring = self._uring
        taken = int(
            native.library().completions_drain(uring.cq_head, uring.cq_tail, uring.cqes, uring.cq_entries, sink)
        )
        self._read += max(0, taken)
        return taken

    def close(self) -> None:
        """Unmap and close; what is on the kernel's list is freed."""
        self._uring.close()
