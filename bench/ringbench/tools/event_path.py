"""The event path of somebody else's BCC program, from its own submissions to its records in hand.

What the suite asks of its own programs is asked of any: attempts and refusals are counted in the program
(bpf/event_path.h), the programs are detached and quiet before the last drain, and the account must then add up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from ringbench.errors import InvalidMeasurementError, OptionError
from ringbench.kernel import program, source, syscalls
from ringbench.spec.codes import InvalidCode

_POLL_MS = 20
_PATIENCE_S = 30.0
_ATTACHED = (
    ("tracepoint_fds", "detach_tracepoint"),
    ("raw_tracepoint_fds", "detach_raw_tracepoint"),
    ("kprobe_fds", "detach_kprobe_event"),
    ("uprobe_fds", "detach_uprobe_event"),
)
"""Where BCC keeps what is attached, by its name, and what detaches that."""


@dataclass(frozen=True)
class Found:
    """What was measured; None for what could not be."""

    attempted: int
    """Submissions tried, counted in the program."""
    failed: int
    """Those that were refused."""
    delivered: int
    """Records in hand, those of the last drain included."""
    timestamp_inversions: int | None
    """Records whose stamp is lower than that of the one just before; None without a stamp."""
    late_events: int | None
    """Records whose stamp is lower than the highest before."""
    max_lateness_ns: int | None
    """The largest such difference."""
    producer_ns_per_event: float | None
    """Run time of all of the program's functions (BPF_ENABLE_STATS) for each submission tried."""
    consumer_cpu_ns_per_event: float | None
    """CPU time of the thread that reads, for each record."""

    @property
    def drop_rate(self) -> float | None:
        """Return failed / attempted; None where nothing was tried."""
        return self.failed / self.attempted if self.attempted else None

    @property
    def balance(self) -> int:
        """Return the records that the account lacks: attempted less delivered and failed. 0 where it adds up."""
        return self.attempted - self.delivered - self.failed


