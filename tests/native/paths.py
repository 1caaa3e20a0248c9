"""Every way to take records out of a ring, so that each can be held against the same model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from _pytest.mark import ParameterSet

from ringbench import native
from ringbench.drivers.readers.bulk import Ring
from ringbench.kernel.perf_ring import MappedPerfRing
from ringbench.kernel.ringbuf import MappedRingbuf
from tests.native import fake as fakes
from tests.native.called import Called, CalledAnyLength, CalledByBcc, CalledByBccAnyLength, CalledInPlace
from tests.native.fake import Fake, FakePerf, FakeRingbuf
from tests.native.path import (
    AnyLength,
    ByNumpy,
    Counting,
    InPlace,
    Keeping,
    Path,
    Stamping,
    Viewing,
    ViewingByNumpy,
)

_COMPILED = pytest.mark.skipif(native.missing() is not None, reason=native.missing() or "")
_ON_BOTH: tuple[type[Path], ...] = (
    ByNumpy,
    Keeping,
    Stamping,
    AnyLength,
    Counting,
    InPlace,
    Viewing,
    ViewingByNumpy,
    Called,
    CalledAnyLength,
    CalledInPlace,
)


def _marked(paths: tuple[type[Path], ...]) -> list[ParameterSet]:
    pure = (ByNumpy,)
    return [pytest.param(path, id=path.__name__, marks=() if path in pure else _COMPILED) for path in paths]


OF_RINGBUF = _marked(_ON_BOTH)
OF_PERF = _marked((*_ON_BOTH, CalledByBcc, CalledByBccAnyLength))
WALKERS = _marked(tuple(path for path in _ON_BOTH if not issubclass(path, Called)))
"""Those that follow lengths and positions themselves, and must survive what they find."""


def filling(paths: list[ParameterSet]) -> list[ParameterSet]:
    """Return those of *paths* that stop when their arena is full."""
    return [path for path in paths if path.values[0].fills]  # type: ignore[union-attr]


@contextmanager
def opened(
    kind: type[Path], fake: Fake, record_bytes: int, *, seq_offset: int = 0, slots: int | None = None, room: int = 0
) -> Iterator[Path]:
    """Map a fake ring and yield a path out of it; by default with room for all that the ring can hold."""
    ring: Ring
    if isinstance(fake, FakeRingbuf):
        ring = MappedRingbuf(fake.fd, fake.size, record_bytes)
    else:
        assert isinstance(fake, FakePerf)
        ring = MappedPerfRing(os.dup(fake.fd), 0, fake.size // fakes.PAGE, record_bytes)
    most = 4 * fake.size // (8 if kind.any_length else record_bytes) + 1
    slots = most if slots is None else min(slots, most)
    try:
        yield kind(ring, seq_offset, slots, room or (fake.size if kind.any_length else slots * record_bytes))
    finally:
        ring.close()
