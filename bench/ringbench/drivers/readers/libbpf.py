"""The `libbpf` reader: libbpf's ring_buffer and perf_buffer with a native callback, which is what C programs run.

The perf buffer is opened by perf_buffer__new_raw(), since only that lets wakeup_events and the watermark be set; from
there on libbpf does the same as for perf_buffer__new().
"""

from __future__ import annotations

import ctypes
import functools

from ringbench import native
from ringbench.drivers.readers.native_callback import NativeCallbackReader
from ringbench.drivers.readers.reader import Opening, Reader, ReaderKind
from ringbench.errors import InvalidMeasurementError, MissingRequirementError
from ringbench.kernel.syscalls import bpf_output_attr
from ringbench.spec.codes import InvalidCode

_NAMES = ("libbpf.so.1", "libbpf.so.0")
_Pointer = ctypes.c_void_p


class _RawOptions(ctypes.Structure):
    """``struct perf_buffer_raw_opts`` of libbpf 1.0 and later: all online CPUs where cpu_cnt is 0."""

    _fields_ = (("sz", ctypes.c_size_t), ("cpu_cnt", ctypes.c_int), ("cpus", _Pointer), ("map_keys", _Pointer))


class LibbpfReader(NativeCallbackReader):
    """libbpf's reader of one transport. It reads what a CPU's perf ring held at the call, so each call is bounded."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._lib = _library()
        table = opening.program.events(opening.transport)
        kind = "ring_buffer" if self._shared else "perf_buffer"
        if self._shared:
            self._buffer = self._lib.ring_buffer__new(table.map_fd, native.address("on_ringbuf"), self._context, None)
        else:
            self._attr = ctypes.create_string_buffer(bpf_output_attr(opening.wakeup))
            self._options = _RawOptions(ctypes.sizeof(_RawOptions), 0, None, None)
            self._buffer = self._lib.perf_buffer__new_raw(
                table.map_fd,
                opening.pages_per_cpu,
                self._attr,
                native.address("on_perf_of_libbpf"),
                self._context,
                ctypes.byref(self._options),
            )
        if not self._buffer:
            raise MissingRequirementError(f"libbpf could not open its {kind} (errno {ctypes.get_errno()}).")
        self._poll = getattr(self._lib, f"{kind}__poll")
        self._consume = getattr(self._lib, f"{kind}__consume")
        self._free = getattr(self._lib, f"{kind}__free")
        self.descriptors: tuple[int, ...] = (int(getattr(self._lib, f"{kind}__epoll_fd")(self._buffer)),)

    def _call(self, timeout_ms: int | None) -> None:
        status = self._consume(self._buffer) if timeout_ms is None else self._poll(self._buffer, timeout_ms)
        # -1 is our own callback's way of ending a call; it stands for EPERM, which a read of a mapping can't give.
        if status < -1:
            raise InvalidMeasurementError(f"libbpf's reader failed with status {status}.", InvalidCode.READER_FAILED)

    def close(self) -> None:
        """Free libbpf's reader, and with it perf's events."""
        self._free(self._buffer)


@functools.cache
def _library() -> ctypes.CDLL:
    for name in _NAMES:
        try:
            lib = ctypes.CDLL(name, use_errno=True)
        except OSError:
            continue
        break
    else:
        raise MissingRequirementError("libbpf is not installed: apt install libbpf1, or use another --reader.")
    number, size = ctypes.c_int, ctypes.c_size_t
    for function, result, arguments in (
        ("ring_buffer__new", _Pointer, [number, _Pointer, _Pointer, _Pointer]),
        ("perf_buffer__new_raw", _Pointer, [number, size, _Pointer, _Pointer, _Pointer, _Pointer]),
        *((f"{kind}__poll", number, [_Pointer, number]) for kind in ("ring_buffer", "perf_buffer")),
        *((f"{kind}__consume", number, [_Pointer]) for kind in ("ring_buffer", "perf_buffer")),
        *((f"{kind}__epoll_fd", number, [_Pointer]) for kind in ("ring_buffer", "perf_buffer")),
        *((f"{kind}__free", None, [_Pointer]) for kind in ("ring_buffer", "perf_buffer")),
    ):
        found = getattr(lib, function, None)
        if found is None:
            raise MissingRequirementError(f"this libbpf has no {function}(): version 1.0 or newer is needed.")
        found.restype, found.argtypes = result, arguments
    if getattr(lib, "libbpf_major_version", lambda: 0)() < 1:
        raise MissingRequirementError("libbpf 1.0 or newer is needed; use another --reader.")
    return lib


def _missing() -> str | None:
    try:
        _library()
    except MissingRequirementError as error:
        return str(error)
    return native.missing()


def _open(opening: Opening) -> Reader:
    return LibbpfReader(opening)


KIND = ReaderKind(
    "libbpf", "libbpf's own readers with a native callback: what C programs run", _missing, _open, place=4
)
