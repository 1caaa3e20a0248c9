"""Who else has BPF programs on a tracepoint."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import struct
from collections.abc import Sequence

from ringbench.kernel import syscalls, uapi

_ROOM = 64
"""BPF_TRACE_MAX_PROGS: a tracepoint takes no more (kernel/trace/bpf_trace.c)."""


def programs(tracepoint_fds: Sequence[int], names: Sequence[str]) -> int | None:
    """Return how many BPF programs are on the tracepoints just now; None where the kernel doesn't tell.

    *tracepoint_fds*: perf events that are open on them; the kernel tells which programs share a tracepoint (kernel
    commit f371b304f12e). *names*: as tracefs has them, ``sched/sched_process_fork``: programs on them as raw
    tracepoints are found among the BPF links.
    """
    try:
        on_events = sum(_on_event(fd) for fd in tracepoint_fds)
    except OSError:
        return None
    return on_events + _raw({name.rpartition("/")[2] for name in names})


def _on_event(fd: int) -> int:
    request = bytearray(struct.pack("<II", _ROOM, 0).ljust(8 + 4 * _ROOM, b"\0"))
    fcntl.ioctl(fd, uapi.PERF_IOC_QUERY_BPF, request)
    return int(struct.unpack_from("<I", request, 4)[0])


def _raw(names: set[str]) -> int:
    """Count the raw tracepoint links on *names*; none where the kernel has no links (before 5.8)."""
    found, last = 0, 0
    with contextlib.suppress(OSError):  # ENOENT: that was the last
        while True:
            _, attributes = syscalls.bpf(uapi.LINK_GET_NEXT_ID, struct.pack("<I", last))
            (last,) = struct.unpack_from("<I", attributes, 4)
            found += _name_of(last) in names
    return found


def _name_of(link: int) -> str | None:
    """Return the tracepoint of a raw tracepoint's link, None for other links and those that are gone."""
    room = ctypes.create_string_buffer(128)
    info = ctypes.create_string_buffer(struct.pack("<IIIIQI", 0, 0, 0, 0, ctypes.addressof(room), len(room)), 256)
    try:
        fd, _ = syscalls.bpf(uapi.LINK_GET_FD_BY_ID, struct.pack("<I", link))
    except OSError:
        return None
    try:
        syscalls.bpf(uapi.OBJ_GET_INFO_BY_FD, struct.pack("<IIQ", fd, len(info), ctypes.addressof(info)))
    except OSError:
        return None
    finally:
        os.close(fd)
    (kind,) = struct.unpack_from("<I", info, 0)
    return room.value.decode(errors="replace") if kind == uapi.LINK_RAW_TRACEPOINT else None
