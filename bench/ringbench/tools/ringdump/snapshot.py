"""Snapshots of a ringbuf's mapped memory, which its reader and its producers do not notice.

The pages are mapped to be read, also the consumer's, which alone could be mapped to be written
(kernel/bpf/ringbuf.c, ringbuf_map_mmap_kern(), which also keeps such a mapping from becoming writable). The descriptor
itself can't be a read-only one (BPF_F_RDONLY): mmap(2) takes no mapping of it for shared (do_mmap()), and
bpf_map_mmap() refuses what is not.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

from ringbench.errors import InvalidMeasurementError, MissingRequirementError, OptionError
from ringbench.kernel import syscalls, uapi
from ringbench.tools.ringdump.dump import Snapshot

MAX_DATA_BYTES = 16 << 20
"""Of a ring whose snapshot is taken: all of it is copied, and may hold a record in every 8 bytes."""
_TRIES = 100
_MODULO = 1 << 64


def of_map(number: int) -> Snapshot:
    """Take a snapshot of the ringbuf whose map has the id *number*, whoever's it is.

    Raises OptionError where there is no such map, or it is none, MissingRequirementError without the right to look, and
    what :func:`snapshot` raises.
    """
    try:
        fd, _ = syscalls.bpf(uapi.MAP_GET_FD_BY_ID, struct.pack("<I", number))
    except FileNotFoundError:
        raise OptionError(
            f"--map-id {number}: there is no such map. `bpftool map`, or map_id in /proc/PID/fdinfo/*, tells the ids."
        ) from None
    except PermissionError as error:
        raise MissingRequirementError(f"--map-id {number}: {error.strerror}. Looking at a map takes root.") from error
    try:
        found = facts(fd)
        if found["map_type"] != uapi.MAP_RINGBUF:
            raise OptionError(
                f"--map-id {number}: that map is of type {found['map_type']}, a ringbuf's is {uapi.MAP_RINGBUF}."
            )
        return snapshot(fd, found["max_entries"])
    finally:
        os.close(fd)


def facts(fd: int) -> dict[str, int]:
    """Return the numbers that a map's fdinfo tells, such as map_id, map_type and max_entries (a ringbuf's bytes)."""
    lines = (line.split(":", 1) for line in Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines())
    return {name: int(value) for name, value in lines if value.strip().isdecimal()}


def snapshot(fd: int, data_bytes: int) -> Snapshot:
    """Return what lies in the ringbuf *fd* with *data_bytes* of data.

    It can be in use meanwhile. What lies between the positions seen first has not been written over while it was
    copied, unless the producers have come further since than a whole ring behind the consumer: then once more. Raises
    InvalidMeasurementError where it happens again and again, OptionError for a ring above MAX_DATA_BYTES.
    """
    if data_bytes > MAX_DATA_BYTES:
        raise OptionError(f"the ring has {data_bytes} bytes of data; at most {MAX_DATA_BYTES} can be copied.")
    page = mmap.PAGESIZE
    with mmap.mmap(fd, 2 * page + data_bytes, mmap.MAP_SHARED, mmap.PROT_READ) as memory:
        for _ in range(_TRIES):
            # The consumer first: it never passes the producer, so that the pair fits whatever happens in between.
            (consumer,) = struct.unpack_from("<Q", memory, 0)
            producer, pending = struct.unpack_from("<QQ", memory, page)
            data = memory[2 * page :]
            (reached,) = struct.unpack_from("<Q", memory, page)
            if (reached - consumer) % _MODULO < data_bytes:
                return Snapshot(consumer, producer, pending, data)
    raise InvalidMeasurementError(
        f"the ring was written over {_TRIES} times while it was copied: take a quieter moment."
    )
