"""One side of a comparison: a session that measures what it is told to, when it is told to.

Two versions of the project on one machine, each in its own process and environment, take turns trial by trial or, where
nothing has to be attached, round by round (ringbench.run.interleave.rounds). What is said between them is JSON, one
object a line: requests have a ``do``, answers are an object, with an ``error`` where it went wrong. Versions may
differ, so a request that a side doesn't know is answered by an error and ends nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ringbench.data.store import session_json
from ringbench.data.store.folder import SessionWriter
from ringbench.data.store.schema import SCHEMA_VERSION
from ringbench.errors import InvalidMeasurementError, OptionError, RingbenchError
from ringbench.machine import isolation
from ringbench.run import preflight
from ringbench.run.session import session
from ringbench.run.session.revision import revision
from ringbench.run.session.trial_runner import STEPPED, OpenTrial, TrialRunner
from ringbench.run.trials import trial as trial_module
from ringbench.spec.codes import InvalidCode
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial

PROTOCOL = 1
"""Version of what is said. Sides of another one cannot be compared in one go."""

Said = dict[str, Any]


@dataclass
class Worker:
    """A session under construction, and the requests it answers."""

    family: int
    """The process that drives all sides: what runs under it is no disturbance."""
    _runner: TrialRunner | None = None
    _opened: OpenTrial | None = None
    _writer: SessionWriter | None = None
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def begin(self, plan: Mapping[str, Any], out: str, about: Mapping[str, Any], command: Sequence[str]) -> Said:
        """Make the session's folder *out* for *plan*, whose trials are its cells, none of which is measured yet.

        *about* is what session.json says of the comparison. Answers with the cells that this version doesn't know.
        """
        isolation.warm_up(trial_module)
        refused = {}
        for index, cell in enumerate(plan["trials"]):
            try:
                preflight.known(Trial.from_json(cell))
            except (RingbenchError, KeyError, ValueError, TypeError) as error:
                refused[str(index)] = str(error)
        cells = [cell for index, cell in enumerate(plan["trials"]) if str(index) not in refused]
        if not cells:
            return {"refused": refused}
        made = Plan.from_json({**plan, "trials": cells})
        versions = preflight.check(made)
        self._writer = SessionWriter.create(Path(out), {**session.manifest(made, versions, command), "sides": about})
        self._runner = TrialRunner(made, self._writer, keep_events="none", family=self.family)
        self._stack.enter_context(self._runner)
        return {"refused": refused, "versions": versions, "environment": self._writer.manifest["environment"]}

    def trial(self, trial: Mapping[str, Any]) -> Said:
        """Measure a whole trial; answers with its rows."""
        return {"rows": self._bench.measure(Trial.from_json(trial))}

    def open(self, trial: Mapping[str, Any]) -> Said:
        """Begin a trial that goes by turns."""
        asked = Trial.from_json(trial)
        if asked.mode not in STEPPED:
            raise OptionError(f"a {asked.mode} trial does not go by turns.")
        self._opened = self._bench.open(asked)
        return {}

    def wait(self) -> Said:
        """Return when the trial that was opened is ready for its first turn."""
        self._turn.process.wait_until_ready()
        return {}

    def turn(self) -> Said:
        """Do one turn."""
        self._turn.process.turn()
        return {}

    def close(self) -> Said:
        """End the trial that was opened; answers with its rows."""
        opened, self._opened = self._turn, None
        return {"rows": self._bench.close(opened)}

    def give_up(self, reason: str, code: str = InvalidCode.OTHER) -> Said:
        """End the trial that was opened, whose turns went wrong, on this side or the other."""
        if self._opened is None:
            return {"rows": []}
        opened, self._opened = self._opened, None
        return {"rows": self._bench.give_up(opened, reason, code)}

    def finish(
        self, status: str, plan: Mapping[str, Any], notes: Sequence[str], note_codes: Sequence[str] = ()
    ) -> Said:
        """End the session: *plan* is what was measured in the end; who drives it may not know codes yet."""
        coded = session_json.notes_of({"notes": notes, "note_codes": note_codes})
        bench, writer = self._bench, self._writer
        assert writer is not None
        if self._opened is not None:
            self._opened.process.kill()
        isolation.wait_for_exits()
        self._stack.close()
        self._runner = None
        writer.finish(
            status,
            plan=dict(plan),
            notes=session.merged(writer, [*coded, *bench.notes]),
            **(session.conclusion(writer) if status == "complete" else {}),
        )
        return {}

    def abandon(self) -> None:
        """Leave what is stored as an interrupted session, and nothing in the kernel."""
        if self._opened is not None:
            self._opened.process.kill()
        isolation.wait_for_exits()
        if self._runner is not None and self._writer is not None:
            self._stack.close()
            self._writer.finish("interrupted", notes=session.merged(self._writer, self._runner.notes))

    @property
    def _bench(self) -> TrialRunner:
        if self._runner is None:
            raise OptionError("nothing was begun.")
        return self._runner

    @property
    def _turn(self) -> OpenTrial:
        if self._opened is None:
            raise OptionError("no trial is open.")
        return self._opened


def serve(requests: Iterator[str], answers: TextIO) -> None:
    """Answer each line of *requests* by a line in *answers*, until there are no more or the session is finished."""
    side = Worker(os.getppid())
    known: dict[str, Callable[..., Said]] = {
        **{"begin": side.begin, "trial": side.trial, "open": side.open, "wait": side.wait, "turn": side.turn},
        **{"close": side.close, "give_up": side.give_up, "finish": side.finish},
    }
    _say(answers, {"protocol": PROTOCOL, "revision": revision(), "schema_version": SCHEMA_VERSION})
    try:
        for line in requests:
            request = json.loads(line)
            verb = str(request.pop("do"))
            try:
                if verb not in known:
                    raise OptionError(f"this side does not know how to {verb!r}.")
                _say(answers, known[verb](**request))
            except RingbenchError as error:
                code = {"code": error.code} if isinstance(error, InvalidMeasurementError) else {}
                _say(answers, {"error": str(error), "exit_status": error.exit_status, **code})
            if verb == "finish":
                return
    finally:
        side.abandon()


def _say(answers: TextIO, what: Said) -> None:
    answers.write(json.dumps(what, default=_plain) + "\n")
    answers.flush()


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
