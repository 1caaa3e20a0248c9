"""A process that follows its parent into death does so even where that died before it could be followed."""

from __future__ import annotations

import os
import time

import pytest

from ringbench.kernel.syscalls import die_with_parent


@pytest.mark.parametrize(("orphan", "said"), [(True, b""), (False, b"alive")])
def test_an_orphan_ends_and_a_child_goes_on(orphan: bool, said: bytes) -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        _parent(writing, orphan=orphan)
    os.close(writing)
    os.waitpid(parent, 0)
    with os.fdopen(reading, "rb") as words:
        assert words.read() == said


def _parent(writing: int, *, orphan: bool) -> None:
    mine = os.getpid()
    child = os.fork()
    try:
        if child == 0:
            while orphan and os.getppid() == mine:
                time.sleep(0.001)
            die_with_parent(mine)
            os.write(writing, b"alive")
        elif not orphan:
            os.waitpid(child, 0)
    finally:
        os._exit(0)
