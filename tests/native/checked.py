"""What runs under the memory checker: every loop of rings.c over healthy and damaged rings, with nothing around them.

The data of a ring lies in a mapping of its own between pages that cannot be touched, and what a sink says it has is
exactly what was allocated, so that a byte too far ends this process. The rings are the same in every run.

    LD_PRELOAD=libasan.so python -m tests.native.checked RINGS.so
"""

from __future__ import annotations

import ctypes
import mmap
import random
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from ringbench import native
from tests.native import ftrace_pages
from tests.native.fake import (
    BUSY,
    DISCARD,
    LONGEST_PERF,
    LOST,
    MODULO,
    PAGE,
    SAMPLE,
    THROTTLE,
    FakePerf,
    FakeRingbuf,
    payload,
)

ALL = MODULO - 1
RECORD = 56
_libc = ctypes.CDLL(None)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_libc.malloc.restype = ctypes.c_void_p
_libc.malloc.argtypes = [ctypes.c_size_t]
_libc.free.argtypes = [ctypes.c_void_p]


class Memory:
    """Memory whose ends are exact: mappings between guard pages, and pieces of the checker's heap."""

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._mapped: list[tuple[int, int]] = []

    def between_guards(self, content: bytes) -> int:
        """Return the address of *content*, whole pages, read-only, with an untouchable page before and behind it."""
        whole = len(content) + 2 * PAGE
        start = _libc.mmap(None, whole, 0, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        data = start + PAGE
        _libc.mprotect(data, len(content), mmap.PROT_READ | mmap.PROT_WRITE)
        ctypes.memmove(data, content, len(content))
        _libc.mprotect(data, len(content), mmap.PROT_READ)
        self._mapped.append((start, whole))
        return int(data)

    def piece(self, nbytes: int, content: bytes = b"") -> int:
        """Return the address of exactly *nbytes* of heap."""
        address = _libc.malloc(nbytes)
        ctypes.memmove(address, content, len(content))
        self._heap.append(address)
        return int(address)

    def free(self) -> None:
        """Give it all back."""
        for address in self._heap:
            _libc.free(address)
        for address, nbytes in self._mapped:
            _libc.munmap(address, nbytes)
        self._heap, self._mapped = [], []


def sinks(memory: Memory) -> Iterator[native.Sink]:
    """Yield a sink of every kind, some with little room, some with more than any ring holds."""
    for record_bytes in (RECORD, 0):
        for slots, room in ((2, 2 * RECORD + 9), (3000, 1 << 17)):
            records, times = memory.piece(room), memory.piece(8 * slots)
            ends = memory.piece(8 * slots)
            common = {"room": room, "slots": slots, "record_bytes": record_bytes, "seq_offset": 8}
            for overwrite in (0, 1):
                yield native.Sink(records=records, ends=ends, received_ns=times, overwrite=overwrite, **common)
                if record_bytes:
                    yield native.Sink(records=records, overwrite=overwrite, **common)
        yield native.Sink(record_bytes=record_bytes, seq_offset=8)


def drained(lib: ctypes.CDLL, name: str, ring: native.Ringbuf | native.PerfRing, memory: Memory) -> int:
    """Drain *ring* into every kind of sink, from where it is; return how many records came out."""
    count, position = 0, ring.position
    for sink in sinks(memory):
        ring.position = position
        for limit in (1, 3, ALL, ALL):
            sink.limit = limit
            count += getattr(lib, f"{name}_drain")(ring, sink)
            if sink.error == native.FULL:
                sink.kept = sink.used = sink.error = 0
    ring.position = position
    total = ctypes.c_uint64()
    for record_bytes in (8, RECORD, 1000):
        for wanted in (None, ctypes.byref(total)):
            getattr(lib, f"{name}_plain")(ctypes.byref(ring), record_bytes, ALL, record_bytes - 8, wanted)
    return count


def ringbuf(lib: ctypes.CDLL, memory: Memory, fake: FakeRingbuf) -> int:
    """Drain a copy of *fake*."""
    places = [memory.piece(8, struct.pack("<Q", word)) for word in (fake.consumer, fake.producer)]
    data = memory.between_guards(fake.image() * 2)
    count = drained(lib, "ringbuf", native.Ringbuf(*places, data, fake.size, fake.consumer), memory)
    memory.free()
    return count


def perf(lib: ctypes.CDLL, memory: Memory, fake: FakePerf) -> int:
    """Drain a copy of *fake*."""
    places = [memory.piece(8, struct.pack("<Q", word)) for word in (fake.head, fake.tail)]
    data = memory.between_guards(fake.image())
    seam = memory.piece(1 << 16)
    count = drained(lib, "perf", native.PerfRing(*places, data, fake.size, fake.tail, seam), memory)
    memory.free()
    return count


def ringbufs() -> Iterator[FakeRingbuf]:
    """Yield ringbufs: full ones, then damaged ones, then any bytes."""
    for start in range(-PAGE, 0, 248):
        with FakeRingbuf(start % MODULO) as fake:
            for number in range(100):
                length = RECORD if number < 40 or start % 16 else number
                fake.add(payload(number, length, 8), (0, 0, DISCARD, 0)[number % 4] if number < 60 else 0)
            yield fake
            fake.put(fake.written[9].at, struct.pack("<I", BUSY | RECORD))
            yield fake
    for place in range(0, 40, 3):
        for word in (0, 1, 15, 20000, (1 << 30) - 1, PAGE, DISCARD | 20000, DISCARD | ((1 << 30) - 1)):
            with FakeRingbuf(-place * 64 % MODULO) as fake:
                for number in range(40):
                    fake.add(payload(number, RECORD, 8))
                fake.put(fake.written[place].at, struct.pack("<I", word))
                yield fake
    yield from damaged_positions(FakeRingbuf)
    for seed in range(60):
        chance = random.Random(seed)
        with FakeRingbuf(8 * chance.randrange(PAGE)) as fake:
            fake.put(0, chance.randbytes(PAGE))
            for at in range(0, PAGE, 64):
                length = chance.choice((RECORD, RECORD, 0, 120, 20000))
                fake.put(fake.start + at, struct.pack("<I", length | chance.choice((0, 0, 0, DISCARD))))
            fake.producer = fake.start + 8 * chance.randint(0, PAGE // 8)
            yield fake


def perfs() -> Iterator[FakePerf]:
    """Yield perf rings: full ones, then damaged ones, then any bytes."""
    for start in range(-PAGE, 0, 248):
        with FakePerf(start % MODULO) as fake:
            for number in range(100):
                fake.sample(payload(number, RECORD if number < 40 or start % 16 else 16 + number, 8))
                if number % 5 == 0:
                    fake.lost(number)
                    fake.other(THROTTLE, 32)
            yield fake
    with FakePerf(-64 % MODULO, 32 * PAGE) as fake:
        fake.sample(payload(1, LONGEST_PERF - 12))
        yield fake
    # The longest first: a reader that follows it dies here, where one that follows the others might go round for ever.
    sizes = (LONGEST_PERF, LONGEST_PERF + 7, 0, 4, 8, 12, 16, 24, 80, 4096)
    for place in range(0, 41, 4):
        for size in sizes:
            for kind in (SAMPLE, LOST, THROTTLE, 99):
                # The end of the data is close behind the header: at 8 and 16 bytes from it, and inside the record.
                off = (8, 16, 40)[place % 3]
                with FakePerf((-place * 72 - off) % MODULO) as fake:
                    for number in range(41):
                        fake.sample(payload(number, RECORD, 8))
                    fake.put(fake.written[place].at, struct.pack("<IHH", kind, 1, size))
                    yield fake
        for raw in (0, 4, 61, 20000, (1 << 32) - 1):
            with FakePerf((-place * 72 - 8) % MODULO) as fake:
                for number in range(41):
                    fake.sample(payload(number, RECORD, 8))
                fake.put(fake.written[place].at + 8, struct.pack("<I", raw))
                yield fake
    for kind, size in ((SAMPLE, 8), (LOST, 8), (LOST, 16), (SAMPLE, 16)):
        with FakePerf(-size % MODULO) as fake:  # the last bytes of the data
            fake.other(kind, size)
            fake.put(fake.start + 8, struct.pack("<I", 4))
            yield fake
    yield from damaged_positions(FakePerf)
    for seed in range(60):
        chance = random.Random(seed)
        with FakePerf(8 * chance.randrange(PAGE)) as fake:
            fake.put(0, chance.randbytes(PAGE))
            for at in range(0, PAGE, 72):
                kind, size = (
                    chance.choice((SAMPLE, SAMPLE, SAMPLE, LOST, THROTTLE)),
                    chance.choice((72, 72, 72, *sizes)),
                )
                fake.put(fake.start + at, struct.pack("<IHHI", kind, 1, size, chance.choice((60, 60, 4, 20000))))
            fake.head = fake.start + 8 * chance.randint(0, PAGE // 8)
            yield fake


def damaged_positions(kind: type[FakeRingbuf] | type[FakePerf]) -> Iterator[FakeRingbuf | FakePerf]:
    """Yield rings full of records, so that nothing but the positions says where to stop."""
    stride, header = 64, struct.pack("<II", RECORD, 3)
    if kind is FakePerf:
        stride, header = 72, struct.pack("<IHHI", SAMPLE, 1, 72, 60)
    for base in (1 << 32, MODULO):
        for ahead in (PAGE + 8, 2 * PAGE + 64, 10 * PAGE, 1 << 32, 1 << 63, -8, -PAGE):
            for consumer_off, producer_off in ((0, 0), (0, 1), (4, 4), (7, 0)):
                with kind(base - 128) as fake:
                    for at in range(0, PAGE - stride + 1, stride):
                        fake.put(at, header)
                    tail = fake.start + consumer_off
                    if isinstance(fake, FakeRingbuf):
                        fake.consumer, fake.producer = tail, tail + ahead + producer_off
                    else:
                        fake.tail, fake.head = tail, tail + ahead + producer_off
                    yield fake
    for off in range(1, 8):  # the last bytes of the data, less than a header
        with kind((MODULO - 8 + off) % MODULO) as fake:
            if isinstance(fake, FakeRingbuf):
                fake.producer = fake.start + 64
            else:
                fake.head = fake.start + 64
            yield fake


def callbacks(lib: ctypes.CDLL, memory: Memory) -> int:
    """Call every callback with every kind of sink, lengths that are right and wrong, and what lies between guards."""
    count = 0
    for sink in sinks(memory):
        context = ctypes.byref(sink)
        for length in (0, 1, 15, 16, RECORD - 1, RECORD, RECORD + 4, 200, RECORD, RECORD):
            data = memory.piece(max(length, 1), payload(length, length, 8))
            for negative in (1, -1, -(1 << 31)):
                sink.limit, sink.in_call, sink.error = 2, 0, 0
                lib.on_ringbuf(context, ctypes.c_void_p(data), ctypes.c_size_t(length))
                sink.error = 0
                lib.on_perf_of_bcc(context, ctypes.c_void_p(data), length if negative > 0 else negative)
            count += 1
        for kind in (SAMPLE, LOST, THROTTLE, 0):
            for size in (8, 16, 24, 72, 80):
                for raw in (0, 4, size - 12, size, 1 << 31):
                    record = struct.pack("<IHHI", kind, 1, size, raw % MODULO & 0xFFFFFFFF).ljust(size, b"\1")[:size]
                    data = memory.between_guards(record.rjust(PAGE, b"\0")) + PAGE - size
                    sink.error = 0
                    lib.on_perf_of_libbpf(context, 0, ctypes.c_void_p(data))
                    count += 1
        lib.on_lost_of_bcc(context, ctypes.c_uint64(5))
    memory.free()
    return count


def ftrace(lib: ctypes.CDLL, memory: Memory, content: bytes) -> int:
    """Take a page of ftrace's into every kind of sink; return how many records came out."""
    count, address = 0, memory.between_guards(content)
    for sink in sinks(memory):
        ring = ftrace_pages.Ring(address)
        for _ in range(2):
            count += lib.ftrace_page(ring.ring, sink)
            sink.kept = sink.used = sink.error = 0
    memory.free()
    return count


def ftraces() -> Iterator[bytes]:
    """Yield ftrace's pages: full ones, then damaged ones, then any bytes."""
    made = (ftrace_pages.fork(1, 2, b"some"), ftrace_pages.exec_(3, 3, b"/a/b" * 9), ftrace_pages.exit_(4, b"x" * 16))
    sound = [ftrace_pages.record(made[number % 3], 9, long=number % 4 == 0) for number in range(200)]
    for commit in (0, 3, 4, 7, 40, 4079, 4080, 4081, 5000, (1 << 27) - 1, 3 << 30 | 4080):
        yield ftrace_pages.page(1, sound, commit)
    for cut in range(1, 80):
        for data in made:
            # The last bytes of the page are the first of an event.
            end = ftrace_pages.record(data, 9)[:cut]
            yield ftrace_pages.page(1, [ftrace_pages.padding(4080 - 4 - len(end)), end])
    for fork in (made[0][:24], made[0][:23], made[0][:2], made[0][:1]):
        for offset, length in ((24, 8), (24, 9999), (65535, 65535), (9999, 0), (0, 65535)):
            located = ftrace_pages.located(offset, length)
            text = ftrace_pages.record(fork[:8] + located + fork[12:] if len(fork) > 12 else fork, 9)
            yield ftrace_pages.page(1, [ftrace_pages.padding(4080 - 4 - len(text)), text])
    for seed in range(100):
        chance = random.Random(seed)
        yield ftrace_pages.page(chance.getrandbits(64), [chance.randbytes(4080)], 4080)
        words = (chance.choice((chance.getrandbits(5), chance.getrandbits(32), 366, 365, 369)) for _ in range(1020))
        yield ftrace_pages.page(1, [struct.pack("<1020I", *words)], chance.choice((4080, chance.randrange(4080))))


def main() -> None:
    """Replay it all with the library that is named, and say how much that was."""
    native.LIBRARY = Path(sys.argv[1])
    lib, memory = native.library(), Memory()
    rings = records = 0
    for fake in ringbufs():
        records += ringbuf(lib, memory, fake)
        rings += 1
    for ring in perfs():
        records += perf(lib, memory, ring)
        rings += 1
    for content in ftraces():
        records += ftrace(lib, memory, content)
        rings += 1
    print(rings, records, callbacks(lib, memory))


if __name__ == "__main__":
    main()
