"""The readers: what takes events out of a transport. Twins on every transport: the same verbs, another memory.

A reader is one file with a :class:`~ringbench.drivers.readers.reader.ReaderKind`; registering it is one line here.
"""

from __future__ import annotations

from ringbench.data.plugins import with_plugins
from ringbench.drivers.readers import bulk, bulk_view, callback, compiled, libbpf
from ringbench.drivers.readers.reader import Opening, Reader, ReaderKind
from ringbench.errors import OptionError, unknown_name

READERS: dict[str, ReaderKind] = with_plugins(
    "readers", ReaderKind, (callback.KIND, callback.BARE, compiled.KIND, libbpf.KIND, bulk.KIND, bulk_view.KIND)
)


def reader(name: str) -> ReaderKind:
    """Return the reader called *name*, like ``bulk`` or ``bulk-view:1ms``; OptionError lists the valid names."""
    kind, colon, argument = name.partition(":")
    if kind not in READERS:
        raise unknown_name("reader", name, [known.usage or known.name for known in READERS.values()])
    if colon and not READERS[kind].usage:
        raise OptionError(f"reader {name!r}: {kind} takes nothing behind a colon.")
    if colon:
        READERS[kind].check(argument)
    return READERS[kind]


def argument(name: str) -> str | None:
    """Return what stands behind the colon of a reader's name, None where there is none."""
    return name.partition(":")[2] or None


__all__ = ["READERS", "Opening", "Reader", "ReaderKind", "argument", "reader"]
