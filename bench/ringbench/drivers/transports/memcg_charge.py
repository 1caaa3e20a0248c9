"""What a buffer weighs in the memory cgroup: the same buffer made several times over inside a cgroup of its own."""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ringbench.drivers.transports import PAGE, Layout, Transport, arena_ring
from ringbench.kernel import cpus, syscalls
from ringbench.kernel.bpf_arena import BpfArena
from ringbench.machine import caches
from ringbench.spec.wakeups import NOBODY

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
        make, rings = _MAKE.get(transport.layout), len(transport.rings(caches.online_by_cache()))
        if make is None:
            return None
        release: list[Callable[[], None]] = []
        try:
            # The first one brings slabs and page tables along. It stays: a closed map's pages are given back later, by
            # a work queue, in the middle of the measurement.
            release.append(make(buffer_bytes, rings))
            before = usage()
            release += [make(buffer_bytes, rings) for _ in range(copies)]
            return max(0, usage() - before) // copies
        except OSError:
            return None
        finally:
            for close in release:
                close()


def _ringbuf(data_bytes: int, rings: int) -> Callable[[], None]:
    fd = syscalls.create_ringbuf(data_bytes)
    return lambda: os.close(fd)


def _ringbufs(data_bytes: int, rings: int) -> Callable[[], None]:
    made = [syscalls.create_ringbuf(data_bytes // rings) for _ in range(rings)]
    return lambda: _close_all(made)


def _tickets(data_bytes: int, rings: int) -> Callable[[], None]:
    array, mappable = 2, 1 << 10  # BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE
    maps = [
        syscalls.create_map(array, key=4, value=64, entries=data_bytes // 64, flags=mappable),
        syscalls.create_map(array, key=4, value=8, entries=1, flags=mappable),
    ]
    return lambda: _close_all(maps)


def _arena(data_bytes: int, rings: int) -> Callable[[], None]:
    return BpfArena(arena_ring.arena_bytes(data_bytes)).close


def _queue(data_bytes: int, rings: int) -> Callable[[], None]:
    fd = syscalls.create_map(22, key=0, value=64, entries=data_bytes // 64)  # BPF_MAP_TYPE_QUEUE
    return lambda: os.close(fd)


def _close_all(descriptors: Sequence[int]) -> None:
    for fd in descriptors:
        os.close(fd)


def _perf(data_bytes: int, rings: int) -> Callable[[], None]:
    online = cpus.online()
    size = PAGE + data_bytes // len(online)
    descriptors = [syscalls.open_bpf_output(cpu, NOBODY) for cpu in online]
    maps = [mmap.mmap(fd, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE) for fd in descriptors]

    def close() -> None:
        for mapped in maps:
            mapped.close()
        _close_all(descriptors)

    return close


# Not ftrace's: its pages are asked for without __GFP_ACCOUNT (kernel/trace/ring_buffer.c, __rb_allocate_pages()), and
# to make hundreds of instances takes too long to show that.
_MAKE: Mapping[Layout, Callable[[int, int], Callable[[], None]]] = {
    "perf": _perf,
    "ringbuf": _ringbuf,
    "ringbufs": _ringbufs,
    "tickets": _tickets,
    "arena": _arena,
    "queue": _queue,
}


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
