"""The kernel's log by /dev/kmsg: whether lines can be put there unseen by the console, and reading them back.

A line is read as ``priority,sequence,microseconds,flags;text`` (Documentation/ABI/testing/dev-kmsg). The sequence
counts the lines of everybody: a gap behind EPIPE is what was overwritten before it was read. Writes of one open file
beyond ten in five seconds are dropped, though write() says they were done, unless kernel.printk_devkmsg is ``on``; when
the file is closed, the kernel says in a line how many (kernel/printk/printk.c, devkmsg_write(); lib/ratelimit.c). A
line without a newline at its end can still be continued, and is read only when the next one has come.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
from pathlib import Path

from ringbench import native
from ringbench.errors import MissingRequirementError
from ringbench.kernel.ring import Ring

PLACE = "/dev/kmsg"
_LEVELS, _FILTER = Path("/proc/sys/kernel/printk"), Path("/proc/sys/kernel/printk_devkmsg")
_EVERYTHING = Path("/sys/module/printk/parameters/ignore_loglevel")
_WARNING, _DEBUG = 4, 7
_SIZE_BUFFER = 10  # SYSLOG_ACTION_SIZE_BUFFER of syslog(2)
_LONGEST_READ = 8192
"""CONSOLE_EXT_LOG_MAX (kernel/printk/internal.h): a shorter buffer is refused."""
_LINE = re.compile(rb"[0-9]{1,10},([0-9]{1,20}),[^;\n]*;([^\n]*)")

_libc = ctypes.CDLL(None, use_errno=True)


def refusal() -> str | None:
    """Return why lines must not be written here; None where the console stays silent. Writes nothing.

    Of the two kinds of lines that this brings about, one is a warning of the kernel's own.
    """
    try:
        level = int(_LEVELS.read_text().split()[0])
        limited = _FILTER.read_text().strip()
        with contextlib.suppress(FileNotFoundError):
            if _EVERYTHING.read_text().strip() in ("Y", "1"):
                return "the console shows every line (printk.ignore_loglevel)"
        os.close(os.open(PLACE, os.O_WRONLY | os.O_CLOEXEC))
        size_bytes()
    except (OSError, ValueError, IndexError) as error:
        return f"the kernel's log cannot be written and read back: {error}"
    if limited == "off":
        return "kernel.printk_devkmsg is off: the kernel drops every line"
    most = _WARNING if limited == "ratelimit" else _DEBUG
    if level > most:
        told = ", and the kernel tells by a warning what it suppressed" if most == _WARNING else ""
        return (
            f"the console shows lines below {level} (kernel.printk){told}: it must be {most} or less to be left alone"
        )
    return None


def size_bytes() -> int:
    """Return the bytes of the log's buffer (syslog(2)). Raises OSError."""
    found = int(_libc.klogctl(_SIZE_BUFFER, None, 0))
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"syslog: {os.strerror(code)}")
    return found


class KmsgRing(Ring):
    """The lines that come after it was opened and begin with *mark*, each a record of two numbers, 16 bytes.

    A line is ``MARK NUMBER STAMP``; the record has stamp and number. *writer*: the name (comm) of the processes that
    write them, by which the kernel says whose lines it suppressed.
    """

    def __init__(self, mark: str, writer: str) -> None:
        try:
            self.fd = os.open(PLACE, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise MissingRequirementError(f"{PLACE} cannot be read ({error.strerror}).") from error
        os.lseek(self.fd, 0, os.SEEK_END)
        self._ours = re.compile(re.escape(mark.encode()) + rb" ([0-9]{1,20}) ([0-9]{1,20})")
        self._dropped = re.compile(
            rb"(?:printk: )?"
            + re.escape(writer.encode())
            + rb": ([0-9]{1,10}) output lines suppressed due to ratelimiting"
        )
        self._put = native.library().on_ringbuf
        self._next: int | None = None
        self._torn = False
        self._read_bytes = 0
        self.suppressed = 0
        """Lines of ours that the kernel says it dropped."""
        self._overwritten = 0

    @property
    def position(self) -> int:
        """Bytes of our lines' text read so far."""
        return self._read_bytes

    @property
    def overwritten(self) -> int:
        """Lines of anybody's that were overwritten before they were read."""
        return self._overwritten

    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is there, at most its limit, by a system call a line; return how many records."""
        before = int(sink.count)
        while int(sink.count) - before < sink.limit and not sink.error:
            try:
                line = os.read(self.fd, _LONGEST_READ)
            except BlockingIOError:
                break
            except BrokenPipeError:  # overwritten: the next line that is read tells how many
                self._torn = True
                continue
            self._take(line, sink)
        return int(sink.count) - before

    def _take(self, line: bytes, sink: native.Sink) -> None:
        found = _LINE.match(line)
        if found is None:
            return
        number = int(found[1])
        if self._torn and self._next is not None:
            self._overwritten += max(0, number - self._next)
        self._torn, self._next = False, number + 1
        text = found[2]
        if ours := self._ours.fullmatch(text):
            words = tuple(int(word) & 0xFFFFFFFFFFFFFFFF for word in (ours[2], ours[1]))
            record = b"".join(word.to_bytes(8, "little") for word in words)
            sink.in_call = 0
            self._put(ctypes.byref(sink), record, ctypes.c_size_t(len(record)))
            self._read_bytes += len(text)
        elif dropped := self._dropped.fullmatch(text):
            self.suppressed += int(dropped[1])

    def close(self) -> None:
        """Close it; the lines stay in the log, as those of everybody do."""
        os.close(self.fd)
