"""The kernel's own rings: the fakes of tests/native write the same bytes, and every reader takes them out.

So what tests/native shows over fakes holds for the memory that the kernel writes.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
from dataclasses import dataclass

import pytest

from ringbench.drivers.readers import READERS, Opening, Reader, reader
from ringbench.drivers.readers.arena import Arena
from ringbench.drivers.readers.bulk import BulkReader, open_all
from ringbench.drivers.transports import PAGE, TRANSPORTS, Transport
from ringbench.kernel import cpus, probe, program, source, syscalls
from ringbench.kernel.perf_ring import MappedPerfRing
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.machine import isolation
from ringbench.spec.record import sample
from ringbench.spec.wakeups import NOBODY
from tests.native.fake import BUSY, DISCARD, FakePerf, FakeRingbuf, payload

RECORD = 56
LONGEST = 512
LAPS = 60
PERF_EVENT_IOC_ID = 0x80082407
RINGBUF_STEPS = (
    *[("output", length) for length in (56, 8, 61, 1, 300)],
    *[("submit", length) for length in (64, 56, 13)],
    *[("discard", length) for length in (56, 40, 5)],
    *[("output", length) for length in (512, 56)],
)
"""What a run of the program does to the ringbuf, one record each."""
PERF_LENGTHS = (56, 8, 61, 1, 60, 300, 52, 512, 53)


@dataclass
class Seen:
    """A ring after a run of the program: the kernel's position, the reader's, and all of the data."""

    written: int
    read: int
    image: bytes
    event_id: int = 0


def _text() -> str:
    lines = [
        f"struct payload {{ u8 bytes[{LONGEST}]; }};",
        "BPF_ARRAY(payloads, struct payload, 16);",
        "BPF_RINGBUF_OUTPUT(records, 1);",
        "BPF_PERF_OUTPUT(samples);",
        "int ringbuf(struct __sk_buff *skb) { void *p, *slot; int i;",
    ]
    for number, (verb, length) in enumerate(RINGBUF_STEPS):
        lines.append(f"i = {number}; p = payloads.lookup(&i); if (!p) return 0;")
        if verb == "output":
            lines.append(f"records.ringbuf_output(p, {length}, 0);")
        else:
            lines.append(f"slot = records.ringbuf_reserve({length});")
            lines.append(f"if (slot) {{ __builtin_memcpy(slot, p, {length});")
            lines.append(f"records.ringbuf_{verb}(slot, 0); }}")
    lines.append("return 0; }\nint perf(struct __sk_buff *skb) { void *p; int i;")
    for number, length in enumerate(PERF_LENGTHS):
        lines.append(f"i = {number}; p = payloads.lookup(&i); if (!p) return 0;")
        lines.append(f"samples.perf_submit(skb, p, {length});")
    return "\n".join([*lines, "return 0; }"])


def _real_rings() -> tuple[list[Seen], list[Seen]]:
    """Run the program lap by lap, with a reader that falls behind now and then; return what was in the rings."""
    bpf = program.compiled(_text(), [])
    payloads = bpf["payloads"]
    for number in range(16):
        leaf = payloads.Leaf()
        leaf.bytes[:] = payload(number, LONGEST)
        payloads[number] = leaf
    cpu = cpus.online()[0]
    os.sched_setaffinity(0, (cpu,))
    loaded = {name: bpf.load_func(name, program.bcc_module().BPF.SCHED_CLS).fd for name in ("ringbuf", "perf")}
    ringbuf = MappedRingbuf(bpf["records"].map_fd, PAGE, RECORD)
    perf = MappedPerfRing.open(cpu, 1, RECORD, NOBODY)
    samples = bpf["samples"]
    samples[samples.Key(cpu)] = samples.Leaf(perf.fd)
    event_id = struct.unpack("<Q", fcntl.ioctl(perf.fd, PERF_EVENT_IOC_ID, bytes(8)))[0]
    seen: tuple[list[Seen], list[Seen]] = ([], [])
    for lap in range(LAPS):
        for name, ring, laps in zip(loaded, (ringbuf, perf), seen, strict=True):
            read = ring.position
            syscalls.run_repeatedly(loaded[name], 1)
            memory = ring._producer if isinstance(ring, MappedRingbuf) else ring._memory
            written = read + ring.pending_bytes()
            laps.append(Seen(written, read, memory[PAGE : 2 * PAGE], event_id))
            if lap % 9 < 5:
                ring._move(ring.pending_bytes())
    ringbuf.close()
    perf.close()
    bpf.cleanup()
    return seen


@pytest.fixture(scope="module")
def real_rings() -> tuple[list[Seen], list[Seen]]:
    return isolation.run(_real_rings)


def test_the_fake_ringbuf_is_the_kernels_byte_for_byte(real_rings: tuple[list[Seen], list[Seen]]) -> None:
    with FakeRingbuf(fill=0) as fake:
        refused = 0
        for seen in real_rings[0]:
            fake.consumer = seen.read
            for number, (verb, length) in enumerate(RINGBUF_STEPS):
                refused += fake.add(payload(number, LONGEST)[:length], DISCARD if verb == "discard" else 0) is None
            assert fake.producer == seen.written
            assert fake.image() == seen.image
        assert fake.producer > 10 * PAGE  # it went round
        assert refused > 10  # and was full at times


def test_the_fake_perf_ring_is_the_kernels_byte_for_byte(real_rings: tuple[list[Seen], list[Seen]]) -> None:
    (misc,) = struct.unpack_from("<H", real_rings[1][0].image, 4)  # the mode in which the CPU was
    with FakePerf(fill=0) as fake:
        for seen in real_rings[1]:
            fake.tail = seen.read
            for number, length in enumerate(PERF_LENGTHS):
                fake.sample(payload(number, LONGEST)[:length], misc, seen.event_id)
            assert fake.head == seen.written
            assert fake.image() == seen.image
        lost = sum(record.lost for record in fake.written)
        assert fake.head > 10 * PAGE
        assert lost > 10
        assert lost + fake.unsaid + sum(record.what == "event" for record in fake.written) == LAPS * len(PERF_LENGTHS)


SLOW_WRITER = """
BPF_RINGBUF_OUTPUT(records, 16);
BPF_ARRAY(next, u64, 1);

