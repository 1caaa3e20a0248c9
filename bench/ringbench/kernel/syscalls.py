"""The system calls Python has no name for."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import platform
import signal
import struct
from collections.abc import Callable, Iterator

from ringbench.errors import MissingRequirementError
from ringbench.kernel import uapi
from ringbench.spec.wakeups import Wakeup

_EVERYWHERE = {"io_uring_setup": 425, "io_uring_enter": 426}
"""Of the same number on every architecture."""
_NUMBERS = {
    "x86_64": {
        "getpgid": 121,
        "perf_event_open": 298,
        "bpf": 321,
        "membarrier": 324,
        "userfaultfd": 323,
        **_EVERYWHERE,
    },
    "aarch64": {
        "getpgid": 155,
        "perf_event_open": 241,
        "bpf": 280,
        "membarrier": 283,
        "userfaultfd": 282,
        **_EVERYWHERE,
    },
}

_libc = ctypes.CDLL(None, use_errno=True)


def number(name: str) -> int:
    """Return the number of the system call *name*; MissingRequirementError on an unknown architecture."""
    numbers = _NUMBERS.get(platform.machine())
    if numbers is None:
        raise MissingRequirementError(
            f"system call numbers of {platform.machine()} are not known here: x86_64 or aarch64."
        )
    return numbers[name]


def call(name: str, *args: object) -> int:
    """Make the system call *name*; raises OSError with its errno, MissingRequirementError on an unknown
    architecture.
    """
    result = int(_libc.syscall(ctypes.c_long(number(name)), *args))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def prepared(name: str, *args: object) -> Callable[[], int]:
    """Return a function that makes the same system call each time; it returns what the kernel does, or -errno."""
    make = functools.partial(_libc.syscall, ctypes.c_long(number(name)), *args)

    def again() -> int:
        result = int(make())
        return result if result >= 0 else -ctypes.get_errno()

    return again


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel kill this process when its parent dies, however it dies (prctl(2), PR_SET_PDEATHSIG).

    A parent that is dead already is not heard of any more: given its pid, this process ends at once.
    """
    _libc.prctl(uapi.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def set_name(name: str) -> None:
    """Give this thread a name (comm) of 15 bytes at most, by which the kernel speaks of it (prctl(2), PR_SET_NAME)."""
    _libc.prctl(uapi.PR_SET_NAME, name.encode(), 0, 0, 0)


def sleep_exactly() -> None:
    """Let this thread's sleeps end when they should: by default the kernel may add 50 us (prctl(2), timer slack)."""
    _libc.prctl(uapi.PR_SET_TIMERSLACK, 1, 0, 0, 0)


def wait_for_producers() -> None:
    """Return when every BPF program that was running at the call has ended.

    membarrier(2)'s GLOBAL command is synchronize_rcu(), and a tracepoint program runs inside an RCU read-side section
    (kernel/sched/membarrier.c; kernel/trace/bpf_trace.c, trace_call_bpf()). About 10 to 30 ms.
    """
    call("membarrier", uapi.MEMBARRIER_CMD_GLOBAL, 0, 0)


@contextlib.contextmanager
def bpf_stats() -> Iterator[None]:
    """Have the kernel count run time and runs of BPF programs for as long as the block lasts.

    BPF_ENABLE_STATS hands out a descriptor that holds them on, so that nothing needs restoring even after kill -9
    (kernel commit d46edd671a14). Raises OSError before Linux 5.8.
    """
    fd = _bpf(uapi.ENABLE_STATS, struct.pack("<I", 0))
    try:
        yield
    finally:
        os.close(fd)


def create_ringbuf(data_bytes: int) -> int:
    """Create a ringbuf of *data_bytes* and return its descriptor."""
    return create_map(27, key=0, value=0, entries=data_bytes)


def create_map(kind: int, *, key: int, value: int, entries: int, flags: int = 0) -> int:
    """Create a map of the type *kind* (enum bpf_map_type), sizes in bytes, and return its descriptor."""
    return _bpf(uapi.MAP_CREATE, struct.pack("<IIIII", kind, key, value, entries, flags))


def run_repeatedly(program_fd: int, times: int) -> float:
    """Run a BPF program of a networking type *times* times in a row on this CPU; return the mean run in ns.

    BPF_PROG_TEST_RUN with repeat (net/bpf/test_run.c, bpf_test_run()); the kernel tells the mean in whole ns. Raises
    OSError where the type or the kernel doesn't have it.
    """
    packet = ctypes.create_string_buffer(64)  # at least an Ethernet header
    attributes = bytearray(128)
    struct.pack_into("<IIIIQQII", attributes, 0, program_fd, 0, len(packet), 0, ctypes.addressof(packet), 0, times, 0)
    buffer = (ctypes.c_char * 128).from_buffer(attributes)
    call("bpf", ctypes.c_long(uapi.PROG_TEST_RUN), buffer, ctypes.c_long(128))
    return float(struct.unpack_from("<I", attributes, 36)[0])


def attach_raw_tracepoint(name: str, program_fd: int) -> int:
    """Have the raw tracepoint *name* run a program until the descriptor that is returned is closed."""
    text = ctypes.create_string_buffer(name.encode())
    return _bpf(uapi.RAW_TRACEPOINT_OPEN, struct.pack("<QI", ctypes.addressof(text), program_fd))


def bpf(command: int, attributes: bytes) -> tuple[int, bytes]:
    """Hand *command* to the kernel; return its result, and the attributes as they were left. Raises OSError."""
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    return call("bpf", ctypes.c_long(command), buffer, ctypes.c_long(128)), buffer.raw


def _bpf(command: int, attributes: bytes) -> int:
    return bpf(command, attributes)[0]


def open_bpf_output(cpu: int, wakeup: Wakeup, *, stack_bytes: int = 0) -> int:
    """Open the perf event that a CPU's ring hangs on: software event BPF_OUTPUT, raw samples; return its descriptor.

    *stack_bytes*: how much of the process's stack each record carries besides (PERF_SAMPLE_STACK_USER).
    """
    attr = bytearray(bpf_output_attr(wakeup))
    if stack_bytes:
        struct.pack_into("<Q", attr, 24, uapi.PERF_SAMPLE_RAW | uapi.PERF_SAMPLE_STACK_USER)  # sample_type
        struct.pack_into("<I", attr, 88, stack_bytes)  # sample_stack_user
    return _perf_event_open(cpu, bytes(attr))


def bpf_output_attr(wakeup: Wakeup) -> bytes:
    """Return the perf_event_attr of a ring that wakes its reader as *wakeup* says (include/uapi/linux/perf_event.h).

    With `none` the kernel still signals once for each ring's worth of bytes (kernel/events/ring_buffer.c,
    __perf_output_begin() and ring_buffer_init(): the watermark is at most the ring's size and can't be switched off).
    """
    records = wakeup.perf_records
    return _attr(
        kind=uapi.PERF_TYPE_SOFTWARE,
        config=uapi.PERF_COUNT_SW_BPF_OUTPUT,
        sample_type=uapi.PERF_SAMPLE_RAW,
        flags=uapi.PERF_ATTR_WATERMARK if records is None else 0,
        wakeup=records or wakeup.perf_bytes or 0xFFFFFFFF,
    )


def open_tracepoint(number: int, cpu: int) -> int:
    """Open a perf event on the tracepoint of that id, disabled; return its descriptor."""
    return _perf_event_open(
        cpu,
        _attr(kind=uapi.PERF_TYPE_TRACEPOINT, config=number, sample_type=0, flags=uapi.PERF_ATTR_DISABLED, wakeup=0),
    )


def _attr(*, kind: int, config: int, sample_type: int, flags: int, wakeup: int) -> bytes:
    size = uapi.PERF_ATTR_SIZE
    period, read_format = 1, 0
    attr = struct.pack("<IIQQQQQII", kind, size, config, period, sample_type, read_format, flags, wakeup, 0)
    return attr.ljust(size, b"\0")


def _perf_event_open(cpu: int, attr: bytes) -> int:
    buffer = ctypes.create_string_buffer(attr, len(attr))
    close_on_exec = ctypes.c_ulong(uapi.PERF_FLAG_FD_CLOEXEC)
    return call("perf_event_open", buffer, ctypes.c_long(-1), ctypes.c_long(cpu), ctypes.c_long(-1), close_on_exec)


def enable(perf_fd: int) -> None:
    """Switch a perf event on (ioctl PERF_EVENT_IOC_ENABLE)."""
    if _libc.ioctl(perf_fd, uapi.PERF_IOC_ENABLE, 0) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"enabling a perf event: {os.strerror(code)}")
