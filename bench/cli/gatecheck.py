"""``ringbench gatecheck``: how often the gate is wrong, measured."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bench.gatecheck import Rates
    from bench.lockstep import Progress

_EXAMPLES = """\b
Examples:
  sudo ringbench gatecheck --out results/gate            record 100 blocks of four sides: about forty minutes
  sudo ringbench gatecheck --out results/gate --real 20  and twenty real comparisons of a thing with itself
  ringbench gatecheck --from results/reference/gate      draw comparisons from what is recorded, without root
"""
REAL = "real.json"


@click.command("gatecheck", epilog=_EXAMPLES)
@click.option("--from", "stored", type=click.Path(path_type=Path), metavar="DIR", help="Judge what DIR holds.")
@click.option("--blocks", type=int, default=100, show_default=True, help="Blocks to record.")
@click.option("--real", type=int, metavar="N", help="Instead, N real comparisons, as `ringbench ab` makes them.")
@click.option("--comparisons", type=int, default=400, show_default=True, help="To draw from what is recorded.")
@click.option("--max-time", type=float, metavar="SECONDS", help="Record no longer than this.")
@click.option("--seed", type=int, default=1, show_default=True, help="Draws the order of trials, and comparisons.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where the sides' sessions go.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def gatecheck(
    stored: Path | None,
    blocks: int,
    real: int | None,
    comparisons: int,
    max_time: float | None,
    seed: int,
    out: Path | None,
    as_document: bool,
) -> int:
    """Measure how often the gate is wrong: false alarms, and what it finds of a cost that is known.

    Comparisons of a thing with itself must not come out as regressed in more than 1 %; of one whose submissions cost a
    tenth more, at least 95 % must. To record needs root. Exit status 3 where either fails.
    """
    from bench.cli.run import RESULTS, name_by_time

    place = stored or out or RESULTS / f"gate-{name_by_time()}"
    if stored is None:
        if real:
            _real(place, real, seed)
            return 0
        _record(place, blocks, seed, max_time)
    found = _judge(place, comparisons, seed)
    click.echo(json.dumps(found, indent=1, default=dataclasses.asdict)) if as_document else _show(found)
    false, power = (found["kinds"][name]["regressed"] for name in ("again", "tenth"))
    return 0 if (false.low or 0) <= 0.01 and (power.high or 0) >= 0.95 else 3


def _sides(place: Path, names: Sequence[str]) -> Any:
    from bench.ab import peers_of
    from bench.worktree import AS_IT_IS, version

    stack = contextlib.ExitStack()
    made = {name: stack.enter_context(version(AS_IT_IS, place / f"{name}.log")) for name in names}
    return peers_of(made, place)


def _plan(repeats: int, seed: int) -> Any:
    from bench.calibration import calibrated
    from bench.choice import Choice
    from bench.kernel import cpus
    from bench.planning import build
    from bench.profiles import profile

    return calibrated(build(profile("ci"), Choice(repeats=repeats, seed=seed), cpus.online()))


def _record(place: Path, blocks: int, seed: int, max_time: float | None) -> None:
    from bench import isolation
    from bench.gatecheck import VARIANTS
    from bench.kernel import program
    from bench.lockstep import Lockstep
    from bench.machine.measuring import held
    from bench.store import atomic

    program.need_root()
    atomic.make_folder(place)
    with held():
        isolation.warm_up()
        plan = _plan(blocks, seed)
        with _sides(place, list(VARIANTS)) as peers:
            lockstep = Lockstep(plan, peers, VARIANTS)
            outs = {name: str((place / name).absolute()) for name in VARIANTS}
            lockstep.begin(outs, {"id": f"gatecheck-{seed}", "blocks": blocks}, ["ringbench", *sys.argv[1:]])
            ended = lockstep.run(lambda number: lockstep.plan.trials, _teller(), max_time)
            lockstep.finish("complete")
    click.echo(ended, err=True)


def _teller() -> Callable[[Progress], None]:
    began, told = time.monotonic(), set[int]()

    def tell(state: Progress) -> None:
        if state.block not in told and sys.stderr.isatty():
            click.echo(f"block {state.block} of {state.blocks}, {time.monotonic() - began:.0f} s", err=True)
        told.add(state.block)

    return tell


def _real(place: Path, comparisons: int, seed: int) -> None:
    """Compare a thing with itself again and again; what came out is stored after each."""
    from bench import isolation
    from bench.ab import BASE, HEAD, Watched
    from bench.gate.schedule import Schedule
    from bench.kernel import program
    from bench.lockstep import Lockstep
    from bench.machine.measuring import held
    from bench.profiles import profile
    from bench.store import atomic

    program.need_root()
    atomic.make_folder(place)
    path = place / REAL
    done = json.loads(path.read_text()) if path.exists() else []
    with held():
        isolation.warm_up()
        for number in range(len(done) + 1, comparisons + 1):
            folder = place / f"real-{number:02d}"
            atomic.make_folder(folder)
            plan, began = _plan(profile("ci").repeats, seed + number), time.monotonic()
            with _sides(folder, (BASE, HEAD)) as peers:
                lockstep = Lockstep(plan, peers)
                outs = {name: str((folder / name).absolute()) for name in (BASE, HEAD)}
                lockstep.begin(
                    outs, {"id": f"real-{seed}-{number}", "blocks": plan.repeats}, ["ringbench", *sys.argv[1:]]
                )
                watched = Watched(lockstep, Schedule(plan.repeats, several=True), lockstep.plan.trials)
                ended = lockstep.run(watched.wanted, max_time_s=300)
                lockstep.finish("complete")
            gated = watched.judged()
            done.append(
                {
                    "verdict": gated.verdict.value,
                    "ended": ended,
                    "s": time.monotonic() - began,
                    "open": sorted({figure.name for _, figure in gated.figures(_inconclusive())}),
                    "started": _now(),
                }
            )
            text = json.dumps(done, indent=1).encode()
            atomic.replace(path, lambda file, text=text: file.write(text))  # type: ignore[misc]
            click.echo(f"{number}: {done[-1]['verdict']}, {done[-1]['s']:.0f} s: {ended}", err=True)


def _inconclusive() -> Any:
    from bench.gate.verdict import Verdict

    return Verdict.INCONCLUSIVE


def _now() -> str:
    from bench.store.session_json import now

    return now()


def _judge(place: Path, comparisons: int, seed: int) -> dict[str, Any]:
    from bench.gatecheck import BASE, VARIANTS, blocks_of, injected, rates
    from bench.profiles import profile
    from bench.report.view import SessionView
    from bench.store.folder import read_session

    rows = {name: SessionView.of(read_session(place / name, place)).rows for name in VARIANTS}
    found: dict[str, Any] = {
        "blocks_recorded": len(list(blocks_of(rows[BASE]))),
        "blocks_a_comparison": profile("ci").repeats,
        "comparisons": comparisons,
        "kinds": {},
    }
    for name in VARIANTS:
        if name != BASE:
            came = rates(rows[BASE], rows[name], comparisons=comparisons, blocks=profile("ci").repeats, seed=seed)
            found["kinds"][name] = {**_plain(came), "injected": injected(rows[BASE], rows[name])}
    if (place / REAL).exists():
        found["real"] = json.loads((place / REAL).read_text())
    return found


def _plain(came: Rates) -> dict[str, Any]:
    return {
        "verdicts": dict(came.verdicts),
        "regressed": came.share("regressed"),
        "found_by_transport": dict(came.found),
        "threshold": came.threshold,
        "blocks": came.blocks,
    }


def _show(found: dict[str, Any]) -> None:
    from bench.report.quantities import estimate

    n = found["comparisons"]
    click.echo(
        f"{n} comparisons of each kind, of {found['blocks_a_comparison']} blocks at most, drawn from "
        f"{found['blocks_recorded']} recorded ones."
    )
    words = {"again": "the same again", "twentieth": "a twentieth dearer", "tenth": "a tenth dearer"}
    for name, came in found["kinds"].items():
        told = ", ".join(f"{transport} {estimate(ratio, '1')}" for transport, ratio in came["injected"].items())
        click.echo(f"{words[name]} (filling takes {told} times as long):")
        click.echo(f"  regressed {estimate(came['regressed'], '')}; verdicts {came['verdicts']}")
        click.echo(
            f"  by the threshold of 10 % on means: {came['threshold'] / n:.1%}; blocks needed {came['blocks']:.1f}"
        )
    if "real" in found:
        real = found["real"]
        verdicts = [each["verdict"] for each in real]
        click.echo(
            f"{len(real)} real comparisons of a thing with itself: "
            + ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts))
        )
