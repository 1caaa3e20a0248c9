"""What ``ringbench ringdump`` says of the kernel's own ring is what lies in its memory, as this file maps and reads it.

The memory is unpacked here at places worked out by hand; BCC's own reader, libbpf's loop, is the second witness.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ringbench.errors import OptionError
from ringbench.kernel import program, syscalls
from ringbench.tools.ringdump import snapshot, steps
from ringbench.tools.ringdump.demo_ring import LENGTHS, DemoRing
from ringbench.tools.ringdump.dump import DecodedRing, Snapshot, decode
from tests import ROOT

PAGE = mmap.PAGESIZE
BUSY, DISCARD = 1 << 31, 1 << 30
PAGES_BEFORE_THE_DATA = 3
"""The kernel's own page of struct bpf_ringbuf, the consumer's and the producer's (kernel/bpf/ringbuf.c)."""
TAKES = {8: 16, 20: 32, 56: 64, 500: 512}
"""Bytes that a record of each length takes: 8 of header, rounded up to 8."""
PROG_BY_ID, MAP_BY_ID = 13, 14


class Memory:
    """The mapped memory of a ring, read with nothing but mmap and struct."""

    def __init__(self, fd: int) -> None:
        self.pages = mmap.mmap(fd, 2 * PAGE + 2 * PAGE, mmap.MAP_SHARED, mmap.PROT_READ)

    @property
    def consumer(self) -> int:
        return int(struct.unpack_from("<Q", self.pages, 0)[0])

    @property
    def producer(self) -> int:
        return int(struct.unpack_from("<Q", self.pages, PAGE)[0])

    def header(self, position: int) -> tuple[int, int]:
        word, page_offset = struct.unpack_from("<II", self.pages, 2 * PAGE + position % PAGE)
        return word, page_offset

    def bytes_at(self, position: int, length: int) -> bytes:
        """Return bytes as they lie in the mapping, where the data comes twice in a row."""
        at = 2 * PAGE + position % PAGE
        return self.pages[at : at + length]


@pytest.fixture
def demo_ring() -> Iterator[DemoRing]:
    with DemoRing() as made:
        yield made


@pytest.fixture
def memory(demo_ring: DemoRing) -> Iterator[Memory]:
    seen = Memory(demo_ring.fd)
    yield seen
    seen.pages.close()


@pytest.fixture
def delivered(demo_ring: DemoRing) -> Callable[[], list[int]]:
    """Return a function that returns the first word of each record that BCC's own reader takes now."""
    taken: list[int] = []

    def on_record(context: Any, data: int, size: int) -> int:
        taken.append(struct.unpack("<Q", ctypes.string_at(data, 8))[0])
        return 0

    def consume() -> list[int]:
        taken.clear()
        demo_ring._bpf.ring_buffer_consume()
        return [*taken]

    demo_ring._bpf["demo_ring"].open_ring_buffer(on_record)
    return consume


def _seen(demo_ring: DemoRing) -> DecodedRing:
    return decode(demo_ring.snapshot())


def _walked(snapshot: Snapshot) -> list[tuple[int, int, int]]:
    """Return (position, header's two words) of each record, by a loop of this file's own."""
    found, at = [], snapshot.consumer
    while at != snapshot.producer:
        word, page_offset = struct.unpack_from("<II", snapshot.data, at % len(snapshot.data))
        found.append((at, word, page_offset))
        at += 8 + (word & 0x3FFFFFFF) + 7 & ~7
    return found