int slow(struct __sk_buff *skb)
{
    int zero = 0;
    u64 *seq = next.lookup(&zero), *slot;

    if (!seq)
        return 0;
    slot = records.ringbuf_reserve(56);
    if (!slot)
        return 0;
    *slot = 0;
    for (int i = 0; i < 2000; i++)
        bpf_ktime_get_ns();
    *slot = ++*seq;
    records.ringbuf_submit(slot, 0);
    return 0;
}
"""


def _read_while_it_is_written() -> tuple[set[int], list[int]]:
    """Return the header words of unfinished records, and the numbers of those that were taken."""
    bpf = program.compiled(SLOW_WRITER, [])
    slow = bpf.load_func("slow", program.bcc_module().BPF.SCHED_CLS).fd
    ring = MappedRingbuf(bpf["records"].map_fd, 16 * PAGE, RECORD)

    def write() -> None:
        os.sched_setaffinity(0, cpus.online()[-1:])
        syscalls.run_repeatedly(slow, 1000)

    os.sched_setaffinity(0, cpus.online()[:1])
    writer = threading.Thread(target=write)
    writer.start()
    words: set[int] = set()
    arena = Arena(sample(RECORD), 2000, keep=True)
    over, turn = False, 0
    while not over:
        over = not writer.is_alive()
        if ring.pending_bytes():
            at = PAGE + ring.position % ring.size
            words.add(struct.unpack("<I", ring._producer[at : at + 4])[0])
        turn += 1
        if turn % 2:
            ring.drain(arena.sink)
        else:
            arena.took(ring.take(arena.room()))
        arena.check()
    numbers = arena.opaque.view(sample(RECORD).dtype)["seq"][: arena.count].tolist()
    ring.close()
    bpf.cleanup()
    return words, numbers


@pytest.mark.skipif(len(cpus.online()) == 1, reason="needs a CPU to write and another one to read")
def test_a_record_that_is_being_written_is_busy_and_nobody_takes_it() -> None:
    words, numbers = isolation.run(_read_while_it_is_written)
    assert words - {RECORD} == {BUSY | RECORD}
    assert numbers == list(range(1, 1001))


DISCARDING = """
BPF_RINGBUF_OUTPUT(ringbuf_reserve_events, RINGBUF_PAGES);
BPF_ARRAY(next, u64, 1);

