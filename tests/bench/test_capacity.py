"""Draining a full buffer: `bulk` against libbpf and against memcpy, views against copies, ours against a script's."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from ringbench.drivers.transports import PAGE, find_transport
from ringbench.kernel import cpus, probe, program
from ringbench.run.trials.capacity import FullBuffer, full_buffer
from tests.bench import short_script
from tests.bench.conftest import Duel, Timed

CPU = (0,)


@contextmanager
def drained(
    transport: str, name: str, record_bytes: int = 32, nbytes: int = 1 << 20
) -> Iterator[tuple[Timed, FullBuffer]]:
    """Yield what fills the buffer, drains it and returns the ns for each event; and the buffer."""
    with full_buffer(
        find_transport(transport), name, nbytes=nbytes, record_bytes=record_bytes, filled_from=CPU
    ) as buffer:

        def once() -> float:
            buffer.fill()
            began = time.perf_counter_ns()
            buffer.empty()
            return (time.perf_counter_ns() - began) / buffer.events

        yield once, buffer
        account = buffer.loaded.account(buffer.transport)
        assert account.failed == 0
        assert account.attempted == buffer.source.delivered
        if buffer.source.seq_sum is not None:
            assert account.seq_sum == buffer.source.seq_sum


def several(once: Timed, times: int = 20) -> Timed:
    """Return what does *once* several times and returns the mean: a block long enough to be timed."""
    return lambda: sum(once() for _ in range(times)) / times


@pytest.mark.parametrize(("transport", "least"), [("ringbuf-output", 1.5), ("ringbuf-reserve", 1.5), ("perf", 1.0)])
def test_bulk_against_libbpf(duel: Duel, transport: str, least: float) -> None:
    with drained(transport, "bulk") as (bulk, _), drained(transport, "libbpf") as (libbpf, _):
        duel(several(bulk), several(libbpf), least=least, unit="ns/event")


@pytest.mark.parametrize("record_bytes", [8, 32, 64, 256, 1024])
def test_bulk_against_memcpy_of_the_same_bytes(duel: Duel, record_bytes: int) -> None:
    with drained("ringbuf-output", "bulk", record_bytes) as (bulk, buffer):
        source, target = (np.ones(buffer.events * buffer.stride, np.uint8) for _ in range(2))

        def memcpy() -> float:
            for _ in buffer.turns():
                source.fill(1)  # written by the CPU that fills the ring
            began = time.perf_counter_ns()
            ctypes.memmove(target.ctypes.data, source.ctypes.data, len(target))
            return (time.perf_counter_ns() - began) / buffer.events

        # With 8 bytes the same build came to 0.32, 0.43 and 0.53 within ten minutes, each time with an interval of a
        # tenth: how fast memcpy is depends on what else has the caches. libbpf's reader is at 0.1.
        duel(several(bulk), several(memcpy), least=0.5, floor=0.25, unit="ns/event", record_bytes=record_bytes)


# cilium/ebpf's own figures for its zero-copy reader against its copying one, on a ring of 1 GiB (pull requests 1930,
# 1979): the ring must be larger than the caches for copies to cost what they do there.
@pytest.mark.parametrize(("record_bytes", "least"), [(128, 1.09), (512, 1.4), (1024, 3.61), (2048, 6.5)])
def test_a_view_against_a_copy(duel: Duel, record_bytes: int, least: float) -> None:
    ring = 128 << 20
    with (
        drained("ringbuf-reserve", "bulk-view", record_bytes, ring) as (view, _),
        drained("ringbuf-reserve", "bulk", record_bytes, ring) as (copy, _),
    ):
        duel(view, copy, least=least, unit="ns/event", record_bytes=record_bytes)


@contextmanager
def drained_by_script(name: str, on_record: Callable[..., int]) -> Iterator[Timed]:
    """Yield what fills the buffer, has BCC call *on_record* for each event, and returns the ns for each."""
    nbytes, transport = 1 << 20, find_transport(name)
    loaded = program.load([transport], probe=probe.fill(8, 32), sizes={transport.name: nbytes})
    short_script.bpf, short_script.events = loaded.bpf, transport.map_name
    table = loaded.bpf[transport.map_name]
    if name == "perf":
        pages = nbytes // PAGE // len(cpus.online())
        table.open_perf_buffer(on_record, page_cnt=pages, wakeup_events=0x7FFFFFFF)
        read = loaded.bpf.perf_buffer_consume
    else:
        table.open_ring_buffer(on_record)
        read = loaded.bpf.ring_buffer_consume
    buffer = FullBuffer(loaded, transport, None, nbytes, CPU)

    def once() -> float:
        buffer.fill()
        before = short_script.total
        began = time.perf_counter_ns()
        read()
        took = time.perf_counter_ns() - began
        assert short_script.total > before
        return took / buffer.events

    yield once
    if name == "perf":
        program.close_perf_buffers(table)
    loaded.close()


@pytest.mark.parametrize("transport", ["ringbuf-output", "perf"])
@pytest.mark.parametrize(
    ("name", "on_record"), [("callback", short_script.decoding), ("callback-bare", short_script.counting)]
)
def test_the_callback_readers_are_as_fast_as_a_short_script(
    duel: Duel, name: str, on_record: Callable[..., int], transport: str
) -> None:
    with drained(transport, name) as (ours, _), drained_by_script(transport, on_record) as script:
        duel(several(ours, 2), several(script, 2), least=0.95, unit="ns/event")
