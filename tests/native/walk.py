"""A ring read byte by byte, slowly and by the layout alone: what must come out of data that nobody wrote on purpose."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from tests.native.fake import BUSY, DISCARD, LOST, MODULO, SAMPLE, Fake

LAST_KNOWN = 21


@dataclass
class Walk:
    """What came out, where it ended, and why it could not go on."""

    position: int
    records: list[bytes] = field(default_factory=list)
    error: str | None = None
    unsure: bool = False
    """Whether it ended at a record that one reader may take and another may refuse."""


def ringbuf(fake: Fake, position: int, end: int, record_bytes: int, least: int) -> Walk:
    """Walk from *position* to *end*; *record_bytes* is 0 where records may have any length from *least* on."""
    walk = Walk(position)
    while walk.position != end:
        (word,) = struct.unpack("<I", fake.at(walk.position, 4))
        length = word & ~DISCARD
        total = (8 + length + 7) & ~7
        if word & BUSY:
            break
        if total > (end - walk.position) % MODULO:
            walk.error = "damaged"
            break
        if not word & DISCARD:
            if length != record_bytes if record_bytes else length < least:
                walk.error = "foreign"
                break
            walk.records.append(fake.at(walk.position + 8, length))
        walk.position = (walk.position + total) % MODULO
    return walk


def perf(fake: Fake, position: int, end: int, record_bytes: int, least: int) -> Walk:
    """Walk as :func:`ringbuf` does."""
    walk = Walk(position)
    while walk.position != end and not walk.error:
        kind, _, size = struct.unpack("<IHH", fake.at(walk.position, 8))
        if size < 8 or size % 8 or size > (end - walk.position) % MODULO:
            walk.error = "damaged"
        elif kind == SAMPLE:
            _sample(walk, fake.at(walk.position, size), record_bytes, least)
        elif kind == LOST and size < 24:
            walk.error = "damaged"
        elif not 0 < kind <= LAST_KNOWN:
            walk.error = "foreign"
        if walk.unsure:
            break
        if not walk.error:
            walk.position = (walk.position + size) % MODULO
    return walk


def _sample(walk: Walk, record: bytes, record_bytes: int, least: int) -> None:
    raw = struct.unpack_from("<I", record, 8)[0] if len(record) >= 16 else 0
    stride = (12 + record_bytes + 7) & ~7
    if record_bytes and raw != len(record) - 12 and (len(record) == stride or 0 <= raw - record_bytes < 8):
        # Where records have one length, size and raw length say the same thing, and not every reader looks at both.
        walk.unsure = True
    elif len(record) < 16 or raw > len(record) - 12:
        walk.error = "damaged"
    elif len(record) != stride if record_bytes else raw < least:
        walk.error = "foreign"
    else:
        walk.records.append(record[12 : 12 + (record_bytes or raw)])
