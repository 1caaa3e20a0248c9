"""`printk`: writers put lines into the kernel's log by /dev/kmsg, and the reader reads them back.

The log is the machine's, and everybody's. So this is only measured where somebody asked for it (--allow-kmsg), slowly
(:data:`MOST_PER_S`), with lines of priority debug that the console doesn't show. What was written stays in the log
until it is overwritten there, and whoever reads the log (journald, say) has it, too. No setting is changed.
"""

from __future__ import annotations

import ctypes
import os
import secrets
from collections.abc import Mapping

from ringbench.drivers.channels.channel import UserTransport
from ringbench.drivers.channels.size import itself
from ringbench.errors import MissingRequirementError
from ringbench.kernel import kmsg, syscalls
from ringbench.kernel.kmsg import KmsgRing
from ringbench.native import producer
from ringbench.native.producer import Writer
from ringbench.spec.published import KERNEL, Published

MOST_PER_S = 200.0
"""Lines a second of all writers: systemd's journal takes more of a single service, and the usual log holds minutes."""
MOST = 5000
"""Lines of a session."""


class Printk:
    """The kernel's log, however large that is."""

    def __init__(self) -> None:
        if reason := kmsg.refusal():
            raise MissingRequirementError(f"printk: {reason}.")
        self.buffer_bytes = kmsg.size_bytes()
        token = secrets.token_hex(4)
        self._mark, self._comm = f"ringbench {token}", f"rb-{token}"
        self.ring = KmsgRing(self._mark, self._comm)

    def write(self, orders: Writer) -> None:
        """Write lines as *orders* say. Raises OSError where the log cannot be opened."""
        syscalls.set_name(self._comm)  # by which the kernel says whose lines it suppressed
        mark = ctypes.create_string_buffer(self._mark.encode())
        fd = os.open(kmsg.PLACE, os.O_WRONLY | os.O_CLOEXEC)
        try:
            producer.library().write_to_log(orders, producer.Logger(fd, ctypes.addressof(mark)))
        finally:
            os.close(fd)  # at which it is said how many were suppressed

    def lost(self, missing: int) -> Mapping[str, int]:
        """What the kernel says it dropped; and of lines that were overwritten unread, at most as many as are *missing*.

        Overwritten lines are counted by the log's numbers, which don't say whose they were.
        """
        suppressed = self.ring.suppressed
        overwritten = min(max(0, missing - suppressed), self.ring.overwritten)
        return {what: n for what, n in (("suppressed", suppressed), ("overwritten", overwritten)) if n}

    @property
    def lost_reported(self) -> int:
        """What the kernel says it dropped."""
        return self.ring.suppressed

    def notes(self) -> tuple[str, ...]:
        """That the lines stay."""
        return (
            "printk wrote into this machine's log (lines that begin with 'ringbench'): they stay there until they are "
            "overwritten, and whoever reads the log has them.",
        )

    def memory(self) -> dict[str, int | None]:
        """The log's buffer, which is there with or without this."""
        return {"physical": self.buffer_bytes, "memlock": None, "rss": None}

    def close(self) -> None:
        """Close it."""
        self.ring.close()


def _the_log(buffer_bytes: int) -> Printk:
    return Printk()  # as large as the machine's log is


def _machines_own(asked: int, rings: int) -> int:
    return 0  # it is as large as the machine's log is: the trial finds out


PRINTK = UserTransport(
    name="printk",
    description="transport-only, producers in user space: lines in the kernel's log, read back; only with --allow-kmsg",
    round_size=_machines_own,
    physical_bytes=_machines_own,
    stride=itself,
    requires_flag="--allow-kmsg",
    needs="debug lines in the kernel's log",
    open_channel=_the_log,
    most_per_s=MOST_PER_S,
    most=MOST,
    carries="no: bpf_trace_printk() writes elsewhere, into the trace",
    record="a line of text, 1,024 bytes at most",
    limits="carry bytes, be mapped, be emptied, or say to the writer that a line was suppressed",
    published=Published(
        f"Specialised implementations like printk's have limitations of their own that don't fit BPF ({KERNEL}).",
        "limits of its own",
    ),
)
