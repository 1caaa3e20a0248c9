"""What ``ringbench ringdump`` shows: a ring of one page from empty to full, step by step.

The steps follow each other in one ring; where nothing else is said, a reader has taken everything in between.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ringbench import __version__
from ringbench.data.store.session_json import now
from ringbench.tools.ringdump import snapshot
from ringbench.tools.ringdump.demo_ring import LENGTHS, DemoRing
from ringbench.tools.ringdump.dump import DecodedRing, RingDump, Step, decode


def live() -> RingDump:
    """Take a snapshot of every step on this machine. Needs root. Raises as :class:`DemoRing`."""
    with DemoRing() as demo_ring:
        return _dump(tuple(_steps(demo_ring)))


def of_map(number: int) -> RingDump:
    """Take a snapshot of the ringbuf with the map id *number*, whoever's it is. Raises as :func:`snapshot.of_map`."""
    taken = snapshot.of_map(number)
    return _dump((Step.of(f"map {number}", _words(decode(taken)), taken),))


def _dump(steps: tuple[Step, ...]) -> RingDump:
    system = os.uname()
    return RingDump(now(), f"{system.sysname} {system.release} {system.machine}", __version__, steps)


def _steps(demo_ring: DemoRing) -> Iterator[Step]:
    first = demo_ring.snapshot()
    yield Step.of(
        "empty",
        f"A new ring: both positions are 0, and all {len(first.data)} bytes are free.",
        first,
    )
    demo_ring.add(56)
    yield _step(
        demo_ring,
        "one record",
        "56 bytes were reserved and submitted. With the header of 8 bytes they take 64, by which the producer's "
        "position has moved. The consumer's moves when a reader gives the room back.",
    )
    demo_ring.take()
    for length in LENGTHS:
        demo_ring.add(length)
    yield _step(
        demo_ring,
        "several lengths",
        "The reader has taken the first. Behind it lie records of 8, 20, 56 and 500 bytes, each at a multiple of 8: "
        "with their headers, 20 bytes take 32 and 500 take 512.",
    )
    demo_ring.take()
    for length, discard in ((56, False), (500, True), (56, False)):
        demo_ring.add(length, discard=discard)
    yield _step(
        demo_ring,
        "discarded",
        "The record in the middle was reserved and discarded. It keeps its place and its bytes, with the discard flag "
        "(bit 30) in its header, and a reader steps over it.",
    )
    demo_ring.take()
    yield from _lingering(demo_ring)
    demo_ring.take()
    yield _wrapping(demo_ring)
    demo_ring.take()
    yield _full(demo_ring)


def _step(demo_ring: DemoRing, name: str, said: str) -> Step:
    return Step.of(name, said, demo_ring.snapshot())


def _lingering(demo_ring: DemoRing) -> Iterator[Step]:
    with demo_ring.hold_reservation(500):
        for length, discard in ((56, False), (20, False), (500, True), (56, False)):
            demo_ring.add(length, discard=discard)
        taken = demo_ring.take()
        yield _step(
            demo_ring,
            "busy",
            "A program has reserved 500 bytes and lingers: the busy flag (bit 31) is in its header. Three records were "
            "submitted behind it meanwhile and one discarded. A reader stops at the busy one: it "
            f"took {taken} of them.",
        )
    yield _step(
        demo_ring,
        "submitted",
        "The program has gone on and submitted. One bit of one header has changed, and all five records are in the "
        "reader's reach; the positions are where they were.",
    )


def _wrapping(demo_ring: DemoRing) -> Step:
    while True:
        if not demo_ring.add(500):
            demo_ring.take()  # only where a page is larger than a few records
        seen = decode(demo_ring.snapshot())
        last = seen.records[-1:]
        if last and last[0].wraps:
            break
    return _step(
        demo_ring,
        "wrap",
        f"The last record begins {seen.size - last[0].offset} bytes before the end of the data and goes on at its "
        "beginning. Positions only grow; their low bits are the place. The data is mapped twice in a row, so that a "
        "reader sees such a record in one piece.",
    )


def _full(demo_ring: DemoRing) -> Step:
    fitted = 0
    while demo_ring.add(56):
        fitted += 1
    seen = decode(demo_ring.snapshot())
    return _step(
        demo_ring,
        "full",
        f"{fitted} records of 56 bytes fitted, and the next reservation was refused, though {seen.free} bytes are "
        f"free: the producer may come at most {seen.size - 1} bytes ahead of the consumer, so the last 8 are never "
        f"given away. The longest record that has room now has {seen.longest} bytes.",
    )


def _words(seen: DecodedRing) -> str:
    if not seen.records:
        return f"Nothing lies between the positions: {seen.free} of {seen.size} bytes are free."
    behind = f", and {seen.waiting} finished ones wait behind a busy one" if seen.waiting else ""
    return (
        f"{len(seen.records)} records lie between the positions; a reader gets past {len(seen.reachable)} now{behind}. "
        f"{seen.free} of {seen.size} bytes are free."
    )
