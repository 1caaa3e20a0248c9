"""A BPF arena: pages that a program and this process share, each of which reaches them by pointers.

BCC makes no such map, so it is made here before the program is compiled, which learns its descriptor
(bpf/transport/arena_ring.h). A program must know at which address the arena begins in user space when it is loaded
(kernel/bpf/verifier.c, __add_used_map()): it is mapped first, wherever the kernel likes.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping, Sequence

import numpy as np

from ringbench.kernel import syscalls, uapi
from ringbench.spec.transport import PAGE, TransportSpec


class BpfArena:
    """An arena of *nbytes*, in whole pages, mapped for reading; all of its pages are there, and zero.

    Raises OSError where the kernel refuses: before Linux 6.9, or without a JIT that knows arenas.
    """

    def __init__(self, nbytes: int) -> None:
        self.fd = syscalls.create_map(uapi.MAP_ARENA, key=0, value=0, entries=nbytes // PAGE, flags=uapi.F_MMAPABLE)
        self.memory = mmap.mmap(self.fd, nbytes, mmap.MAP_SHARED, mmap.PROT_READ)
        # A program may not fault: what it writes where no page is yet is dropped, and it isn't told
        # (arch/x86/net/bpf_jit_comp.c, ex_handler_bpf()). Looked at from here, a page is made for both
        # (kernel/bpf/arena.c, arena_vm_fault()).
        np.frombuffer(self.memory, np.uint8)[::PAGE].sum()

    @property
    def define(self) -> str:
        """The compiler flag that names it to the program."""
        return f"-DARENA_FD={self.fd}"

    def close(self) -> None:
        """Unmap it and let go of it; a program that uses it keeps it."""
        self.memory.close()
        os.close(self.fd)


def made(transports: Sequence[TransportSpec], sizes: Mapping[str, int]) -> dict[str, BpfArena]:
    """Make an arena for each of *transports* that lies in one, and return them by transport.

    *sizes*: bytes of data by transport, by default a page. Raises OSError as :class:`BpfArena`.
    """
    return {t.name: BpfArena(t.arena_bytes(sizes.get(t.name, PAGE))) for t in transports if t.arena_bytes is not None}
