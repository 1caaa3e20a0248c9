"""One epoll set over the descriptors of rings."""

from __future__ import annotations

import select
from collections.abc import Iterable


def epoll_set(descriptors: Iterable[int]) -> select.epoll:
    """Return a new set that is ready while one of *descriptors* is readable; the caller closes it."""
    found = select.epoll()
    for descriptor in descriptors:
        found.register(descriptor, select.EPOLLIN)
    return found
