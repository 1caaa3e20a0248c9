"""The `callback` reader: BCC's own API with a Python callback that decodes each event. What people use today."""

from __future__ import annotations

import ctypes
import time
from typing import Any

import numpy as np

from bench.errors import EnvironmentLacks, MeasurementInvalid
from bench.event import EVENT, Events, delivered
from bench.kernel import cpus, program
from bench.readers.reader import Kind, Opening, Reader
from bench.transports import PAGE

_FIELDS = ("ts_ns", "seq", "birth", "cpu", "pid", "parent_pid", "kind")
_NEVER = 0x7FFFFFFF


class CallbackReader:
    """A Python callback per event; ``.event()`` decodes the record into an object, its fields are kept as a tuple.

    BCC swallows what a callback raises (ctypes prints it and goes on), so a failure is kept and raised by the verbs.
    """

    def __init__(self, opening: Opening) -> None:
        self._bpf: Any = opening.program.bpf
        self._table: Any = opening.program.events(opening.transport)
        self._shared = opening.transport.shape == "shared-ring"
        self._kept: list[tuple[Any, ...]] = []
        self._lost = 0
        self._failure: BaseException | None = None
        if self._shared:
            self._table.open_ring_buffer(self._on_ringbuf)
        else:
            self._open_perf(opening)

    def _open_perf(self, opening: Opening) -> None:
        pages = opening.buffer_bytes // PAGE // len(cpus.online())
        options: dict[str, Any] = {"page_cnt": pages, "lost_cb": self._on_lost}
        if opening.wakeup == "none":
            options["wakeup_events"] = _NEVER
        try:
            self._table.open_perf_buffer(self._on_perf, **options)
        except TypeError as error:
            raise EnvironmentLacks(f"this BCC cannot set perf's wake-ups ({error}): use --wakeup every.") from error

    def _on_perf(self, _cpu: int, data: int, _size: int) -> None:
        self._keep(data)

    def _on_ringbuf(self, _context: object, data: int, _size: int) -> int:
        self._keep(data)
        return 0

    def _on_lost(self, count: int) -> None:
        self._lost += count

    def _keep(self, data: int) -> None:
        try:
            event = self._table.event(data)
            # .comm of BCC's object ends at the first NUL, as C strings do; the record's bytes are kept whole instead.
            comm = ctypes.string_at(ctypes.addressof(event) + EVENT.fields["comm"][1], 16)  # type: ignore[index]
            self._kept.append((*(getattr(event, name) for name in _FIELDS), comm, time.monotonic_ns()))
        except BaseException as error:
            self._failure = self._failure or error

    @property
    def delivered(self) -> int:
        """Records handed over so far."""
        return len(self._kept)

    @property
    def lost_reported(self) -> int | None:
        """What BCC's lost callback was told; None for the ringbuf, which never says."""
        return None if self._shared else self._lost

    @property
    def arena_bytes(self) -> int:
        """0: the objects are made as the events come, which is this reader's cost."""
        return 0

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The map's descriptor (ringbuf), or those of the perf events in it."""
        if self._shared:
            return (int(self._table.map_fd),)
        return program.perf_buffer_descriptors(self._bpf)

    def drain(self) -> int:
        """Consume everything without waiting."""
        before = len(self._kept)
        if self._shared:
            self._bpf.ring_buffer_consume()
        else:
            self._bpf.perf_buffer_consume()
        self._raise_failure()
        return len(self._kept) - before

    def poll(self, timeout_s: float) -> None:
        """BCC's blocking poll."""
        timeout_ms = max(0, round(timeout_s * 1000))
        if self._shared:
            self._bpf.ring_buffer_poll(timeout_ms)
        else:
            self._bpf.perf_buffer_poll(timeout_ms)
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise MeasurementInvalid(f"the callback failed: {self._failure!r}") from self._failure

    def events(self) -> Events:
        """Return the recorded events in order of delivery."""
        records = np.zeros(len(self._kept), EVENT)
        for index, name in enumerate((*_FIELDS, "comm")):
            records[name] = [kept[index] for kept in self._kept]
        return delivered(records, np.array([kept[-1] for kept in self._kept], np.uint64))

    def close(self) -> None:
        """Let go of the table: BCC closes the buffers with the program, and does it badly while others hold them."""
        self._table = self._bpf = None


def _missing() -> str | None:
    return None  # it works wherever BCC does


def _open(opening: Opening) -> Reader:
    return CallbackReader(opening)


KIND = Kind("callback", "BCC's Python callback, each event decoded by .event(): what people use today", _missing, _open)