int fill(struct __sk_buff *skb)
{
    int zero = 0;
    u64 *seq = next.lookup(&zero);
    RECORD *e;
    void *other;

    if (!seq)
        return 0;
    if (*seq % 5 == 0) {
        other = ringbuf_reserve_events.ringbuf_reserve(24);
        if (other)
            ringbuf_reserve_events.ringbuf_discard(other, BPF_RB_NO_WAKEUP);
    }
    e = ringbuf_reserve_events.ringbuf_reserve(sizeof(RECORD));
    if (!e)
        return 0;
    e->seq = ++*seq;
    if (*seq % 3 == 0)
        ringbuf_reserve_events.ringbuf_discard(e, BPF_RB_NO_WAKEUP);
    else
        ringbuf_reserve_events.ringbuf_submit(e, BPF_RB_NO_WAKEUP);
    return 0;
}
"""
"""Discards every third record, and one of another length before every fifth."""

NUMBERING = """
BPF_PERF_OUTPUT(perf_events);
BPF_ARRAY(next, u64, 1);

int fill(struct __sk_buff *skb)
{
    int zero = 0;
    u64 *seq = next.lookup(&zero);
    RECORD e = {};

    if (!seq)
        return 0;
    e.seq = ++*seq;
    perf_events.perf_submit(skb, &e, sizeof(e));
    return 0;
}
"""

EVERY_READER = (*(name for name in READERS if name != "callback-bare"), "bulk by numpy")
"""BCC opens a ringbuf only once; what the bare callback reads, it reads as the other one."""


def _open(name: str, opening: Opening) -> Reader:
    if name == "bulk by numpy":
        arena = Arena(opening.record, opening.capacity, keep=opening.keep)
        return BulkReader(open_all(opening), arena, compiled=False)
    return reader(name).open(opening)


@dataclass
class Drained:
    """What a reader took, beside what it should have."""

    count: int
    seq_sum: int
    lost: int | None
    written: list[int]


def _each_reader(transport: Transport, text: str, runs: tuple[int, ...]) -> dict[str, Drained]:
    """Let each reader in turn drain what *runs* runs of the program wrote, run by run."""
    sent = probe.fill(1, RECORD)
    text = (source.folder() / sent.record.header).read_text() + text
    loaded = program.load([transport], probe=sent, text=text, sizes={transport.name: 16 * PAGE})
    fill = loaded.repeatable("fill")
    os.sched_setaffinity(0, cpus.online()[:1])
    found, number = {}, 0
    for name in EVERY_READER:
        pages = 16 * (1 if transport.shape == "shared-ring" else len(cpus.online()))
        opened = _open(name, Opening(loaded, transport, pages * PAGE, NOBODY, 100_000, keep=False))
        written: list[int] = []
        for times in runs:
            syscalls.run_repeatedly(fill, times)
            written += range(number + 1, number + times + 1)
            number += times
            while opened.drain():
                pass
        found[name] = Drained(opened.delivered, opened.seq_sum or 0, opened.lost_reported, written)
        opened.close()
    loaded.close()
    return found


def test_every_reader_steps_over_discarded_records_of_the_real_ringbuf() -> None:
    found = isolation.run(_each_reader, TRANSPORTS["ringbuf-reserve"], DISCARDING, (1, 2, 700, 3, 800, 800, 800))
    for name, drained in found.items():
        kept = [number for number in drained.written if number % 3]
        assert drained.count == len(kept), name
        assert drained.seq_sum == sum(kept), name


def test_every_reader_hears_of_what_the_real_perf_ring_lost() -> None:
    runs = (700, 2000, 10, 2000, 10)
    found = isolation.run(_each_reader, TRANSPORTS["perf"], NUMBERING, runs)
    with FakePerf(data_bytes=16 * PAGE) as fake:
        for times in runs:
            for number in range(times):
                fake.sample(payload(number, RECORD))
            fake.tail = fake.head
        count = sum(record.what == "event" for record in fake.written)
        lost = sum(record.lost for record in fake.written)
    assert lost > 2000
    for name, drained in found.items():
        assert (drained.count, drained.lost) == (count, lost), name
