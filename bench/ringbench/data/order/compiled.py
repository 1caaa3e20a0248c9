"""The loops of ``order.c``, through ctypes. Calls let go of the interpreter's lock, so two can run side by side.

The packaging builds ``order.so`` (hatch_build.py). Without a compiler it is not there, and
:func:`library` says what to do.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from ringbench.native import loader
from ringbench.native.loader import U64, load, words

LIBRARY = loader.library("order")
NONE = (1 << 64) - 1
"""No stamp and no place: above every one there can be."""
OCTAVES = 65
WORST = 10
MOST_CPUS = 1 << 13
"""CPU numbers are below this: the kernel's own limit is 8192 (NR_CPUS, arch/x86/Kconfig)."""

_P = ctypes.c_void_p

GROUP = np.dtype(
    [
        *((name, "<u8") for name in ("events", "late", "inversions", "max_lateness_ns", "max_displacement")),
        *((name, "<u4", (OCTAVES,)) for name in ("lateness", "displacement")),
    ]
)
"""``struct group``: late events of one pair of CPUs, one kind, or one span of time."""
ITEM = np.dtype([(name, "<u8") for name in ("ts_ns", "tag", "seen_ns", "above_ns")])
"""``struct item``: an event on its way to its place in stamp order."""
LIFE = np.dtype([("key", "<u8"), ("execs", "<u4"), ("exits", "<u2"), ("cpu_flags", "<u2")])
STEP = np.dtype([*((name, "<u8") for name in ("seen_ns", "received_ns", "place")), ("at_once", "<u8", (4,))])
"""``struct step``: an event that raised the highest stamp."""
HEAD = np.dtype([("ts_ns", "<u8"), ("at", "<u8")])


class LatenessState(ctypes.Structure):
    """``struct lateness``; addresses are u64, too."""

    _fields_ = words(
        "events seen before seen_cpu before_cpu overlap_ns inversions same_cpu close late max_late bins bits "
        "pairs kinds spans cpus span_ns begin_ns n_spans"
    )


class RanksState(ctypes.Structure):
    """``struct ranks``."""

    _fields_ = words("placed max_displacement displaced displacement needed bits max_needed")


class Violation(ctypes.Structure):
    """``struct violation``."""

    _fields_ = words("lateness key place")


class LivesState(ctypes.Structure):
    """``struct lives``."""

    _fields_ = (
        *words("table slots used seed violations again moved early forked_twice n_worst"),
        ("worst", Violation * WORST),
    )


class PassesState(ctypes.Structure):
    """``struct passes``."""

    _fields_ = (*words("number cpu received events blocks longest cut"), ("in_pass", U64 * MOST_CPUS))


class HoldState(ctypes.Structure):
    """``struct hold``."""

    _fields_ = words("window at_once let_go step peak most_latency latency bits")


class LatencyState(ctypes.Structure):
    """``struct latency``."""

    _fields_ = words("bits bins negative batching blocks most")


_SIZES = [
    *(GROUP.itemsize, ctypes.sizeof(LatenessState), ITEM.itemsize, ctypes.sizeof(RanksState), LIFE.itemsize),
    *(ctypes.sizeof(LivesState), ctypes.sizeof(PassesState), ctypes.sizeof(HoldState), STEP.itemsize),
    ctypes.sizeof(LatencyState),
]
"""As order.c has them, in its order."""

_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "count_bins": (None, [_P, ctypes.c_uint32, _P, U64]),
    "lateness_feed": (None, [_P, _P, _P, _P, U64, _P, _P]),
    "make_items": (None, [_P, _P, _P, _P, _P, _P, U64, U64]),
    "merge_items": (U64, [_P, U64, U64, _P]),
    "sort_items": (U64, [_P, U64, _P, _P]),
    "up_to": (U64, [_P, U64, U64]),
    "place_items": (None, [_P, _P, _P, U64]),
    "lives_feed": (U64, [_P, _P, _P, _P, _P, _P, U64, U64, _P]),
    "lives_move": (None, [_P, _P, U64]),
    "choose_keys": (None, [_P, U64, U64, _P, U64]),
    "find_chosen": (U64, [_P, U64, U64, _P, _P, U64, _P, _P]),
    "pass_ends": (U64, [_P, _P, _P, U64, _P]),
    "merge_passes": (None, [_P, _P, _P, U64, _P, _P, _P, _P]),
    "hold_arrivals": (U64, [_P, U64, _P, _P, _P, U64, U64, _P, _P]),
    "hold_release": (None, [_P, U64, _P, U64, _P, U64]),
    "latency_feed": (None, [_P, _P, _P, U64]),
    "count_closely": (None, [_P, U64, U64, U64, _P, _P, U64]),
}


@functools.cache
def library() -> ctypes.CDLL:
    """Return the loaded library; MissingRequirementError, with what to do, where it was not built or is another
    version's.
    """
    found = load(LIBRARY, _SIZES)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found


def address(state: ctypes.Structure | ctypes.Array[Any]) -> int:
    """Return the address of a structure, or of several in a row; it must outlive the call it goes to."""
    return ctypes.addressof(state)


def at(array: npt.NDArray[Any], first: int = 0) -> int:
    """Return the address of element *first* of a contiguous array; its owner must outlive the call it goes to."""
    if not array.flags.c_contiguous:
        raise ValueError("only contiguous arrays have one address")
    return int(array.ctypes.data) + first * array.itemsize
