"""`writers:B` and `relay:B`: a process pinned to each of the chosen CPUs writes records itself, B a turn.

Nothing is traced. A record is stamped just before it is written, and belongs to the trial where the stamp lies in the
window. At a load (``writers:32@2500``, turns a second) all turns come at the same moments. In a relay they take
turns: each waits for the one before, so that every record has happened before the next one, and is stamped so.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import time
from collections.abc import Iterator, Mapping

from ringbench.drivers.channels import Channel
from ringbench.drivers.workloads.workers import Loop, Slot, Workers
from ringbench.drivers.workloads.workload import Request, Workload, WorkloadKind
from ringbench.errors import InvalidMeasurementError, MissingRequirementError, OptionError
from ringbench.kernel.probe import Probe
from ringbench.native import producer
from ringbench.spec.codes import InvalidCode
from ringbench.spec.record import WRITE

MOST_A_TURN = 512
_PATIENCE_S, _MOMENT_S = 10.0, 1e-3
_BATON = 64
"""Bytes before the writers' orders: whose turn it is in a relay, on a cache line of its own."""


class Writers(Workers):
    """A writer pinned to each CPU in *cpus*, *batch* records a turn; *per_s* turns a second for each.

    *relay*: they take turns.
    """

    def __init__(self, cpus: tuple[int, ...], batch: int, per_s: float | None = None, *, relay: bool = False) -> None:
        super().__init__([(cpu,) for cpu in cpus], per_s)
        self.batch = batch
        self._cpus = cpus
        self._channel: Channel | None = None
        self._memory = mmap.mmap(-1, _BATON + len(cpus) * ctypes.sizeof(producer.Writer))
        self._baton = ctypes.addressof(ctypes.c_uint64.from_buffer(self._memory)) if relay else 0
        self.orders = (producer.Writer * len(cpus)).from_buffer(self._memory, _BATON)
        """Each writer's orders and account."""

    def check(self) -> None:
        """Check that the loop was built."""
        if reason := producer.missing():
            raise MissingRequirementError(reason)

    def through(self, channel: Channel, most: int) -> None:
        """Have them write to *channel*, *most* records each. Comes before ``prepare``."""
        self._channel = channel
        for member, (cpu, orders) in enumerate(zip(self._cpus, self.orders, strict=True)):
            orders.batch, orders.cpu, orders.most = self.batch, cpu, most
            orders.baton, orders.members, orders.member = self._baton, len(self._cpus), member
            orders.interval_ns = 0 if self._per_s is None else max(1, round(1e9 / self._per_s))

    def begin(self, lead_s: float, duration_s: float) -> tuple[int, int]:
        """Let them go; once all are there, have their window begin after *lead_s*. Return its ends (CLOCK_MONOTONIC).

        Raises InvalidMeasurementError where one doesn't get ready, or breaks off.
        """
        self.start()
        until = time.monotonic() + _PATIENCE_S
        while not all(orders.ready for orders in self.orders):
            self.over()
            if time.monotonic() > until:
                raise InvalidMeasurementError(
                    f"not every writer was ready within {_PATIENCE_S:g} s.", InvalidCode.TIMED_OUT
                )
            time.sleep(_MOMENT_S)
        begin_ns = time.monotonic_ns() + int(lead_s * 1e9)
        end_ns = begin_ns + int(duration_s * 1e9)
        for orders in self.orders:
            orders.end_ns = end_ns
        for orders in self.orders:
            orders.begin_ns = begin_ns  # which they wait for
        return begin_ns, end_ns

    def work(self) -> contextlib.AbstractContextManager[Loop]:
        """Return a context that yields a writer's loop, which ends with the window and then waits to be stopped."""
        return self._work()

    @contextlib.contextmanager
    def _work(self) -> Iterator[Loop]:
        channel = self._channel
        assert channel is not None, "through() comes first"

        def loop(slot: Slot) -> None:
            mine = self.orders[slot.index]
            try:
                channel.write(mine)
            except OSError as error:
                mine.broke = error.errno or 1
            mine.over = 1
            while True:
                signal.pause()

        yield loop

    def over(self) -> bool:
        """Whether every writer is through with its window. Raises InvalidMeasurementError where one broke off."""
        self.finished()
        for orders in self.orders:
            if orders.broke:
                raise InvalidMeasurementError(
                    f"a writer broke off after {orders.attempted:,}: {os.strerror(orders.broke)}.",
                    InvalidCode.LOAD_FAILED,
                )
        return all(orders.over for orders in self.orders)

    def done(self) -> int | None:
        """Return how many turns the writers have finished."""
        return sum(int(orders.turns) for orders in self.orders)

    def lives(self) -> int | None:
        """None: it makes no processes."""
        return None

    @property
    def attempted(self) -> int:
        """Records that they tried to write."""
        return sum(int(orders.attempted) for orders in self.orders)

    @property
    def ns(self) -> int:
        """Time that they spent in their turns, stamps included, in ns."""
        return sum(int(orders.ns) for orders in self.orders)

    @property
    def attempted_sum(self) -> int:
        """Sum of the numbers of all records: a writer's CPU, times 2^32, and how many it attempted before."""
        each = ((int(orders.attempted), int(orders.cpu)) for orders in self.orders)
        return sum(n * (n - 1) // 2 + n * (cpu << 32) for n, cpu in each)

    @property
    def refused_sum(self) -> int:
        """Sum of the numbers of those that were refused, modulo 2^64."""
        return sum(int(orders.failed_sum) for orders in self.orders) % (1 << 64)

    def refused(self) -> Mapping[int, int]:
        """Return how many were refused, by errno."""
        every = [list(orders.failed) for orders in self.orders]
        counts = {code: sum(each[code] for each in every) for code in range(producer.CODES)}
        return {code: count for code, count in counts.items() if count}


def batch(argument: str | None) -> int:
    """Return B of ``writers:B``; OptionError when it is no such number."""
    text = argument or "1"
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= MOST_A_TURN:
        raise OptionError(
            f"writers:{text} is not a number of records a turn, 1 to {MOST_A_TURN}: write it like writers:32."
        )
    return int(text)


def _make(request: Request) -> Workload:
    return Writers(request.cpus, batch(request.argument), request.per_s)


def _make_relay(request: Request) -> Workload:
    return Writers(request.cpus, batch(request.argument), request.per_s, relay=True)


def _probe(request: Request) -> Probe:
    batch(request.argument)
    return Probe("", WRITE)


KIND = WorkloadKind(
    "writers",
    "writers:B[@RATE]",
    "a process pinned to each CPU writes records of its own, B a turn: only for transports of user space",
    _make,
    producer.missing,
    _probe,
    paced=True,
    by_itself=False,
    place=3,
    producers="user-space",
)
RELAY = WorkloadKind(
    "relay",
    "relay:B[@RATE]",
    "as writers, one after the other: each waits until the one before has written, so that a wrong order shows",
    _make_relay,
    producer.missing,
    _probe,
    paced=True,
    by_itself=False,
    producers="user-space",
    in_turn=True,
)
