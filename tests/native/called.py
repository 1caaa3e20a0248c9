"""The native callbacks, called by loops that do what libbpf's and BCC's do: neither takes a ring without a map."""

from __future__ import annotations

import ctypes
import struct

from ringbench import native
from ringbench.drivers.readers.bulk import Ring
from ringbench.kernel.perf_ring import MappedPerfRing
from ringbench.kernel.ringbuf import MappedRingbuf
from tests.native.fake import BUSY, DISCARD, LOST, SAMPLE
from tests.native.path import BySink

_on_ringbuf = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_on_perf_of_libbpf = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_on_perf_of_bcc = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_on_lost_of_bcc = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)


def on_perf_of_bcc(sink: native.Sink, data: int, length: int) -> None:
    """Call the callback as BCC does."""
    _on_perf_of_bcc(native.address("on_perf_of_bcc"))(ctypes.addressof(sink), data, length)


def on_perf_of_libbpf(sink: native.Sink, record: int) -> int:
    """Call the callback as libbpf does."""
    return int(_on_perf_of_libbpf(native.address("on_perf_of_libbpf"))(ctypes.addressof(sink), 0, record))


class Called(BySink):
    """A library's loop with the native callback: it consumes what the callback refuses, too."""

    refused = "consumed"

    def hand_over(self, limit: int) -> None:
        context = ctypes.addressof(self.sink)
        ring = self.ring
        step = self.ringbuf_step if isinstance(ring, MappedRingbuf) else self.perf_step
        end = struct.unpack("<Q", ctypes.string_at(self._end_of(ring), 8))[0]
        goes_on = True
        while goes_on and ring.position != end:
            at = ring.ring.data + ring.position % ring.size
            total, goes_on = step(context, at)
            ring._move(total)

    @property
    def meets(self) -> bool:
        return isinstance(self.ring, MappedPerfRing)

    @property
    def told(self) -> dict[str, int]:
        return {} if isinstance(self.ring, MappedRingbuf) else super().told  # a discarded record is never shown to us

    @staticmethod
    def _end_of(ring: Ring) -> int:
        return int(ring.ring.producer if isinstance(ring, MappedRingbuf) else ring.ring.head)

    @staticmethod
    def ringbuf_step(context: int, at: int) -> tuple[int, bool]:
        """libbpf's ringbuf_process_ring() (tools/lib/bpf/ringbuf.c), for one record."""
        (word,) = struct.unpack("<I", ctypes.string_at(at, 4))
        if word & BUSY:
            return 0, False
        length = word & ~DISCARD
        stop = not word & DISCARD and _on_ringbuf(native.address("on_ringbuf"))(context, at + 8, length) < 0
        return (8 + length + 7) & ~7, not stop

    def perf_step(self, context: int, at: int) -> tuple[int, bool]:
        """libbpf's perf_event_read_simple() (tools/lib/bpf/libbpf.c), for one record: always in one piece."""
        record, size = self._whole(at)
        status = on_perf_of_libbpf(self.sink, ctypes.addressof(record))
        return size, status == -2

    def _whole(self, at: int) -> tuple[ctypes.Array[ctypes.c_char], int]:
        (size,) = struct.unpack("<H", ctypes.string_at(at + 6, 2))
        first = ctypes.string_at(at, min(size, self.ring.ring.data + self.ring.size - at))
        content = first + ctypes.string_at(self.ring.ring.data, size - len(first))
        return ctypes.create_string_buffer(content, size), size


class CalledAnyLength(Called):
    """The same with records of any length."""

    any_length, ends = True, True


class CalledInPlace(Called):
    """The same with nothing kept, which is how records are counted there."""

    fills, keeps = False, False


class CalledByBcc(Called):
    """BCC's perf_reader_event_read() (src/cc/perf_reader.c): it goes on until the ring is empty, whatever we say."""

    bounded = False
    refused = "eaten"

    def perf_step(self, context: int, at: int) -> tuple[int, bool]:
        record, size = self._whole(at)
        address = ctypes.addressof(record)
        (kind,) = struct.unpack_from("<I", record, 0)
        if kind == SAMPLE:
            on_perf_of_bcc(self.sink, address + 12, struct.unpack_from("<I", record, 8)[0])
        elif kind == LOST:
            _on_lost_of_bcc(native.address("on_lost_of_bcc"))(context, struct.unpack_from("<Q", record, 16)[0])
        return size, True

    @property
    def told(self) -> dict[str, int]:
        return {"lost": self.sink.lost}


class CalledByBccAnyLength(CalledByBcc):
    """The same with records of any length."""

    any_length, ends = True, True