class EventPath:
    """A program at work in a ``with`` block, and what was found of its path afterwards.

    *text*: the program, whose submissions go through ``ringbench_count()``. *table*: its BPF_PERF_OUTPUT or
    BPF_RINGBUF_OUTPUT. *stamp*: the field that has the record's time (bpf_ktime_get_ns()), for order; None: no order.
    *pages*: of each CPU's ring, for perf; a ringbuf's size is in the program. *wakeup_events*: perf's, as BCC has it.
    *cflags*: for clang. Probes that BCC does not attach by name are attached in the block, by ``path.bpf``.
    """

    def __init__(
        self,
        text: str,
        table: str = "events",
        *,
        stamp: str | None = "ts_ns",
        pages: int = 64,
        wakeup_events: int = 1,
        cflags: Sequence[str] = (),
    ) -> None:
        header = source.folder().joinpath("event_path.h").read_text()
        self._text = f'#line 1 "bpf/event_path.h"\n{header}\n#line 1 "program"\n{text}'
        self._table_name = table
        self._stamp = stamp
        self._pages = pages
        self._wakeup_events = wakeup_events
        self._cflags = list(cflags)
        self.bpf: Any = None
        self._found: Found | None = None
        self._stamps: list[int] = []
        self._delivered = 0
        self._failure: BaseException | None = None
        self._over = threading.Event()
        self._cpu_ns = 0
        self._stats: Any = None
        self._table: Any = None
        self._shared = False
        self._thread: threading.Thread | None = None

    def __enter__(self) -> EventPath:
        """Compile, attach what BCC attaches by name, and begin to read. Raises MissingRequirementError and
        OptionError.
        """
        self.bpf = program.compiled(self._text, self._cflags)
        try:
            self._open()
            self._stats = syscalls.bpf_stats()
            try:
                self._stats.__enter__()
            except OSError:  # before Linux 5.8
                self._stats = None
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Detach, wait for what still runs, drain, and count. Nothing stays behind, whatever the block raised."""
        try:
            if error is None:
                self._found = self._finish()
        finally:
            self.close()

    @property
    def found(self) -> Found:
        """What was found. OptionError before the block has ended, and after one that raised."""
        if self._found is None:
            raise OptionError("an event path has figures once its `with` block has ended, without an exception.")
        return self._found

    def close(self) -> None:
        """Let go of everything; again and again does nothing."""
        self._over.set()
        if self._stats is not None:
            self._stats.__exit__(None, None, None)
            self._stats = None
        if self.bpf is None:
            return
        self._detach()
        if not self._is_back():
            return
        if hasattr(self._table, "open_perf_buffer"):
            program.close_perf_buffers(self._table)
        self._table = None
        self.bpf.cleanup()
        self.bpf = None

    def _is_back(self) -> bool:
        """Whether the reader's thread has left the rings: they must not go while it is in them."""
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)
        return self._thread is None or not self._thread.is_alive()

    def _open(self) -> None:
        try:
            self._table = self.bpf[self._table_name]
        except KeyError:
            raise OptionError(f"the program has no table {self._table_name!r}: name its output by table=.") from None
        self._shared = hasattr(self._table, "open_ring_buffer")
        if self._shared:
            self._table.open_ring_buffer(self._on_record)
        elif hasattr(self._table, "open_perf_buffer"):
            self._table.open_perf_buffer(
                self._on_record, page_cnt=self._pages, lost_cb=lambda n: None, wakeup_events=self._wakeup_events
            )
        else:
            raise OptionError(f"table {self._table_name!r} is no BPF_PERF_OUTPUT and no BPF_RINGBUF_OUTPUT.")

    def _on_record(self, context: Any, data: Any, size: int) -> int:
        # BCC drops what a callback raises, and takes anything but an int for an error, once an event.
        try:
            self._delivered += 1
            if self._stamp is not None:
                self._stamps.append(int(getattr(self._table.event(data), self._stamp)))
        except BaseException as error:
            self._failure = self._failure or error
        return 0

    def _read(self) -> None:
        began = time.thread_time_ns()
        while not self._over.is_set():
            if self._shared:
                self.bpf.ring_buffer_poll(_POLL_MS)
            else:
                self.bpf.perf_buffer_poll(_POLL_MS)
        self._cpu_ns = time.thread_time_ns() - began

    def _finish(self) -> Found:
        run_ns = self._run_ns()
        self._detach()
        syscalls.wait_for_producers()
        self._over.set()
        if not self._is_back():
            raise InvalidMeasurementError(
                f"the reader did not come back within {_PATIENCE_S:.0f} s of the programs' end.", InvalidCode.TIMED_OUT
            )
        before = self._delivered
        (self.bpf.ring_buffer_consume if self._shared else self.bpf.perf_buffer_consume)()
        if self._failure is not None:
            raise InvalidMeasurementError(
                f"a record could not be read: {self._failure!r}", InvalidCode.READER_FAILED
            ) from self._failure
        counted = list(self.bpf["ringbench_accounts"][0])
        attempted, failed = (sum(int(getattr(cpu, name)) for cpu in counted) for name in ("attempted", "failed"))
        inversions, late, lateness = self._order()
        return Found(
            attempted=attempted,
            failed=failed,
            delivered=self._delivered,
            timestamp_inversions=inversions,
            late_events=late,
            max_lateness_ns=lateness,
            producer_ns_per_event=run_ns / attempted if run_ns and attempted else None,
            consumer_cpu_ns_per_event=self._cpu_ns / before if before else None,
        )

    def _run_ns(self) -> int | None:
        if self._stats is None:
            return None
        return sum(program.runs_of(function.fd)[0] for function in self.bpf.funcs.values())

    def _detach(self) -> None:
        for held, detach in _ATTACHED:
            for name in list(getattr(self.bpf, held, {})):
                getattr(self.bpf, detach)(name)

    def _order(self) -> tuple[int | None, int | None, int | None]:
        if self._stamp is None:
            return None, None, None
        stamps = np.array(self._stamps, np.int64)
        if len(stamps) < 2:
            return 0, 0, 0
        behind = np.maximum.accumulate(stamps) - stamps
        return int((np.diff(stamps) < 0).sum()), int((behind > 0).sum()), int(behind.max())
