"""Blocks of memory that go round between a reader and the process that writes them to disk.

The memory is shared and its size is fixed. Two pipes say whose a block is: one carries the full ones to the writer, the
other brings the empty ones back. So neither side polls, each sees when the other is gone (the pipe ends), and what was
written to a block is seen by whoever is told of it. A reader that finds no block empty waits, and that is counted.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringbench.errors import InvalidMeasurementError, MissingRequirementError
from ringbench.spec.codes import InvalidCode
from ringbench.spec.event import Events, delivered
from ringbench.spec.record import LIFECYCLE, Record

SLOTS = 1 << 16
"""Records in a block: 3.7 MB of events."""
BLOCKS = 32
"""Blocks of a pool: two million events, which is what may come while the writer packs a row group or two."""

_FULL = struct.Struct("<IIII")
"""Block, whose, records, runs."""
_EMPTY = struct.Struct("<I")
_END = _READY = 0xFFFFFFFF
"""In place of a block's number: nothing comes any more; the writer is ready."""
_EACH = 0xFFFFFFFF
"""In place of a number of runs: each record has a stamp of its own."""


@dataclass(frozen=True)
class Block:
    """Room for records and for when they were received. The arrays are views of the shared memory."""

    number: int
    records: npt.NDArray[np.void]
    """The record's dtype, shape slots."""
    stamps_ns: npt.NDArray[np.uint64]
    """CLOCK_MONOTONIC of each record, or of each run of records; shape slots."""
    runs: npt.NDArray[np.uint64]
    """How many records were received at once; shape slots."""

    def events(self, count: int, runs: int) -> Events:
        """Return the first *count* records with their stamps (dtype DELIVERED; a copy); *runs* as the feed told."""
        stamps = self.stamps_ns[:count]
        if runs != _EACH:
            stamps = np.repeat(self.stamps_ns[:runs], self.runs[:runs].astype(np.int64))
        return delivered(self.records[:count], stamps)


class Pool:
    """*number* blocks of *slots* records each, shared with the processes that are forked after it was made.

    Raises MissingRequirementError where there is not as much memory.
    """

    def __init__(self, record: Record = LIFECYCLE, slots: int = SLOTS, number: int = BLOCKS) -> None:
        parts = (slots * record.nbytes, slots * 8, slots * 8)
        self.nbytes = number * sum(parts)
        """Bytes set aside."""
        flags = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE  # touched now, not in the measured window
        try:
            self._memory = mmap.mmap(-1, self.nbytes, flags=flags)
        except OSError as error:
            raise MissingRequirementError(
                f"no memory for {self.nbytes >> 20} MiB of blocks ({error.strerror}): use --events-to memory."
            ) from error
        self.blocks = [self._block(index, record, slots, parts) for index in range(number)]
        self._full_out, self._full_in = os.pipe()
        self._empty_out, self._empty_in = os.pipe()
        self._empty = list(range(number))
        self.gone: Callable[[], Exception] = lambda: InvalidMeasurementError(
            "the process that writes events has ended.", InvalidCode.WRITER_FAILED
        )
        """Makes the error for a writer that is gone."""

    def _block(self, index: int, record: Record, slots: int, parts: tuple[int, int, int]) -> Block:
        start = index * sum(parts)
        return Block(
            index,
            np.frombuffer(self._memory, record.dtype, slots, start),
            np.frombuffer(self._memory, np.uint64, slots, start + parts[0]),
            np.frombuffer(self._memory, np.uint64, slots, start + parts[0] + parts[1]),
        )

    # ---- the reader's side ----

    def read_here(self) -> None:
        """Make this process the reader's. Were the other ends open here, a dead writer would not be seen."""
        os.close(self._full_out)
        os.close(self._empty_in)

    def wait_until_ready(self) -> None:
        """Wait until the writer is; raise what :attr:`gone` makes if it ends instead."""
        self._returned()

    def take(self) -> tuple[Block, int]:
        """Return an empty block, and for how many ns it had to be waited for; 0: not at all."""
        if not self._empty and select.select([self._empty_out], [], [], 0)[0]:
            self._returned()
        waited = 0
        if not self._empty:
            began = time.monotonic_ns()
            self._returned()
            waited = max(1, time.monotonic_ns() - began)
        return self.blocks[self._empty.pop(0)], waited

    def give(self, block: Block, whose: int, count: int, runs: int | None) -> None:
        """Hand a block with *count* records of transport *whose* to the writer; *runs* None: each has its stamp."""
        self._tell(block.number, whose, count, _EACH if runs is None else runs)

    def end(self) -> None:
        """Tell the writer that nothing comes any more."""
        self._tell(_END, 0, 0, 0)

    def _tell(self, *words: int) -> None:
        try:
            os.write(self._full_in, _FULL.pack(*words))  # a pipe holds 4096 of them, so this never waits
        except BrokenPipeError:
            raise self.gone() from None

    def _returned(self) -> None:
        """Wait for blocks, or for the writer's sign that it is ready."""
        words = os.read(self._empty_out, _EMPTY.size * 1024)
        if not words:
            raise self.gone()
        self._empty += [number for (number,) in _EMPTY.iter_unpack(words) if number != _READY]

    # ---- the writer's side ----

    def write_here(self) -> None:
        """Make this process the writer's."""
        os.close(self._full_in)
        os.close(self._empty_out)

    def ready(self) -> None:
        """Say that the writer is ready."""
        os.write(self._empty_in, _EMPTY.pack(_READY))

    def received(self) -> Iterator[tuple[int, Events]]:
        """Yield whose each full block is, and its events (dtype DELIVERED; a copy), until the reader says the end.

        A block is empty again before the next is waited for. Raises EOFError when the reader is gone.
        """
        while True:
            words = os.read(self._full_out, _FULL.size)
            if not words:
                raise EOFError("the reader is gone")
            number, whose, count, runs = _FULL.unpack(words)
            if number == _END:
                return
            events = self.blocks[number].events(count, runs)
            with contextlib.suppress(BrokenPipeError):  # the reader has ended; what it gave is still written
                os.write(self._empty_in, _EMPTY.pack(number))
            yield whose, events


@dataclass(frozen=True)
class Fed:
    """The account of the blocks that a reader filled for the process that writes them to disk."""

    written_blocks: int
    waits: int
    """How often no block was empty, so that the reader had to wait for one."""
    wait_ns: int


class Feed:
    """One transport's way into a pool, and the account of it. It belongs to the reader's thread."""

    def __init__(self, pool: Pool, whose: int) -> None:
        self._pool = pool
        self._whose = whose
        self._written = self._waits = self._wait_ns = 0

    @property
    def account(self) -> Fed:
        """What this transport has been fed so far, and what it was kept waiting."""
        return Fed(self._written, self._waits, self._wait_ns)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole pool, which all transports share."""
        return self._pool.nbytes

    def take(self) -> Block:
        """Return an empty block; wait for one, and count that, where there is none."""
        block, waited_ns = self._pool.take()
        self._waits += waited_ns > 0
        self._wait_ns += waited_ns
        return block

    def give(self, block: Block, count: int, runs: int | None) -> None:
        """Hand *block* with *count* records to the writer: received in *runs* runs, or each at its stamp (None)."""
        self._pool.give(block, self._whose, count, runs)
        self._written += 1
