"""Two versions measured in one go, until the gate can tell: who takes turns, when to look, when to stop."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringbench.analysis.gate.gate import Gated, judge
from ringbench.analysis.gate.pairs import cell_pairs_of
from ringbench.analysis.gate.schedule import Schedule
from ringbench.analysis.gate.verdict import Verdict
from ringbench.data.store.schema import TRIALS
from ringbench.run.interleave.rounds import Interleaved, Progress
from ringbench.run.interleave.worker_client import WorkerClient
from ringbench.run.interleave.worktree import Version
from ringbench.spec.codes import Note, NoteCode
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial

BASE, HEAD = "base", "head"


@dataclass
class Watched:
    """A comparison under way, and what the gate says of it so far."""

    interleaved: Interleaved
    schedule: Schedule
    cells: Sequence[Trial]
    gated: Gated | None = None

    def wanted(self, number: int) -> Sequence[Trial] | str:
        """Return the cells that block *number* should have, or why there need not be one.

        At a look, cells whose every figure is decided are left out from then on. Where one has regressed, the answer is
        clear; and where nothing is open.
        """
        done = number - 1
        if done and self.schedule.is_due(done):
            self.gated = self.judged()
            if self.gated.verdict is Verdict.REGRESSED:
                return f"the answer was clear after {done} blocks: regressed."
            open_ = {
                (cell.pair.scenario, cell.pair.transport)
                for cell in self.gated.cells
                if cell.verdict is Verdict.INCONCLUSIVE
            }
            self.cells = [
                trial for trial in self.cells if any((trial.scenario, name) in open_ for name in trial.transports)
            ]
            if not self.cells:
                return f"the answer was clear after {done} blocks: {self.gated.verdict.value}."
        return self.cells

    def judged(self) -> Gated:
        """Judge what is measured so far."""
        rows = {side: [whole(row) for row in self.interleaved.rows[side]] for side in (BASE, HEAD)}
        return judge(cell_pairs_of(rows[BASE], rows[HEAD]), interleaved=True, schedule=self.schedule)


def whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with every column of trials.parquet, None where it has none."""
    return {name: row.get(name) for name in TRIALS.names}


@contextlib.contextmanager
def measuring_clients(versions: Mapping[str, Version], out: Path) -> Iterator[list[WorkerClient]]:
    """Start a side of each version, by its name, and end them all afterwards."""
    with contextlib.ExitStack() as stack:
        clients = []
        for name, version in versions.items():
            clients.append(WorkerClient(name, version.side, version.folder, out / f"{name}.log"))
            stack.callback(clients[-1].close)
        yield clients


def measure(
    plan: Plan,
    versions: Mapping[str, Version],
    out: Path,
    command: Sequence[str],
    watch: Callable[[Progress], None],
    max_time_s: float | None,
) -> str:
    """Measure both *versions* into sessions under *out*, until the gate can tell; return why it ended.

    Interrupted, both sides keep what they have, as interrupted sessions. Raises what a side's environment lacks.
    """
    schedule = Schedule(plan.repeats, several=True)
    with measuring_clients(versions, out) as clients:
        interleaved = Interleaved(plan, clients)
        about = {
            "id": secrets.token_hex(8),
            "blocks": plan.repeats,
            "versions": {name: version.name for name, version in versions.items()},
        }
        interleaved.begin({name: str((out / name).absolute()) for name in versions}, about, command)
        watched = Watched(interleaved, schedule, interleaved.plan.trials)
        ended = interleaved.run(watched.wanted, watch, max_time_s)
        interleaved.notes.append(Note(f"Ended: {ended}", NoteCode.ENDED))
        interleaved.finish("complete")
    return ended
