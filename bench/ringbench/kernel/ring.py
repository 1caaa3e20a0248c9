"""What a reader drains: a ring of one transport, as user space has it."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ringbench import native


class Ring(abc.ABC):
    """One ring, for one reader. What a kind of ring doesn't have is as it stands here."""

    fd: int
    """The descriptor that becomes readable when the reader is woken."""
    viewable: ClassVar[bool] = False
    """Whether its records can be looked at where they lie (:class:`ringbench.kernel.mapped_ring.MappedRing`)."""
    numbered: ClassVar[bool] = True
    """Whether its records carry the sequence numbers that the program gave them."""
    names_births: ClassVar[bool] = True
    """Whether its records say which life they are of."""

    @property
    @abc.abstractmethod
    def position(self) -> int:
        """Bytes consumed so far."""

    @property
    def lost(self) -> int | None:
        """Records that the ring itself said it lost; None where it never says."""
        return None

    @property
    def overwritten(self) -> int:
        """Records that were overwritten before they were read."""
        return 0

    @property
    def kernel_write_cost(self) -> tuple[int, int] | None:
        """The ns that the kernel took to write records by itself, and how often it did; None: a program writes them."""
        return None

    def count_dropped(self, sink: native.Sink) -> int:
        """Return how many records of the window were dropped unseen. To be called once, when nothing comes any more."""
        return 0

    @abc.abstractmethod
    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is there, at most its limit, by a compiled loop; return how many records."""

    def take(self, into: npt.NDArray[np.void]) -> int:
        """Copy records, oldest first, into *into* by numpy; return how many. Only rings that are viewable can."""
        raise NotImplementedError(f"{type(self).__name__} has the compiled loop alone")

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of descriptor and mapping."""
