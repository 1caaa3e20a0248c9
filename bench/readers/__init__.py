"""The readers: what takes events out of a transport. Twins on every transport: the same verbs, another memory.

A reader is one file with a :class:`~bench.readers.reader.Kind`; registering it is one line here.
"""

from __future__ import annotations

from bench.errors import unknown_name
from bench.readers import bulk, callback
from bench.readers.reader import Kind, Opening, Reader

READERS: dict[str, Kind] = {kind.name: kind for kind in (callback.KIND, bulk.KIND)}


def reader(name: str) -> Kind:
    """Return the reader called *name*; UsageError lists the valid names."""
    if name not in READERS:
        raise unknown_name("reader", name, READERS)
    return READERS[name]


__all__ = ["READERS", "Kind", "Opening", "Reader", "reader"]
