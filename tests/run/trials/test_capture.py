"""Blocks of memory on their way to disk: nothing is lost, each wait is counted, a dead writer is no mystery."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ringbench import native
from ringbench.data.store import events_parquet
from ringbench.drivers.readers.block_arena import BlockArena
from ringbench.drivers.readers.blocks import Feed
from ringbench.drivers.readers.bulk import BulkReader
from ringbench.errors import InvalidMeasurementError, RingbenchError
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.run.trials.capture import Capture
from ringbench.spec.event import EVENT, Events
from ringbench.spec.record import LIFECYCLE
from tests.native.fake import PAGE, FakeRingbuf

Records = npt.NDArray[np.void]
Take = Callable[[Records], None]
"""Makes records go through a reader, as many as there are."""


def numbered(count: int, first: int = 0) -> Records:
    records = np.zeros(count, EVENT)
    records["seq"] = np.arange(first, first + count)
    records["pid"] = np.random.default_rng(first).integers(1, 1 << 30, count)
    records["ts_ns"] = 1 + np.arange(first, first + count)
    records["comm"] = b"sh"
    return records


@contextlib.contextmanager
def capturing(path: Path, *transports: str, slots: int, blocks: int) -> Iterator[Capture]:
    capture = Capture(path, transports, slots=slots, blocks=blocks)
    try:
        capture.wait_until_ready()
        yield capture
    finally:
        capture.close()
    assert capture.pid is None


def through_a_ring(feed: Feed, *, compiled: bool) -> tuple[BlockArena, Take]:
    fake = FakeRingbuf()
    arena = BlockArena(LIFECYCLE, feed)
    reader = BulkReader([MappedRingbuf(fake.fd, PAGE, EVENT.itemsize)], arena, compiled=compiled)

    def take(records: Records) -> None:
        while len(records):
            written = next((n for n, record in enumerate(records) if not fake.add(record.tobytes())), len(records))
            records = records[written:]
            while reader.drain():
                pass

    return arena, take


def through_the_native_callback(feed: Feed) -> tuple[BlockArena, Take]:
    arena = BlockArena(LIFECYCLE, feed, stamp_each=True)
    arena.sink.limit = native.UNLIMITED
    lib = native.library()
    lib.on_ringbuf.argtypes = [ctypes.POINTER(native.Sink), ctypes.c_char_p, ctypes.c_size_t]

    def take(records: Records) -> None:
        for record in records:
            if lib.on_ringbuf(arena.sink, record.tobytes(), EVENT.itemsize):
                arena.check()
                raise AssertionError("the callback refused a record")

    return arena, take


def from_python(feed: Feed) -> tuple[BlockArena, Take]:
    arena = BlockArena(LIFECYCLE, feed, stamp_each=True)
    return arena, lambda records: arena.put(records, np.full(len(records), time.monotonic_ns(), np.uint64))


WAYS = {
    "compiled": lambda feed: through_a_ring(feed, compiled=True),
    "numpy": lambda feed: through_a_ring(feed, compiled=False),
    "native callback": through_the_native_callback,
    "python": from_python,
}
every_way = pytest.mark.parametrize("way", list(WAYS))


def without_stamps(events: Events) -> bytes:
    return events[list(EVENT.names or ())].astype(EVENT).tobytes()


@every_way
@pytest.mark.parametrize("slots", [1, 7, 64, 5000])
def test_what_goes_through_blocks_is_on_disk_in_its_order_each_with_its_time(
    tmp_path: Path, way: str, slots: int
) -> None:
    records, began = numbered(1000), time.monotonic_ns()
    with capturing(tmp_path / "t", "perf", "ringbuf-output", slots=slots, blocks=3) as capture:
        feed = capture.feeds["ringbuf-output"]
        arena, take = WAYS[way](feed)
        draw, start = random.Random(1), 0
        while start < len(records):
            count = draw.choice([1, 2, 5, slots, 100])
            take(records[start : start + count])
            start += count
        assert arena.count == len(records)
        assert arena.seq_sum == records["seq"].sum()
        assert arena.events() is None
        capture.finish({"perf": 0, "ringbuf-output": len(records)})
    back = events_parquet.read(tmp_path / "t")
    assert list(back) == ["perf", "ringbuf-output"]
    assert len(back["perf"]) == 0
    events = back["ringbuf-output"]
    assert without_stamps(events) == records.tobytes()
    received = events["received_ns"].astype(np.int64)
    assert began <= received[0]
    assert (np.diff(received) >= 0).all()
    assert received[-1] <= time.monotonic_ns()
    assert feed.account.written_blocks == -(-len(records) // slots)
    assert capture.feeds["perf"].account.written_blocks == 0


def test_two_transports_share_the_blocks_and_keep_their_order(tmp_path: Path) -> None:
    one, two = numbered(3000), numbered(2000, 10_000)
    with capturing(tmp_path / "t", "perf", "ringbuf-reserve", slots=10, blocks=4) as capture:
        first, second = (WAYS["compiled"](capture.feeds[name]) for name in ("perf", "ringbuf-reserve"))
        for place in range(0, 3000, 30):
            first[1](one[place : place + 30])
            second[1](two[place // 3 * 2 : place // 3 * 2 + 20])
        for arena, _ in (first, second):
            arena.events()
        capture.finish({"perf": 3000, "ringbuf-reserve": 2000})
    back = events_parquet.read(tmp_path / "t")
    assert without_stamps(back["perf"]) == one.tobytes()
    assert without_stamps(back["ringbuf-reserve"]) == two.tobytes()


@every_way
def test_a_reader_that_waits_for_a_slow_writer_loses_nothing_and_says_so(tmp_path: Path, way: str) -> None:
    records = numbered(500)
    with capturing(tmp_path / "t", "perf", slots=50, blocks=2) as capture:
        arena, take = WAYS[way](capture.feeds["perf"])
        assert capture.pid is not None
        os.kill(capture.pid, signal.SIGSTOP)
        take(records[:60])
        assert capture.feeds["perf"].account.waits == 0
        alarm = threading.Timer(0.2, os.kill, (capture.pid, signal.SIGCONT))
        alarm.start()
        take(records[60:])
        alarm.join()
        account = capture.feeds["perf"].account
        assert account.waits >= 1
        assert account.wait_ns > 1e8
        arena.events()
        capture.finish({"perf": 500})
    assert without_stamps(events_parquet.read(tmp_path / "t")["perf"]) == records.tobytes()


@every_way
def test_a_writer_that_is_killed_ends_the_wait_for_it(tmp_path: Path, way: str) -> None:
    with capturing(tmp_path / "t", "perf", slots=50, blocks=2) as capture:
        _, take = WAYS[way](capture.feeds["perf"])
        assert capture.pid is not None
        os.kill(capture.pid, signal.SIGSTOP)
        threading.Timer(0.1, os.kill, (capture.pid, signal.SIGKILL)).start()
        with pytest.raises(InvalidMeasurementError, match="writes events to disk died with status -9"):
            take(numbered(1000))


def test_a_writer_that_is_killed_is_seen_at_the_end(tmp_path: Path) -> None:
    with capturing(tmp_path / "t", "perf", slots=50, blocks=2) as capture:
        assert capture.pid is not None
        os.kill(capture.pid, signal.SIGKILL)
        with pytest.raises(InvalidMeasurementError, match="died with status -9"):
            capture.finish({"perf": 0})


def test_a_disk_that_refuses_is_one_line_before_anything_is_read(tmp_path: Path) -> None:
    with (
        pytest.raises(RingbenchError, match=r"^cannot write \S*nowhere: No such file[^\n]*$"),
        capturing(tmp_path / "nowhere" / "t", "perf", slots=50, blocks=2),
    ):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@every_way
def test_a_full_disk_is_one_line(tmp_path: Path, way: str) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs root that may mount")
    try:
        with (
            pytest.raises(RingbenchError, match=r"^cannot write [^\n]*No space left[^\n]*$"),
            capturing(small / "t", "perf", slots=1000, blocks=2) as capture,
        ):
            arena, take = WAYS[way](capture.feeds["perf"])
            take(numbered(20_000))
            arena.events()
            capture.finish({"perf": 20_000})
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_events_that_are_missing_on_disk_are_said(tmp_path: Path) -> None:
    with capturing(tmp_path / "t", "perf", slots=50, blocks=2) as capture:
        arena, take = WAYS["python"](capture.feeds["perf"])
        take(numbered(120))
        arena.events()
        with pytest.raises(InvalidMeasurementError, match="120 events of perf are on disk where 121 were delivered"):
            capture.finish({"perf": 121})


ORPHAN = """
import os, signal, sys
from pathlib import Path
from ringbench.run.trials.capture import Capture

capture = Capture(Path(sys.argv[1]), ["perf"], slots=50, blocks=2)
capture.wait_until_ready()
print(capture.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_dies_with_its_parent(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ORPHAN, str(tmp_path / "t")], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    end = time.monotonic() + 20
    while _runs(int(done.stdout)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not _runs(int(done.stdout))


def _runs(pid: int) -> bool:
    """Whether there is such a process that is not only waiting for somebody to hear of its end."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
