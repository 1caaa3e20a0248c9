"""What a buffer weighs in the memory cgroup: the same buffer made several times over inside a cgroup of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ringbench.drivers.transport import Transport
from ringbench.machine import caches

_AT_LEAST = 32 << 20
"""The kernel charges pages in batches for each CPU (mm/memcontrol.c, MEMCG_CHARGE_BATCH: 64 pages), so a small buffer
is made so often that this rounding is small beside the sum."""
_AT_MOST = 256


def cgroup_bytes(transport: Transport, buffer_bytes: int) -> int | None:
    """Return what the memory cgroup is charged for one buffer; None where this machine has no such cgroup.

    Call it in a process of its own: the process joins the cgroup for the measurement and leaves it again.
    """
    # Many rings of perf events would come up against fs.file-max on a machine with many CPUs.
    copies = max(1, min(_AT_MOST, _AT_LEAST // buffer_bytes))
    with contextlib.ExitStack() as stack:
        usage = stack.enter_context(_own_cgroup())
        if usage is None:
            return None
        rings = len(transport.rings(caches.online_by_cache()))
        release: list[Callable[[], None]] = []
        try:
            # The first one brings slabs and page tables along. It stays: a closed map's pages are given back later, by
            # a work queue, in the middle of the measurement.
            first = transport.charge(buffer_bytes, rings)
            if first is None:
                return None
            release.append(first)
            before = usage()
            for _ in range(copies):
                made = transport.charge(buffer_bytes, rings)
                assert made is not None  # what could be made once can be made again
                release.append(made)
            return max(0, usage() - before) // copies
        except OSError:
            return None
        finally:
            for close in release:
                close()


@contextlib.contextmanager
def _own_cgroup() -> Iterator[Callable[[], int] | None]:
    """Move this process into a new memory cgroup (v2, or v1's controller) and yield how to read its usage."""
    place = _memory_controller()
    if place is None:
        yield None
        return
    parent, usage_file = place
    folder = parent / f"ringbench-{os.getpid()}"
    home = parent / "cgroup.procs"
    try:
        folder.mkdir()
    except OSError:
        yield None
        return
    try:
        (folder / "cgroup.procs").write_text(str(os.getpid()))
        yield lambda: int((folder / usage_file).read_text())
    except OSError:
        yield None
    finally:
        with contextlib.suppress(OSError):
            home.write_text(str(os.getpid()))
        with contextlib.suppress(OSError):
            folder.rmdir()


def _memory_controller() -> tuple[Path, str] | None:
    """Return a folder in which a memory cgroup can be made, and the file that holds its usage in bytes."""
    mine = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    v1 = Path("/sys/fs/cgroup/memory")
    if "memory" in mine and (v1 / "memory.usage_in_bytes").exists():
        return v1 / mine["memory"].lstrip("/"), "memory.usage_in_bytes"
    root = Path("/sys/fs/cgroup")
    with contextlib.suppress(OSError):
        if "memory" in (root / "cgroup.subtree_control").read_text().split():
            return root, "memory.current"
    return None
