"""The compiled loops of ``rings.c``, through ctypes: draining mapped rings, native callbacks.

The packaging builds ``rings.so`` beside this file (hatch_build.py). Without a compiler it is not there: then
:func:`missing` says so, what needs it is not available, and the pure readers go on working.
"""

from __future__ import annotations

import ctypes
import functools

from ringbench.native import loader
from ringbench.native.loader import U64, load, words

LIBRARY = loader.library("rings")
UNLIMITED = (1 << 64) - 1

NOTHING, FULL, UNEXPECTED_RECORD, DAMAGED = range(4)
"""What can stop a reader for good: ``sink.error``."""

TURN = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
"""``sink.turn``: called with the sink's address when it is full; 0 when it has room again."""


class Sink(ctypes.Structure):
    """``struct sink`` of rings.c: where records go, and what became of them. Every field is a u64; addresses, too."""

    _fields_ = words(
        "records ends received_ns room slots record_bytes seq_offset overwrite limit in_call kept used "
        "count bytes seq_sum lost discarded others error error_kind error_bytes turn"
    )


class Ringbuf(ctypes.Structure):
    """``struct ringbuf``: addresses of the two positions and the data, its size, and the consumer's position."""

    _fields_ = words("consumer producer data size position")


class PerfRing(ctypes.Structure):
    """``struct perf_ring``: addresses of head, tail and data, its size, the reader's position, and room for a seam."""

    _fields_ = words("head tail data size position seam")


class Tickets(ctypes.Structure):
    """``struct tickets``: addresses of the next ticket and the slots, their number and stride, the reader's ticket, how
    many it found overwritten, and room for a record.
    """

    _fields_ = words("next data slots stride position overwritten copy")


class Traced(ctypes.Structure):
    """``struct traced`` of ftrace.h: an event's number, its least bytes, and where pids and text lie in it."""

    _fields_ = words("type least pid other_pid text text_bytes")


class Ftrace(ctypes.Structure):
    """``struct ftrace`` of ftrace.h: a CPU's trace_pipe_raw, how its pages and events are laid out, and what was read.

    ``page`` and ``spans`` are addresses.
    """

    _fields_ = [
        *words("fd page page_bytes pages commit commit_bytes data spans cpu"),
        *words("counted seq record_bytes outside foreign bytes"),
        ("events", Traced * 3),
    ]


def missing() -> str | None:
    """Return why the compiled loops cannot be used here; None when they can."""
    return loader.missing(library)


@functools.cache
def library() -> ctypes.CDLL:
    """Return the loaded library; MissingRequirementError, with what to do, where it was not built or is another
    version's.
    """
    found = load(LIBRARY, [ctypes.sizeof(kind) for kind in (Sink, Ringbuf, PerfRing, Tickets, Ftrace)])
    for name in ("ringbuf_drain", "perf_drain", "tickets_drain", "queue_drain", "ftrace_drain", "ftrace_page"):
        getattr(found, name).restype = ctypes.c_int64
    for name in ("ringbuf_plain", "perf_plain"):
        getattr(found, name).restype = ctypes.c_int64
        getattr(found, name).argtypes = [ctypes.c_void_p, U64, U64, U64, ctypes.c_void_p]
    found.ringbuf_drain.argtypes = [ctypes.POINTER(Ringbuf), ctypes.POINTER(Sink)]
    found.perf_drain.argtypes = [ctypes.POINTER(PerfRing), ctypes.POINTER(Sink)]
    found.tickets_drain.argtypes = [ctypes.POINTER(Tickets), ctypes.POINTER(Sink)]
    found.queue_drain.argtypes = [ctypes.c_int, ctypes.c_long, U64, ctypes.POINTER(Sink)]
    for name in ("ftrace_drain", "ftrace_page"):
        getattr(found, name).argtypes = [ctypes.POINTER(Ftrace), ctypes.POINTER(Sink)]
    found.completions_drain.restype = ctypes.c_int64
    found.completions_drain.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, U64, ctypes.POINTER(Sink)]
    return found


def address(function: str) -> int:
    """Return the address of one of the library's functions, to be handed to another library as a callback."""
    return int(ctypes.cast(getattr(library(), function), ctypes.c_void_p).value or 0)
