"""A ring of one page to look at, and what can be done to it: submit, discard, hold a reservation, take.

bpf/ringdump.c adds the records, run by BPF_PROG_TEST_RUN as programs of the type syscall, which get an argument and may
sleep (kernel commit 79a7f8bdb159, Linux 5.14). Nothing is attached or pinned, so the kernel frees it with the process.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType

from ringbench.drivers.transports import PAGE
from ringbench.errors import MissingRequirementError
from ringbench.kernel import program, source, syscalls, uapi
from ringbench.tools.ringdump.dump import Snapshot, decode
from ringbench.tools.ringdump.fault_page import FaultPage
from ringbench.tools.ringdump.snapshot import snapshot

LENGTHS = (8, 20, 56, 500)
"""Bytes of the records that can be added; a reservation's length is part of the program."""
_ORDER = struct.Struct("<QQII")
"""struct order of bpf/ringdump.c."""


class DemoRing:
    """A ringbuf of one page that nobody else writes to. Use it as a context manager.

    Raises MissingRequirementError where BPF, or programs that may sleep, are not to be had.
    """

    def __enter__(self) -> DemoRing:
        """Compile, load, and map the consumer's page, as a reader does."""
        self._bpf = program.compiled(source.folder().joinpath("ringdump.c").read_text(), [])
        self.fd = int(self._bpf["demo_ring"].map_fd)
        try:
            self._programs = {length: _loaded(self._bpf.dump_func(f"add_{length}")) for length in LENGTHS}
        except MissingRequirementError:
            self._bpf.cleanup()
            raise
        self._consumer = mmap.mmap(self.fd, PAGE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._added = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unmap and unload."""
        self._consumer.close()
        for fd in self._programs.values():
            os.close(fd)
        self._bpf.cleanup()

    def add(self, length: int, *, discard: bool = False, absent: int = 0) -> bool:
        """Reserve *length* bytes, one of LENGTHS, and submit or discard them; return False where that was refused.

        With the address of a page that is *absent* the program lingers in between, and so does the call. Each whole
        word of the record is its number, counted from 1.
        """
        self._added += 1
        order = ctypes.create_string_buffer(_ORDER.pack(self._added, absent, int(discard), 0), _ORDER.size)
        # union bpf_attr, test: prog_fd, retval, …, ctx_size_in at 40, ctx_in at 48
        attributes = bytearray(56)
        struct.pack_into("<I", attributes, 0, self._programs[length])
        struct.pack_into("<I4xQ", attributes, 40, _ORDER.size, ctypes.addressof(order))
        _, answer = syscalls.bpf(uapi.PROG_TEST_RUN, bytes(attributes))
        return bool(struct.unpack_from("<I", answer, 4)[0] == 0)

    @contextmanager
    def hold_reservation(self, length: int) -> Iterator[None]:
        """Hold a reservation of *length* bytes, for which there must be room, for the length of the block."""
        with ThreadPoolExecutor(1) as other, FaultPage() as page:
            added = other.submit(self.add, length, absent=page.address)
            try:
                page.wait()
                yield
            finally:
                page.provide()
                added.result()

    def take(self) -> int:
        """Take what a reader can take now, and give its room back; return how many records that were."""
        seen = decode(self.snapshot())
        (position,) = struct.unpack_from("<Q", self._consumer)
        struct.pack_into("<Q", self._consumer, 0, position + seen.reachable_bytes)
        return len(seen.reachable)

    def snapshot(self) -> Snapshot:
        """Return what lies in the ring."""
        return snapshot(self.fd, PAGE)


def _loaded(instructions: bytes) -> int:
    """Load a program that BCC compiled, as a type that BCC itself doesn't load; return its descriptor."""
    code = ctypes.create_string_buffer(instructions, len(instructions))
    licence = ctypes.create_string_buffer(b"Dual BSD/GPL")
    # union bpf_attr: prog_type, insn_cnt, insns, license, log_level, log_size, log_buf, kern_version, prog_flags
    attributes = struct.pack(
        "<IIQQIIQII",
        *(uapi.PROG_SYSCALL, len(instructions) // 8, ctypes.addressof(code), ctypes.addressof(licence)),
        *(0, 0, 0, 0, uapi.F_SLEEPABLE),
    )
    try:
        return syscalls.bpf(uapi.PROG_LOAD, attributes)[0]
    except OSError as error:
        raise MissingRequirementError(
            f"the kernel refused a program of the type syscall: {error.strerror}. It takes Linux 5.14 and CAP_BPF; "
            "`ringbench ringdump FILE` shows a recorded ring without either."
        ) from error
