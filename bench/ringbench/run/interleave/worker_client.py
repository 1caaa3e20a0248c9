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

from ringbench.data.store import upgrade
from ringbench.data.store.owner import chown_to_invoker
from ringbench.data.store.schema import SCHEMA_VERSION
from ringbench.errors import InvalidMeasurementError, MissingRequirementError, OptionError, RingbenchError
from ringbench.spec.codes import InvalidCode
from ringbench.text import one_line

PROTOCOL = 1
_UNTOLD = 4
"""Schema version of a side that doesn't tell it."""
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
        # Versions from before 5 don't tell theirs; what they say of trials is as 4 has it.
        told = greeting.get("schema_version", _UNTOLD)
        self._schema_version = told if isinstance(told, int) and told <= SCHEMA_VERSION else SCHEMA_VERSION

    def ask(self, verb: str, **more: Any) -> dict[str, Any]:
        """Ask, and return the answer. Raises the error that it tells, or InvalidMeasurementError where it is gone."""
        self.tell(verb, **more)
        return self.hear()

    @property
    def knows_codes(self) -> bool:
        """Whether this side takes codes beside sentences, as schema version 5 has them."""
        return self._schema_version > _UNTOLD

    def rows(self, verb: str, **more: Any) -> list[dict[str, Any]]:
        """Ask for rows of trials, and return them as this version has them. Raises as :meth:`ask`."""
        return upgrade.rows(self.ask(verb, **more)["rows"], self._schema_version)

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
                raise InvalidMeasurementError(text, str(answer.get("code", InvalidCode.OTHER)))
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
        text = f"{self.name} is gone, or answers in no way that is known: {self._last_words()}"
        return InvalidMeasurementError(text, InvalidCode.OTHER_SIDE)

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return one_line(lines[-1] if lines else "nothing")