def test_a_record_of_each_length_lies_where_it_is_said_to(demo_ring: DemoRing, memory: Memory) -> None:
    assert (memory.consumer, memory.producer) == (0, 0)
    at = 0
    for number, length in enumerate(LENGTHS, 1):
        assert demo_ring.add(length)
        assert memory.header(at) == (length, PAGES_BEFORE_THE_DATA)
        assert memory.bytes_at(at + 8, length // 8 * 8) == struct.pack("<Q", number) * (length // 8)
        assert memory.producer == at + TAKES[length]
        record = _seen(demo_ring).records[-1]
        assert (record.position, record.word, record.page_offset) == (at, *memory.header(at))
        assert (record.offset, record.length, record.total) == (at % PAGE, length, TAKES[length])
        assert record.state == "committed"
        at = memory.producer
    assert memory.consumer == 0
    assert demo_ring.take() == len(LENGTHS)
    assert memory.consumer == memory.producer == at
    assert _seen(demo_ring).records == ()


def test_a_discarded_record_has_its_flag_and_is_stepped_over(
    demo_ring: DemoRing, memory: Memory, delivered: Callable[[], list[int]]
) -> None:
    for length, discard in ((56, False), (500, True), (20, False)):
        assert demo_ring.add(length, discard=discard)
    assert [memory.header(at)[0] for at in (0, 64, 576)] == [56, 500 | DISCARD, 20]
    assert [record.state for record in _seen(demo_ring).records] == ["committed", "discarded", "committed"]
    assert len(delivered()) == 2
    assert memory.consumer == memory.producer == 608


def test_behind_a_reservation_that_lingers_nothing_can_be_taken(
    demo_ring: DemoRing, memory: Memory, delivered: Callable[[], list[int]]
) -> None:
    assert demo_ring.add(8)
    with demo_ring.hold_reservation(500):
        assert demo_ring.add(56)
        assert demo_ring.add(20, discard=True)
        assert demo_ring.add(8)
        assert [memory.header(at)[0] for at in (0, 16, 528, 592, 624)] == [8, 500 | BUSY, 56, 20 | DISCARD, 8]
        seen = _seen(demo_ring)
        assert [record.state for record in seen.records] == ["committed", "busy", "committed", "discarded", "committed"]
        assert (len(seen.reachable), seen.reachable_bytes, seen.waiting) == (1, 16, 3)
        # Both readers take the one before it, and then nothing, however often they look.
        assert delivered() == [1]
        assert memory.consumer == 16
        assert delivered() == []
        assert demo_ring.take() == 0
        assert (memory.consumer, memory.producer) == (16, 640)
        before = [memory.header(at) for at in (16, 528, 592, 624)]
    after = [memory.header(at) for at in (16, 528, 592, 624)]
    assert before[0][0] ^ after[0][0] == BUSY  # one bit
    assert before[1:] == after[1:]
    assert (memory.consumer, memory.producer) == (16, 640)
    assert len(_seen(demo_ring).reachable) == 4
    assert delivered() == [2, 3, 5]
    assert memory.consumer == 640


def test_a_record_that_wraps_lies_in_one_piece_in_the_memory_mapped_twice(demo_ring: DemoRing, memory: Memory) -> None:
    positions = [0]
    demo_ring.add(8)  # or the records, 512 bytes each, would end where the data does
    demo_ring.take()
    while memory.producer < PAGE:
        positions.append(memory.producer)
        assert demo_ring.add(500)
        if memory.producer < PAGE:
            demo_ring.take()
    last = positions[-1]
    assert last % PAGE + 512 > PAGE
    seen = _seen(demo_ring)
    assert [(record.position, record.wraps) for record in seen.records] == [(last, True)]
    assert seen.spans(last, 512) == ((last, PAGE), (0, last + 512 - PAGE))
    assert memory.bytes_at(last + 8, 496) == struct.pack("<Q", len(positions)) * 62
    data = demo_ring.snapshot().data
    assert memory.pages[2 * PAGE : 3 * PAGE] == memory.pages[3 * PAGE :] == data
    assert data[last:] + data[: last + 512 - PAGE] == memory.bytes_at(last, 512)


def test_a_full_ring_refuses_and_the_last_8_bytes_are_never_given_away(demo_ring: DemoRing, memory: Memory) -> None:
    demo_ring.add(8)
    demo_ring.take()
    fitted = 0
    while demo_ring.add(56):
        fitted += 1
    assert fitted == PAGE // 64 - 1
    assert memory.producer - memory.consumer == fitted * 64
    for length, fits, longest in ((56, False, 48), (20, True, 16), (20, False, 16), (8, True, 0), (8, False, 0)):
        assert demo_ring.add(length) is fits
        assert _seen(demo_ring).longest == longest
    assert memory.producer - memory.consumer == PAGE - 16
    refused = memory.producer
    assert not demo_ring.add(8)
    assert memory.producer == refused  # a refusal leaves no trace
    demo_ring.take()
    assert demo_ring.add(500)


def test_the_oldest_busy_record_is_where_the_kernel_looks_for_it(demo_ring: DemoRing) -> None:
    demo_ring.add(56)
    with demo_ring.hold_reservation(20):
        demo_ring.add(8)
        demo_ring.add(8)
        pending = demo_ring.snapshot().pending
    if pending == 0:
        pytest.skip("this kernel keeps no pending position (before commit cfa1a2329a69)")
    assert pending == 64


def test_every_scene_is_what_its_bytes_say() -> None:
    dump = steps.live()
    for step in dump.steps:
        told = [(record.position, record.word, record.page_offset) for record in step.decoded.records]
        assert told == _walked(step.snapshot), step.name
    by_name = {step.name: step.decoded for step in dump.steps}
    assert [*by_name] == [*("empty", "one record", "several lengths", "discarded", "busy", "submitted", "wrap", "full")]
    busy, submitted = by_name["busy"], by_name["submitted"]
    assert (len(busy.reachable), busy.waiting) == (0, 4)
    assert (len(submitted.reachable), submitted.waiting) == (5, 0)
    assert (busy.consumer, busy.producer) == (submitted.consumer, submitted.producer)
    assert by_name["wrap"].records[-1].wraps
    assert by_name["full"].free == 64


# ---- another program's ring --------------------------------------------------------------------------------------

LINGERING = """
from ringbench.tools.ringdump.snapshot import facts
from ringbench.tools.ringdump.demo_ring import DemoRing

with DemoRing() as ring:
    ring.add(56)
    with ring.hold_reservation(500):
        ring.add(20)
        print(facts(ring.fd)["map_id"], flush=True)
        input()
    print(ring.take(), ring.add(8), flush=True)
"""

AT_WORK = """
import itertools
from ringbench.tools.ringdump.snapshot import facts
from ringbench.tools.ringdump.demo_ring import LENGTHS, DemoRing

with DemoRing() as ring:
    print(facts(ring.fd)["map_id"], flush=True)
    for length in itertools.cycle(LENGTHS):
        ring.add(length, discard=length == 20)
        if length == 500:
            ring.take()
"""


@contextlib.contextmanager
def _other(text: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Yield a process that does what *text* says, and the id of its ring's map, which it tells first."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", text], env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def test_another_programs_ring_is_photographed_and_its_reader_undisturbed(tmp_path: Path) -> None:
    with _other(LINGERING) as (process, number):
        command = [
            sys.executable,
            "-m",
            "ringbench",
            "ringdump",
            "--map-id",
            str(number),
            "--json",
            "--save",
            "ring.json",
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "3 True\n"
    (step,) = json.loads(done.stdout)["scenes"]
    assert [(r["header_word"], r["total_bytes"]) for r in step["records"]] == [(56, 64), (500 | BUSY, 512), (20, 32)]
    assert (step["records_in_reach"], step["records_waiting"]) == (1, 1)
    assert (step["consumer"], step["producer"]) == (0, 608)
    assert (tmp_path / "ring.json").is_file()


def test_photographs_of_a_ring_at_work_are_whole() -> None:
    with _other(AT_WORK) as (process, number):
        seen: dict[int, DecodedRing] = {}
        until = time.monotonic() + 60
        while len(seen) < 50 and time.monotonic() < until:
            each = decode(snapshot.of_map(number))  # which raises on one that is torn
            seen[each.producer] = each
        assert process.poll() is None
    assert len(seen) == 50
    states = {16: "committed", 32: "discarded", 64: "committed", 512: "committed"}
    records = [record for each in seen.values() for record in each.records]
    assert len(records) > 5
    # Busy for the moment in which it is written; else what the program makes of each length.
    assert {(record.total, record.state) for record in records if not record.busy} <= {*states.items()}


def test_after_a_kill_while_a_program_lingers_nothing_is_left() -> None:
    with _other(LINGERING) as (process, number):
        programs = _ids(process.pid, "prog_id")
        assert len(programs) == len(LENGTHS)
        assert _exists(MAP_BY_ID, number)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    kinds = [(MAP_BY_ID, number), *((PROG_BY_ID, each) for each in programs)]
    until = time.monotonic() + 30
    # Freed behind an RCU grace period.
    while (left := [each for each in kinds if _exists(*each)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def _ids(pid: int, name: str) -> list[int]:
    texts = [entry.read_text() for entry in Path(f"/proc/{pid}/fdinfo").iterdir()]
    return [int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith(f"{name}:")]


def _exists(command: int, number: int) -> bool:
    try:
        fd, _ = syscalls.bpf(command, struct.pack("<I", number))
    except FileNotFoundError:
        return False
    os.close(fd)
    return True


def test_a_map_that_is_no_ringbuf_is_refused() -> None:
    bpf = program.compiled("BPF_ARRAY(numbers, u64, 1);", [])
    try:
        number = snapshot.facts(bpf["numbers"].map_fd)["map_id"]
        with pytest.raises(OptionError, match=f"--map-id {number}: that map is of type 2, a ringbuf's is 27"):
            snapshot.of_map(number)
    finally:
        bpf.cleanup()
    with pytest.raises(OptionError, match="there is no such map"):
        snapshot.of_map((1 << 32) - 1)
