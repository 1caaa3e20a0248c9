"""The program of bpf/depth.c, loaded with its levels: as many programs, each of which is let in over the one before."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os

from ringbench.drivers.transports import Transport
from ringbench.errors import MissingRequirementError
from ringbench.kernel import probe, program, syscalls
from ringbench.kernel.program import FAILED_CODES
from ringbench.machine import caches

FAULT = "page_fault_kernel"
"""The tracepoint that the levels are on: met wherever the kernel faults, in the middle of a helper, too."""
_BYTES = 4 << 20
_STACK_BYTES = 16 << 10
_STACK, _BEYOND = 64 << 10, 32 << 10

_libc = ctypes.CDLL(None)


def measure_nesting_depth(transport: Transport, *, inside: bool) -> tuple[str, ...]:
    """Return what submissions over each other returned on one CPU, from the first, which is over none, to the deepest.

    *inside*: each falls into the submission before itself, which only perf can be made to meet; else they come while
    the record before is under way. ``ok``, an errno's name, or ``refused`` where a reservation gives no code. Raises
    MissingRequirementError where the kernel lacks the tracepoint.
    """
    size = transport.round_size(_BYTES, len(transport.rings(caches.online_by_cache())))
    with contextlib.ExitStack() as stack:
        loaded = program.load([transport], probe=probe.depth(inside=inside), sizes={transport.name: size})
        stack.callback(loaded.close)
        transport.open_unread(loaded, size, stack, stack_bytes=_STACK_BYTES if inside else 0)
        for _ in range(probe.DEPTHS - 1):
            try:
                stack.callback(os.close, syscalls.attach_raw_tracepoint(FAULT, loaded.once_more("at_level")))
            except OSError as error:
                raise MissingRequirementError(
                    f"no program can be attached to {FAULT} here ({error.strerror})."
                ) from error
        if inside:
            _call_at_the_end_of_a_stack()
        else:
            _call()
        levels = max(loaded.bpf["levels_by_cpu"][0], key=lambda each: int(each.deepest))  # that of the CPU it ran on
        return tuple(_name(int(levels.codes[depth])) for depth in range(1, int(levels.deepest) + 1))


def _name(code: int) -> str:
    if code >= 0:
        return "ok"
    return "refused" if -code == FAILED_CODES - 1 else errno.errorcode.get(-code, str(code))


def _call() -> None:
    with contextlib.suppress(ProcessLookupError):
        os.getpgid(probe.FIREHOSE_PID)


def _call_at_the_end_of_a_stack() -> None:
    """Call from a thread behind whose stack nothing may be read: who copies more of it than is left, faults."""
    area = mmap.mmap(-1, _STACK + _BEYOND)
    begin = ctypes.c_char.from_buffer(area)
    beyond = ctypes.c_void_p(ctypes.addressof(begin) + _STACK)
    attributes, thread = ctypes.create_string_buffer(256), ctypes.c_ulong()  # a pthread_attr_t has 56 bytes, or 64
    _libc.pthread_attr_init(attributes)
    _libc.pthread_attr_setstack(attributes, ctypes.byref(begin), ctypes.c_size_t(_STACK))
    _libc.mprotect(beyond, ctypes.c_size_t(_BEYOND), 0)
    pid = ctypes.c_void_p(probe.FIREHOSE_PID)
    if code := _libc.pthread_create(ctypes.byref(thread), attributes, _libc.getpgid, pid):
        raise OSError(code, os.strerror(code))
    _libc.pthread_join(thread, None)
    del begin
    area.close()
