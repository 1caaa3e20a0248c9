"""The compiled loops of ``producers.c``, through ctypes: system calls, bytes handed over, records written.

Built and missing as :mod:`ringbench.native` says.
"""

from __future__ import annotations

import ctypes
import functools

from ringbench.native import loader
from ringbench.native.loader import U64, load, words

LIBRARY = loader.library("producers")
CODES = 134
"""Errno's are below this."""


class Writer(ctypes.Structure):
    """``struct writer`` of producers.c: one writer's orders, and its account. Times in ns of CLOCK_MONOTONIC."""

    _fields_ = (
        *words(
            "begin_ns end_ns interval_ns batch cpu most baton members member "
            "ready turns attempted failed_sum ns broke over"
        ),
        ("failed", U64 * CODES),
    )


class SharedRing(ctypes.Structure):
    """``struct mapped_ring``: addresses of the two positions and the data, its size, and the address of the lock."""

    _fields_ = words("consumer producer data size lock")


class Poster(ctypes.Structure):
    """``struct poster``: addresses of an io_uring's words, its masks, the ring it posts to, and what broke it off."""

    _fields_ = words("sq_tail sqes sq_mask cq_head cq_tail cqes cq_mask fd target_fd error")


class Logger(ctypes.Structure):
    """``struct logger``: a descriptor of /dev/kmsg, and the address of what marks a record."""

    _fields_ = words("fd mark")


def missing() -> str | None:
    """Return why the compiled loops cannot be used here; None when they can."""
    return loader.missing(library)


@functools.cache
def library() -> ctypes.CDLL:
    """Return the loaded library; MissingRequirementError, with what to do, where it was not built or is another
    version's.
    """
    found = load(LIBRARY, [ctypes.sizeof(kind) for kind in (Writer, SharedRing, Poster, Logger)])
    found.firehose.restype = None
    found.firehose.argtypes = [U64, ctypes.c_long, ctypes.c_void_p, U64]
    found.hand_over.restype = None
    found.hand_over.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p, U64]
    for name, kind in (("write_to_ring", SharedRing), ("write_to_completions", Poster), ("write_to_log", Logger)):
        getattr(found, name).restype = None
        getattr(found, name).argtypes = [ctypes.POINTER(Writer), ctypes.POINTER(kind)]
    return found
