"""A side of a comparison as who drives it sees it: a process that is asked, a line of JSON at a time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ringbench.data.store.owner import chown_to_invoker
from ringbench.errors import InvalidMeasurementError, MissingRequirementError, OptionError, RingbenchError
from ringbench.text import one_line

PROTOCOL = 1
_PATIENCE_S = 10.0
_MOST_CHARACTERS = 64 << 20
"""Of one answer: a version that goes wrong must not fill the memory."""


def environment() -> dict[str, str]:
    """Return the environment for another version: without what would have it run this one's code."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


class WorkerClient:
    """A side's process, from its start to :meth:`close`."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, log: Path) -> None:
        """Start *command* in *folder*; what it prints beside its answers goes to the file *log*.

        Raises OptionError where it doesn't answer as a side of this protocol: most likely it is too old.
        """
        self.name = name
        self._log = log
        with open(log, "ab") as said:
            chown_to_invoker(said.fileno())
            self._process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True,
                encoding="ascii", errors="replace", env=environment(),
            )  # fmt: skip
        try:
            greeting = self.hear()
        except InvalidMeasurementError as error:
            self.close()
            raise OptionError(
                f"{name} cannot be measured in one go: it does not answer. It said: {self._last_words()}. A version "
                "from before `ab` can only be compared by `ringbench compare`."
            ) from error
        if greeting.get("protocol") != PROTOCOL:
            self.close()
            raise OptionError(
                f"{name} speaks version {one_line(greeting.get('protocol'), 20)} of the protocol, this is {PROTOCOL}: "
                "measure them apart, and use `ringbench compare`."
            )
        self.revision = greeting.get("revision")

    def ask(self, verb: str, **more: Any) -> dict[str, Any]:
        """Ask, and return the answer. Raises the error that it tells, or InvalidMeasurementError where it is gone."""
        self.tell(verb, **more)
        return self.hear()

    def tell(self, verb: str, **more: Any) -> None:
        """Ask without waiting for the answer, which :meth:`hear` returns."""
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(json.dumps({"do": verb, **more}) + "\n")
            pipe.flush()
        except OSError as error:
            raise self._gone() from error

    def hear(self) -> dict[str, Any]:
        """Return the next answer; raises as :meth:`ask`."""
        pipe = self._process.stdout
        assert pipe is not None
        line = pipe.readline(_MOST_CHARACTERS)
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise self._gone() from error
        if not isinstance(answer, dict):
            raise self._gone()
        if "error" in answer:
            text = f"{self.name}: {answer['error']}"
            if answer.get("exit_status") == InvalidMeasurementError.exit_status:
                raise InvalidMeasurementError(text)
            raise MissingRequirementError(text)
        return answer

    def hear_or_error(self) -> dict[str, Any] | RingbenchError:
        """Return the next answer, or the error that it tells."""
        try:
            return self.hear()
        except RingbenchError as error:
            return error

    def close(self) -> None:
        """End the process. It stores what it has as an interrupted session unless it was told to finish."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _gone(self) -> InvalidMeasurementError:
        return InvalidMeasurementError(f"{self.name} is gone, or answers in no way that is known: {self._last_words()}")

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return one_line(lines[-1] if lines else "nothing")
