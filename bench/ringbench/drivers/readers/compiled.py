"""The `compiled` reader: BCC's own reader, its callback native. The transport and libbcc, without Python per record.

libbcc is loaded once more, so that BCC's own prototypes, which want Python callbacks, stay as they are. For a ringbuf
it hands on to libbpf; its reader of perf buffers is its own, with wakeup_events for all it can be told of wake-ups.
"""

from __future__ import annotations

import ctypes

from ringbench import native
from ringbench.drivers.readers.native_callback import NativeCallbackReader
from ringbench.drivers.readers.reader import Opening, Reader, ReaderKind
from ringbench.drivers.transports import Transport
from ringbench.errors import InvalidMeasurementError, MissingRequirementError
from ringbench.kernel import cpus, program
from ringbench.spec.codes import InvalidCode
from ringbench.spec.wakeups import Wakeup

_NEVER = 0x7FFFFFFF
_Pointer = ctypes.c_void_p


class _PerfOptions(ctypes.Structure):
    """``struct bcc_perf_buffer_opts`` (src/cc/libbpf.h)."""

    _fields_ = (("pid", ctypes.c_int), ("cpu", ctypes.c_int), ("wakeup_events", ctypes.c_int))


class CompiledReader(NativeCallbackReader):
    """BCC's reader of one transport. libbcc reads a CPU's perf ring until it is empty, however long that takes."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._lib = _library()
        table = opening.program.events(opening.transport)
        if self._shared:
            self._ringbuf = self._lib.bpf_new_ringbuf(table.map_fd, native.address("on_ringbuf"), self._context)
            if not self._ringbuf:
                raise MissingRequirementError("libbcc could not open the ringbuf: see `ringbench doctor`.")
            self.descriptors: tuple[int, ...] = (int(table.map_fd),)
            return
        readers = [self._open_perf(cpu, opening) for cpu in cpus.online()]
        self._perf = (_Pointer * len(readers))(*readers)
        self.descriptors = tuple(int(self._lib.perf_reader_fd(reader)) for reader in readers)
        for cpu, fd in zip(cpus.online(), self.descriptors, strict=True):
            table[table.Key(cpu)] = table.Leaf(fd)

    def _open_perf(self, cpu: int, opening: Opening) -> int:
        options = _PerfOptions(-1, cpu, opening.wakeup.perf_records or _NEVER)
        reader = self._lib.bpf_open_perf_buffer_opts(
            native.address("on_perf_of_bcc"),
            native.address("on_lost_of_bcc"),
            self._context,
            opening.pages_per_cpu,
            ctypes.byref(options),
        )
        if not reader:
            raise MissingRequirementError(f"libbcc could not open a perf buffer on CPU {cpu}: see `ringbench doctor`.")
        return int(reader)

    def _call(self, timeout_ms: int | None) -> None:
        if self._shared and timeout_ms is None:
            status = self._lib.bpf_consume_ringbuf(self._ringbuf)
        elif self._shared:
            status = self._lib.bpf_poll_ringbuf(self._ringbuf, timeout_ms)
        elif timeout_ms is None:
            status = self._lib.perf_reader_consume(len(self._perf), self._perf)
        else:
            status = self._lib.perf_reader_poll(len(self._perf), self._perf, timeout_ms)
        # -1 is our own callback's way of ending a call; it stands for EPERM, which a read of a mapping can't give.
        if status < -1:
            raise InvalidMeasurementError(f"libbcc's reader failed with status {status}.", InvalidCode.READER_FAILED)

    def close(self) -> None:
        """Free libbcc's readers, and with them perf's events."""
        if self._shared:
            self._lib.bpf_free_ringbuf(self._ringbuf)
            return
        for reader in self._perf:
            self._lib.perf_reader_free(reader)


def _library() -> ctypes.CDLL:
    lib = ctypes.CDLL(program.library_path())
    for name, result, arguments in (
        ("bpf_new_ringbuf", _Pointer, [ctypes.c_int, _Pointer, _Pointer]),
        ("bpf_poll_ringbuf", ctypes.c_int, [_Pointer, ctypes.c_int]),
        ("bpf_consume_ringbuf", ctypes.c_int, [_Pointer]),
        ("bpf_free_ringbuf", None, [_Pointer]),
        ("bpf_open_perf_buffer_opts", _Pointer, [_Pointer, _Pointer, _Pointer, ctypes.c_int, _Pointer]),
        ("perf_reader_fd", ctypes.c_int, [_Pointer]),
        ("perf_reader_poll", ctypes.c_int, [ctypes.c_int, _Pointer, ctypes.c_int]),
        ("perf_reader_consume", ctypes.c_int, [ctypes.c_int, _Pointer]),
        ("perf_reader_free", None, [_Pointer]),
    ):
        function = getattr(lib, name, None)
        if function is None:
            raise MissingRequirementError(f"this libbcc has no {name}(): use --reader libbpf, bulk or callback.")
        function.restype, function.argtypes = result, arguments
    return lib


def _cannot(transport: Transport, wakeup: Wakeup) -> str | None:
    if transport.library == "perf" and wakeup.perf_bytes is not None:
        return "BCC cannot set perf's watermark"
    return None


def _open(opening: Opening) -> Reader:
    return CompiledReader(opening)


KIND = ReaderKind(
    "compiled",
    "BCC's own reader with a native callback: the transport and libbcc",
    native.missing,
    _open,
    cannot=_cannot,
    place=3,
)
