"""What records of programs that interrupt each other say: whole or torn, who came inside whom, in which order.

Pure numpy over records as they were delivered (dtype ``ringbench.spec.record.NESTED``). The words here: a *pair* is an
inner record that says which outer one was interrupted, and that outer record, both delivered. The inner program runs
from beginning to end while the outer one stands still, so of an *open* pair, in which the outer record wasn't finished
yet, the outer was begun first (and reserved first, where a transport reserves) and the inner was submitted first: the
two orders contradict each other, and a ring can keep only one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringbench.spec.record import LEVELS, NESTED

_OUTER, _INNER = range(len(LEVELS))
Records = npt.NDArray[np.void]
Times = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Late:
    """Records that were delivered behind one with a later stamp, in their ring, and by how much, in ns."""

    records: int
    median_ns: int | None
    """Of those that are late; None where none is."""
    max_ns: int | None


@dataclass(frozen=True)
class Interruptions:
    """What was found in one transport's delivered records."""

    torn: int
    """Records whose checksum doesn't fit; nothing else is counted of them."""
    outer: int
    inner: int
    interrupted: int
    """Outer records whose program was interrupted before it had finished its record."""
    open_median_ns: int | None
    """How long an outer record was under way, from the beginning of its program to just before its submission."""
    open_pairs: int
    open_behind: int
    """Of these, the pairs whose inner record came behind the outer one: delivered as reserved, not as submitted."""
    in_submission: int
    """Pairs whose outer record was finished: the interrupt fell into the submission itself, or the few steps beside."""
    in_submission_behind: int
    seen_meanwhile: int
    """Inner records of open pairs that the reader had before the outer one was submitted."""
    by_begin: Late
    """Against the order in which the programs began."""
    by_submission: Late
    """Against the order in which they submitted."""


def check(records: Records) -> npt.NDArray[np.uint64]:
    """Return each record's checksum as finish() of bpf/nested.c computes it (u8, shape of *records*)."""
    words = np.ascontiguousarray(records, NESTED).view("<u8").reshape(len(records), NESTED.nbytes // 8)
    found = np.zeros(len(records), np.uint64)
    for column in range(words.shape[1] - 1):
        found = (found ^ words[:, column]) * np.uint64(0xFF51AFD7ED558CCD)
        found ^= found >> np.uint64(32)
    return found


def interruptions(records: Records, received_ns: Times, *, shared_ring: bool) -> Interruptions:
    """Return what *records* say, in order of delivery, each with the time at which it was in hand (ns, same shape).

    *shared_ring*: whether all CPUs wrote to one ring; else each CPU's order is looked at alone.
    """
    whole = check(records) == records["check"]
    torn = int(np.count_nonzero(~whole))
    records, received_ns = records[whole], received_ns[whole]
    outer, inner = records["level"] == _OUTER, records["level"] == _INNER
    inners, outers = _pairs(records)
    finished = records["ts_ns"][inners] >= records["submit_ns"][outers]
    behind = inners > outers
    meanwhile = received_ns[inners] < records["submit_ns"][outers]
    rings = np.zeros(len(records), np.uint32) if shared_ring else records["cpu"]
    took = records["submit_ns"][outer] - records["ts_ns"][outer]
    return Interruptions(
        torn=torn,
        outer=int(np.count_nonzero(outer)),
        inner=int(np.count_nonzero(inner)),
        interrupted=int(np.count_nonzero(records["interruptions"][outer])),
        open_median_ns=int(np.median(took)) if len(took) else None,
        open_pairs=int(np.count_nonzero(~finished)),
        open_behind=int(np.count_nonzero(behind & ~finished)),
        in_submission=int(np.count_nonzero(finished)),
        in_submission_behind=int(np.count_nonzero(behind & finished)),
        seen_meanwhile=int(np.count_nonzero(meanwhile & ~finished)),
        by_begin=_late(records["ts_ns"], rings),
        by_submission=_late(records["submit_ns"], rings),
    )


def _pairs(records: Records) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the places of the pairs' inner records, and of their outer ones."""
    inners = np.flatnonzero((records["level"] == _INNER) & (records["outer"] > 0))
    outers = np.flatnonzero(records["level"] == _OUTER)
    if not len(outers):
        return inners[:0], outers
    # One number for CPU and sequence number: a trial makes far fewer than 2^40 records.
    wanted = (records["cpu"][inners].astype(np.uint64) << np.uint64(40)) + records["outer"][inners] - np.uint64(1)
    known = (records["cpu"][outers].astype(np.uint64) << np.uint64(40)) + records["seq"][outers]
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)
    found = known[order[place]] == wanted
    return inners[found], outers[order[place[found]]]


def _late(stamps: npt.NDArray[np.uint64], rings: npt.NDArray[np.uint32]) -> Late:
    behind = np.zeros(len(stamps), np.uint64)
    for ring in np.unique(rings):
        own = rings == ring
        behind[own] = np.maximum.accumulate(stamps[own]) - stamps[own]
    late = behind[behind > 0]
    if not len(late):
        return Late(0, None, None)
    return Late(len(late), int(np.median(late)), int(late.max()))
