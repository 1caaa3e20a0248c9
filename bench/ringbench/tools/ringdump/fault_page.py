"""A page of memory that is not there until it is provided: whoever touches it sleeps until then, the kernel too.

userfaultfd(2), as root also for faults of the kernel itself. A BPF program that may sleep and reads such a page with
bpf_copy_from_user() stays where it is for as long as is wanted, without a loop and without a clock.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import mmap
import os
import select
import struct
from types import TracebackType

from ringbench.errors import InvalidMeasurementError, MissingRequirementError
from ringbench.kernel import syscalls
from ringbench.spec.codes import InvalidCode

# include/uapi/linux/userfaultfd.h
_API, _MISSING = 0xAA, 1
_UFFDIO_API, _UFFDIO_REGISTER, _UFFDIO_ZEROPAGE = 0xC018AA3F, 0xC020AA00, 0xC020AA04
_MESSAGE = 32
_PATIENCE_S = 10.0


class FaultPage:
    """One page, absent inside the ``with`` block until :meth:`provide`, which the end of the block does at the latest.

    Raises MissingRequirementError where the kernel has no userfaultfd, or does not let us.
    """

    def __enter__(self) -> FaultPage:
        """Map the page and take over its faults."""
        self._page = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        place = ctypes.c_char.from_buffer(self._page)
        self.address = ctypes.addressof(place)
        del place  # it would keep the mapping from being closed
        try:
            self._fd = syscalls.call("userfaultfd", ctypes.c_long(os.O_CLOEXEC | os.O_NONBLOCK))
            try:
                fcntl.ioctl(self._fd, _UFFDIO_API, struct.pack("<QQQ", _API, 0, 0))
                fcntl.ioctl(self._fd, _UFFDIO_REGISTER, struct.pack("<QQQQ", self.address, mmap.PAGESIZE, _MISSING, 0))
            except OSError:
                os.close(self._fd)
                raise
        except OSError as error:
            self._page.close()
            raise MissingRequirementError(
                f"a program cannot be made to linger: userfaultfd says {error.strerror!r}. "
                "It takes root outside of a container, and a kernel with CONFIG_USERFAULTFD."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of who still waits."""
        with contextlib.suppress(OSError):
            self.provide()
        os.close(self._fd)
        self._page.close()

    def wait(self) -> None:
        """Return when somebody sleeps over the page. InvalidMeasurementError where nobody comes within ten seconds."""
        if not select.select([self._fd], [], [], _PATIENCE_S)[0]:
            raise InvalidMeasurementError(
                f"no program touched the absent page within {_PATIENCE_S:.0f} s.", InvalidCode.TIMED_OUT
            )
        os.read(self._fd, _MESSAGE)

    def provide(self) -> None:
        """Fill the page with zeros: who waits for it goes on."""
        request = bytearray(struct.pack("<QQQQ", self.address, mmap.PAGESIZE, 0, 0))
        with contextlib.suppress(FileExistsError):
            fcntl.ioctl(self._fd, _UFFDIO_ZEROPAGE, request)
