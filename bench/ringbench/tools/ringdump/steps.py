"""What ``ringbench anatomy`` photographs: a ring of one page from empty to full, scene by scene.

The scenes follow each other in one ring; where nothing else is said, a reader has taken everything in between.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ringbench import __version__
from ringbench.data.store.session_json import now
from ringbench.tools.ringdump import snapshot
from ringbench.tools.ringdump.dump import Album, Anatomy, Scene, dissect
from ringbench.tools.ringdump.test_ring import LENGTHS, Specimen


def live() -> Album:
    """Photograph every scene on this machine. Needs root. Raises as :class:`Specimen`."""
    with Specimen() as specimen:
        return _album(tuple(_scenes(specimen)))


def of_map(number: int) -> Album:
    """Photograph the ringbuf with the map id *number*, whoever's it is. Raises as :func:`photograph.of_map`."""
    taken = snapshot.of_map(number)
    return _album((Scene.of(f"map {number}", _words(dissect(taken)), taken),))


def _album(scenes: tuple[Scene, ...]) -> Album:
    system = os.uname()
    return Album(now(), f"{system.sysname} {system.release} {system.machine}", __version__, scenes)


def _scenes(specimen: Specimen) -> Iterator[Scene]:
    first = specimen.photograph()
    yield Scene.of(
        "empty",
        f"A new ring: both positions are 0, and all {len(first.data)} bytes are free.",
        first,
    )
    specimen.add(56)
    yield _scene(
        specimen,
        "one record",
        "56 bytes were reserved and submitted. With the header of 8 bytes they take 64, by which the producer's "
        "position has moved. The consumer's moves when a reader gives the room back.",
    )
    specimen.take()
    for length in LENGTHS:
        specimen.add(length)
    yield _scene(
        specimen,
        "several lengths",
        "The reader has taken the first. Behind it lie records of 8, 20, 56 and 500 bytes, each at a multiple of 8: "
        "with their headers, 20 bytes take 32 and 500 take 512.",
    )
    specimen.take()
    for length, discard in ((56, False), (500, True), (56, False)):
        specimen.add(length, discard=discard)
    yield _scene(
        specimen,
        "discarded",
        "The record in the middle was reserved and discarded. It keeps its place and its bytes, with the discard flag "
        "(bit 30) in its header, and a reader steps over it.",
    )
    specimen.take()
    yield from _lingering(specimen)
    specimen.take()
    yield _wrapping(specimen)
    specimen.take()
    yield _full(specimen)


def _scene(specimen: Specimen, name: str, said: str) -> Scene:
    return Scene.of(name, said, specimen.photograph())


def _lingering(specimen: Specimen) -> Iterator[Scene]:
    with specimen.held(500):
        for length, discard in ((56, False), (20, False), (500, True), (56, False)):
            specimen.add(length, discard=discard)
        taken = specimen.take()
        yield _scene(
            specimen,
            "busy",
            "A program has reserved 500 bytes and lingers: the busy flag (bit 31) is in its header. Three records were "
            "submitted behind it meanwhile and one discarded. A reader stops at the busy one: it "
            f"took {taken} of them.",
        )
    yield _scene(
        specimen,
        "submitted",
        "The program has gone on and submitted. One bit of one header has changed, and all five records are in the "
        "reader's reach; the positions are where they were.",
    )


def _wrapping(specimen: Specimen) -> Scene:
    while True:
        if not specimen.add(500):
            specimen.take()  # only where a page is larger than a few records
        seen = dissect(specimen.photograph())
        last = seen.records[-1:]
        if last and last[0].wraps:
            break
    return _scene(
        specimen,
        "wrap",
        f"The last record begins {seen.size - last[0].offset} bytes before the end of the data and goes on at its "
        "beginning. Positions only grow; their low bits are the place. The data is mapped twice in a row, so that a "
        "reader sees such a record in one piece.",
    )


def _full(specimen: Specimen) -> Scene:
    fitted = 0
    while specimen.add(56):
        fitted += 1
    seen = dissect(specimen.photograph())
    return _scene(
        specimen,
        "full",
        f"{fitted} records of 56 bytes fitted, and the next reservation was refused, though {seen.free} bytes are "
        f"free: the producer may come at most {seen.size - 1} bytes ahead of the consumer, so the last 8 are never "
        f"given away. The longest record that has room now has {seen.longest} bytes.",
    )


def _words(seen: Anatomy) -> str:
    if not seen.records:
        return f"Nothing lies between the positions: {seen.free} of {seen.size} bytes are free."
    behind = f", and {seen.waiting} finished ones wait behind a busy one" if seen.waiting else ""
    return (
        f"{len(seen.records)} records lie between the positions; a reader gets past {len(seen.reachable)} now{behind}. "
        f"{seen.free} of {seen.size} bytes are free."
    )
