"""The smallest program there is: it exits. Executing it costs the kernel's fork, exec and exit and nothing else.

A dynamically linked /bin/true takes nine times as long, most of it in the loader, so fewer events would reach the
transport; and no compiler is needed on the user's machine.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

_EXIT = {
    # xor edi, edi; mov eax, 60 (exit); syscall
    "x86_64": (62, bytes.fromhex("31ff b83c000000 0f05")),
    # mov x0, #0; mov x8, #93 (exit); svc #0
    "aarch64": (183, bytes.fromhex("000080d2 a80b80d2 010000d4")),
}
_BASE = 0x400000
_HEADERS = 64 + 56


def image(machine: str) -> bytes | None:
    """Return a whole ELF file that exits with status 0, or None for a machine whose code is not known here."""
    if machine not in _EXIT:
        return None
    number, code = _EXIT[machine]
    size = _HEADERS + len(code)
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    elf = struct.pack("<16sHHIQQQIHHHHHH", ident, 2, number, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return elf + segment + code


@contextlib.contextmanager
def program() -> Iterator[str]:
    """Yield the path of a tiny program for as long as the block lasts; /bin/true where none can be made or executed."""
    content = image(platform.machine())
    if content is None:
        yield "/bin/true"
        return
    folder = tempfile.mkdtemp(prefix="ringbench-")
    try:
        path = Path(folder) / "tiny"
        path.write_bytes(content)
        path.chmod(0o755)
        Path(folder).chmod(0o755)
        yield str(path) if _runs(str(path)) else "/bin/true"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _runs(path: str) -> bool:
    try:
        child = os.posix_spawn(path, [path], {})
    except OSError:  # a folder mounted noexec
        return False
    return os.waitpid(child, 0)[1] == 0
