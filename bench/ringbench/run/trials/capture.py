"""The process that writes a trial's events to disk while the trial runs.

It is forked by the trial's process before anything is mapped or attached, so it holds nothing of the kernel's, and it
dies with it. A process, not a thread: the reader would wait for the interpreter's lock. Its priority is lower than the
reader's and the load's, but not the lowest: a load that takes every CPU would starve it, and then the reader waits.
"""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ringbench import errors
from ringbench.drivers.readers.blocks import BLOCKS, SLOTS, Feed, Pool
from ringbench.kernel.syscalls import die_with_parent
from ringbench.spec.codes import InvalidCode
from ringbench.spec.record import LIFECYCLE, Record

NICENESS = 5
"""A third of the share of a process that is not nice."""


class Capture:
    """Writes the events of *transports*, each a *record*, to a new file at *path*; readers fill blocks by way of feeds.

    The file is whole, synced and the caller's own when :meth:`finish` has returned. What the writer can't do is raised
    by whatever waits for it: RingbenchError where the disk refuses, InvalidMeasurementError where it died. *row_group*
    0: as large as a file's usually are.
    """

    def __init__(
        self,
        path: Path,
        transports: Sequence[str],
        record: Record = LIFECYCLE,
        *,
        slots: int = SLOTS,
        blocks: int = BLOCKS,
        row_group: int = 0,
    ) -> None:
        self._pool = Pool(record, slots=slots, number=blocks)
        self._pool.gone = self._failure
        self.feeds = {name: Feed(self._pool, index) for index, name in enumerate(transports)}
        """Each transport's way in."""
        self._said, says = os.pipe()
        parent = os.getpid()
        self._pid: int | None = os.fork()
        if not self._pid:
            _write(lambda: _written(self._pool, path, transports, row_group), self._pool, says, parent)
        os.close(says)
        self._pool.read_here()

    @property
    def pid(self) -> int | None:
        """The writer's process; None once it has ended."""
        return self._pid

    def wait_until_ready(self) -> None:
        """Wait until the file is there and the writer has loaded what it needs."""
        self._pool.wait_until_ready()

    def finish(self, delivered: Mapping[str, int]) -> None:
        """Wait until everything is on disk. Raises InvalidMeasurementError unless that is what was *delivered*
        (events).
        """
        self._pool.end()
        said = self._last_words()
        if "written" not in said:
            raise self._error(said)
        for name, count in delivered.items():
            if said["written"][name] != count:
                raise errors.InvalidMeasurementError(
                    f"{said['written'][name]} events of {name} are on disk where {count} were delivered.",
                    InvalidCode.WRITER_FAILED,
                )

    def close(self) -> None:
        """End the writer where it still runs: the trial has failed, and its file is of no use."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
            self._last_words()

    def _failure(self) -> Exception:
        return self._error(self._last_words())

    def _last_words(self) -> dict[str, Any]:
        """Wait for the writer's end; return what it said, or how it died."""
        if self._pid is None:
            return {"died": "before"}
        with os.fdopen(self._said, "rb") as file:
            text = file.read()
        _, status = os.waitpid(self._pid, 0)
        self._pid = None
        try:
            return dict(json.loads(text))
        except ValueError:  # nothing, or half of it
            return {"died": f"with status {os.waitstatus_to_exitcode(status)}"}

    @staticmethod
    def _error(said: dict[str, Any]) -> Exception:
        if "refused" in said:
            return errors.RingbenchError(said["refused"])
        if "failed" in said:
            return RuntimeError(said["failed"])
        return errors.InvalidMeasurementError(
            f"the process that writes events to disk died {said.get('died')}.", InvalidCode.WRITER_FAILED
        )


def _write(work: Callable[[], dict[str, int]], pool: Pool, says: int, parent: int) -> NoReturn:
    """The writer's whole life: *work*, and what it says at the end."""
    said: dict[str, Any] = {}
    try:
        die_with_parent(parent)
        pool.write_here()
        said = {"written": work()}
    except errors.RingbenchError as error:
        said = {"refused": str(error)}
    except BaseException:
        said = {"failed": traceback.format_exc()}
    finally:
        os.write(says, json.dumps(said).encode())
        os._exit(0)


def _written(pool: Pool, path: Path, transports: Sequence[str], row_group: int) -> dict[str, int]:
    # Imported here: they take a fifth of a second, while the trial compiles its program.
    import pyarrow as pa

    from ringbench.data.store import atomic
    from ringbench.data.store.events_writer import ROW_GROUP, EventsWriter

    pa.set_cpu_count(1)
    os.nice(NICENESS)
    counts = dict.fromkeys(transports, 0)
    try:
        with atomic.creating(path) as file:
            writer = EventsWriter(file, transports, row_group or ROW_GROUP)
            try:
                pool.ready()
                for whose, events in pool.received():
                    writer.add(transports[whose], events)
                    counts[transports[whose]] += len(events)
                writer.close()
            finally:
                writer.abandon()
    except OSError as error:
        raise atomic.cannot_write(path.parent, error) from error
    return counts
