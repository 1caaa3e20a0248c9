"""A BPF linked list without BCC and without clang: BTF and instructions made by hand, to hear the verifier itself.

BCC makes its maps without BTF, so what it is refused is a lock, long before anything is said of lists. A map whose BTF
has a ``struct bpf_list_head`` and a program that names the map are enough: the verifier looks at a program's maps
before its instructions (kernel/bpf/verifier.c, check_map_prog_compatibility()).
"""

from __future__ import annotations

import ctypes
import os
import struct

from ringbench.kernel import syscalls, uapi

TRACEPOINT, SCHED_CLS = uapi.PROG_TRACEPOINT, uapi.PROG_SCHED_CLS
"""BPF_PROG_TYPE_…: what the suite's probes are, and a type of programs that are called for packets."""

_INT, _STRUCT, _DECL_TAG = 1, 4, 17  # BTF_KIND_…
_KEY, _VALUE = 2, 7
"""Which of the types below are the map's key and its value."""
_LOG_BYTES = 1 << 16


class _Types:
    """BTF as the kernel wants it: types, numbered from 1 in the order in which they come, and their names."""

    def __init__(self) -> None:
        self._types, self._names = b"", b"\0"

    def number(self, name: str, nbytes: int) -> None:
        """Add an unsigned integer."""
        self._add(name, _INT, 0, nbytes, struct.pack("<I", nbytes * 8))

    def struct(self, name: str, nbytes: int, *members: tuple[str, int, int]) -> None:
        """Add a struct; its *members* by name, type and offset in bytes."""
        body = b"".join(struct.pack("<III", self._name(each), kind, at * 8) for each, kind, at in members)
        self._add(name, _STRUCT, len(members), nbytes, body)

    def tag(self, text: str, kind: int, member: int) -> None:
        """Put a tag on a member of the struct *kind*, as ``btf_decl_tag`` does."""
        self._add(text, _DECL_TAG, 0, kind, struct.pack("<i", member))

    def blob(self) -> bytes:
        """Return all of it, behind its header (struct btf_header)."""
        header = struct.pack("<HBBI", 0xEB9F, 1, 0, 24)  # magic, version, flags, length of the header
        places = struct.pack("<IIII", 0, len(self._types), len(self._types), len(self._names))
        return header + places + self._types + self._names

    def _name(self, text: str) -> int:
        at = len(self._names)
        self._names += text.encode() + b"\0"
        return at

    def _add(self, name: str, kind: int, count: int, size: int, body: bytes) -> None:
        self._types += struct.pack("<III", self._name(name), kind << 24 | count, size) + body


def _btf() -> bytes:
    types = _Types()
    types.number("u64", 8)
    types.number("u32", 4)
    types.struct("bpf_spin_lock", 4, ("val", 2, 0))
    types.struct("bpf_list_head", 16, ("first", 1, 0), ("last", 1, 8))
    types.struct("bpf_list_node", 24, ("next", 1, 0), ("previous", 1, 8), ("owner", 1, 16))
    types.struct("node", 32, ("seq", 1, 0), ("link", 5, 8))
    types.struct("top", 24, ("head", 4, 0), ("lock", 3, 16))
    types.tag("contains:node:link", _VALUE, 0)
    return types.blob()


def load(kind: int) -> None:
    """Load a program of the type *kind* that names a map with a list in it, and let go of both.

    Raises OSError, with the verifier's log as its text where that has anything to say.
    """
    blob = ctypes.create_string_buffer(_btf())
    log = ctypes.create_string_buffer(_LOG_BYTES)
    heard = (ctypes.addressof(log), len(log))
    held: list[int] = []
    try:
        nbytes = len(blob) - 1  # ctypes ends it with a 0 of its own
        held.append(_call(uapi.BTF_LOAD, log, "QQIII", ctypes.addressof(blob), heard[0], nbytes, heard[1], 1))
        layout = (uapi.MAP_ARRAY, 4, 24, 1, 0, 0, 0, b"list", 0, held[0], _KEY, _VALUE)
        held.append(_call(uapi.MAP_CREATE, log, "IIIIIII16sIIII", *layout))
        code = ctypes.create_string_buffer(_names_map(held[1]))
        licence = ctypes.create_string_buffer(b"GPL")
        parts = (kind, len(code) // 8, ctypes.addressof(code), ctypes.addressof(licence), 1, heard[1], heard[0])
        held.append(_call(uapi.PROG_LOAD, log, "IIQQIIQ", *parts))
    finally:
        for fd in held:
            os.close(fd)


def _names_map(fd: int) -> bytes:
    """Return a program: r1 = the map; r0 = 0; exit (struct bpf_insn: code, registers, offset, immediate)."""
    instructions = ((0x18, 1 << 4 | 1, 0, fd), (0, 0, 0, 0), (0xB7, 0, 0, 0), (0x95, 0, 0, 0))
    return b"".join(struct.pack("<BBhi", *each) for each in instructions)


def _call(command: int, log: ctypes.Array[ctypes.c_char], layout: str, *attributes: int | bytes) -> int:
    try:
        return syscalls.bpf(command, struct.pack("<" + layout, *attributes))[0]
    except OSError as error:
        said = log.value.decode(errors="replace").strip()
        raise OSError(error.errno, said or error.strerror) from error
