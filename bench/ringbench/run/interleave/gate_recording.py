"""What the gate's selftest judges: blocks of four sides in turn, and real comparisons of a thing with itself."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ringbench.analysis.gate.schedule import Schedule
from ringbench.analysis.gate.verdict import Verdict
from ringbench.analysis.selftest.gate_rates import VARIANTS
from ringbench.data.store import atomic
from ringbench.data.store.session_json import now
from ringbench.kernel import cpus
from ringbench.machine import caches, isolation
from ringbench.run.calibration import calibrated
from ringbench.run.interleave.ab import BASE, HEAD, Watched, measuring_clients
from ringbench.run.interleave.rounds import Interleaved, Progress
from ringbench.run.interleave.worker_client import WorkerClient
from ringbench.run.interleave.worktree import AS_IT_IS, version
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import CI
from ringbench.run.trials import trial
from ringbench.spec.plan import Plan

REAL = "real.json"
"""What came of the real comparisons, in their order."""
_MOST_S = 300.0


def record(
    place: Path,
    blocks: int,
    seed: int,
    command: Sequence[str],
    watch: Callable[[Progress], None],
    max_time_s: float | None,
) -> str:
    """Measure so many *blocks* of all sides into sessions under *place*; return why it ended."""
    isolation.warm_up(trial)
    plan = _plan(blocks, seed)
    with _peers(place, list(VARIANTS)) as clients:
        interleaved = Interleaved(plan, clients, VARIANTS)
        _begin(interleaved, place, f"gatecheck-{seed}", command)
        ended = interleaved.run(lambda number: interleaved.plan.trials, watch, max_time_s)
        interleaved.finish("complete")
    return ended


def compare_really(
    place: Path, comparisons: int, seed: int, command: Sequence[str], tell: Callable[[int, dict[str, Any]], None]
) -> None:
    """Compare a thing with itself *comparisons* times, as `ringbench ab` does, with sessions under *place*.

    What came out is stored after each, and *tell* is told; what is there already is not measured again.
    """
    isolation.warm_up(trial)
    atomic.make_folder(place)
    path = place / REAL
    done: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    for number in range(len(done) + 1, comparisons + 1):
        folder = place / f"real-{number:02d}"
        shutil.rmtree(folder, ignore_errors=True)  # one that was interrupted
        done.append(_really(folder, seed, number, command))
        atomic.write(path, json.dumps(done, indent=1).encode())
        tell(number, done[-1])


def _really(folder: Path, seed: int, number: int, command: Sequence[str]) -> dict[str, Any]:
    atomic.make_folder(folder)
    plan, began = _plan(CI.repeats, seed + number), time.monotonic()
    with _peers(folder, (BASE, HEAD)) as clients:
        interleaved = Interleaved(plan, clients)
        _begin(interleaved, folder, f"real-{seed}-{number}", command)
        watched = Watched(interleaved, Schedule(plan.repeats, several=True), interleaved.plan.trials)
        ended = interleaved.run(watched.wanted, max_time_s=_MOST_S)
        interleaved.finish("complete")
    gated = watched.judged()
    return {
        "verdict": gated.verdict.value,
        "ended": ended,
        "s": round(time.monotonic() - began, 1),
        "open": sorted({figure.name for _, figure in gated.figures(Verdict.INCONCLUSIVE)}),
        "at": now(),
    }


def _begin(interleaved: Interleaved, place: Path, name: str, command: Sequence[str]) -> None:
    outs = {client.name: str((place / client.name).absolute()) for client in interleaved.clients}
    interleaved.begin(outs, {"id": name, "blocks": interleaved.plan.repeats}, command)


@contextlib.contextmanager
def _peers(place: Path, names: Sequence[str]) -> Iterator[list[WorkerClient]]:
    """Yield a side for each of *names*, all of them the checkout as it is."""
    atomic.make_folder(place)
    with contextlib.ExitStack() as stack:
        made = {name: stack.enter_context(version(AS_IT_IS, place / f"{name}.log")) for name in names}
        yield stack.enter_context(measuring_clients(made, place))


def _plan(repeats: int, seed: int) -> Plan:
    return calibrated(build(CI, RunOptions(repeats=repeats, seed=seed), cpus.online(), caches=caches.online_by_cache()))
