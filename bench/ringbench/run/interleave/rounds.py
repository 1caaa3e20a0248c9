"""Several versions of the project, or of a transport, measured in one go: trial by trial, round by round, in turn.

A machine that others share is up to twice as fast in one minute as in the next. So the sides take turns at the finest
grain that a trial allows: a capacity trial attaches nothing, so all sides can have theirs open and do a round each,
milliseconds apart; any other trial is done by one side after the other. Who goes first is drawn from the seed, anew
each time: a difference that comes of the order has no side that it could favour.

Measured on two shared CPUs in a quiet hour (results/reference/gate; standard deviation of the ratio's logarithm): two
bulk drains of the same thing, one trial after the other, differ by 13 to 17 %, and by 3 to 4 % where their rounds take
turns; two fills by 1 to 2 % either way.
"""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ringbench.errors import InvalidMeasurementError, RingbenchError
from ringbench.run.interleave.worker_client import WorkerClient
from ringbench.spec.codes import InvalidCode, Note, NoteCode, note_code
from ringbench.spec.plan import FIXED_S, Plan
from ringbench.spec.trial import Trial, block

Rows = list[dict[str, Any]]
FEWEST_ROUNDS = 5
BY_ROUNDS = frozenset({"capacity"})
"""Modes whose trials can be open on all sides at a time."""


@dataclass(frozen=True)
class Progress:
    """What is told to whoever watches, before each trial."""

    block: int
    blocks: int
    trial: Trial
    done: int
    total: int
    """Trials of this block."""


@dataclass
class Interleaved:
    """A comparison under way."""

    plan: Plan
    """Its first block has every cell once; ``repeats`` is the number of blocks at most."""
    clients: Sequence[WorkerClient]
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By side: what it measures in place of a transport, a variant of it; to check the gate
    (ringbench.analysis.selftest.gate_rates)."""
    notes: list[str] = field(default_factory=list)
    rows: dict[str, Rows] = field(default_factory=dict)
    """What each side has measured, by its name."""
    done: list[Trial] = field(default_factory=list)
    _began: float = 0.0

    def begin(self, outs: Mapping[str, str], about: Mapping[str, Any], command: Sequence[str]) -> None:
        """Have each side make its session. Cells that a side doesn't know are left out, with a note."""
        cells = [trial for trial in self.plan.trials if trial.block == 1]
        refused: dict[int, Note] = {}
        for client in self.clients:
            said = client.ask(
                "begin",
                plan=dataclasses.replace(self.plan, trials=tuple(self._for(client, cell) for cell in cells)).as_json(),
                out=outs[client.name],
                about={**about, "side": client.name},
                command=list(command),
            )
            for index, reason in said["refused"].items():
                text = f"left out: {cells[int(index)].scenario}: {client.name} says: {reason}"
                refused[int(index)] = Note(text, NoteCode.LEFT_OUT)
            self.rows[client.name] = []
        self.notes += refused.values()
        self.plan = dataclasses.replace(
            self.plan, trials=tuple(cell for index, cell in enumerate(cells) if index not in refused)
        )
        if not self.plan.trials:
            raise InvalidMeasurementError(
                "no cell can be measured by all sides: " + next(iter(refused.values()), "none")
            )
        self._began = time.monotonic()

    def run(
        self,
        wanted: Callable[[int], Sequence[Trial] | str],
        watch: Callable[[Progress], None] = lambda _: None,
        max_time_s: float | None = None,
    ) -> str:
        """Measure block after block; return why it ended.

        *wanted*: asked before each block, by its number, which cells it should have, or why none is needed any more.
        No block is begun that would, at the pace so far, end after *max_time_s*.
        """
        for number in range(1, self.plan.repeats + 1):
            cells = wanted(number)
            if isinstance(cells, str):
                return cells
            if max_time_s is not None and self._ends_after(cells, max_time_s):
                return f"{max_time_s:g} s were up after {number - 1} blocks."
            trials = block(cells, self.plan.seed, number, len(self.done))
            for place, trial in enumerate(trials):
                watch(Progress(number, self.plan.repeats, trial, place, len(trials)))
                self._measure(trial)
                self.done.append(trial)
        return f"all {self.plan.repeats} blocks were measured."

    def finish(self, status: str) -> None:
        """Have each side end its session."""
        for client in self.clients:
            plan = dataclasses.replace(self.plan, trials=tuple(self._for(client, trial) for trial in self.done))
            codes = {"note_codes": [note_code(note).value for note in self.notes]} if client.knows_codes else {}
            client.ask("finish", status=status, plan=plan.as_json(), notes=self.notes, **codes)

    def _ends_after(self, cells: Sequence[Trial], max_time_s: float) -> bool:
        spent = time.monotonic() - self._began
        sides = len(self.clients)
        a_trial = spent / len(self.done) if self.done else sides * (self.plan.duration_s + FIXED_S)
        return spent + a_trial * len(cells) > max_time_s

    def _for(self, client: WorkerClient, trial: Trial) -> Trial:
        instead = self.renamed.get(client.name, {})
        return dataclasses.replace(trial, transports=tuple(instead.get(name, name) for name in trial.transports))

    def _measure(self, trial: Trial) -> None:
        turns = random.Random(f"{self.plan.seed}/{trial.trial}/sides")
        if trial.mode in BY_ROUNDS:
            self._by_rounds(trial, turns)
            return
        for client in _shuffled(self.clients, turns):
            self.rows[client.name] += client.rows("trial", trial=self._for(client, trial).as_json())

    def _by_rounds(self, trial: Trial, turns: random.Random) -> None:
        for client in self.clients:
            client.ask("open", trial=self._for(client, trial).as_json())
        try:
            for client in self.clients:
                client.tell("wait")
            heard = [client.hear_or_error() for client in self.clients]
            for error in heard:
                if isinstance(error, RingbenchError):
                    raise error
            self._rounds(turns)
        except RingbenchError as error:
            for client in self.clients:
                code = {"code": getattr(error, "code", InvalidCode.OTHER)} if client.knows_codes else {}
                self.rows[client.name] += client.rows("give_up", reason=f"the rounds broke off: {error}", **code)
            if not isinstance(error, InvalidMeasurementError):
                raise
            return
        for client in self.clients:
            self.rows[client.name] += client.rows("close")

    def _rounds(self, turns: random.Random) -> None:
        spent = {client.name: 0.0 for client in self.clients}
        rounds = 0
        while rounds < FEWEST_ROUNDS or min(spent.values()) < self.plan.duration_s:
            for client in _shuffled(self.clients, turns):
                began = time.monotonic()
                client.ask("turn")
                spent[client.name] += time.monotonic() - began
            rounds += 1


def _shuffled(clients: Sequence[WorkerClient], turns: random.Random) -> list[WorkerClient]:
    order = list(clients)
    turns.shuffle(order)
    return order
