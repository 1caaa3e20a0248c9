"""``ringbench selftest gate``: how often the gate is wrong, measured."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringbench.cli.invocation import command_line
from ringbench.cli.options import DURATION, REPEATS, SEED, TIMES, refuse_beside
from ringbench.errors import OptionError

if TYPE_CHECKING:
    from ringbench.analysis.selftest.gate_rates import Rates
    from ringbench.run.interleave.rounds import Progress

_EXAMPLES = """\b
Examples:
  sudo ringbench selftest gate --out results/gate            record 64 blocks of four sides: about twenty-five minutes
  sudo ringbench selftest gate --out results/gate --real 20  twenty real comparisons of a thing with itself: an hour
  ringbench selftest gate --from results/reference/gate      draw comparisons from what is recorded, without root
"""
CHECKED = "checked.json"
"""What came of it, beside the sides' sessions."""


@click.command("gate", epilog=_EXAMPLES)
@click.option("--from", "stored", type=click.Path(path_type=Path), metavar="DIR", help="Judge what DIR holds.")
@click.option("--blocks", type=REPEATS, metavar="N", default=64, show_default=True, help="Blocks to record.")
@click.option("--real", type=REPEATS, metavar="N", help="Instead, N real comparisons, as `ringbench ab` makes them.")
@click.option(
    "--comparisons",
    type=click.IntRange(min=1),
    metavar="N",
    default=400,
    show_default=True,
    help="To draw from what is recorded.",
)
@click.option("--max-time", type=DURATION, metavar="TIME", help=f"Record no longer than this. {TIMES}")
@click.option(
    "--seed",
    type=SEED,
    metavar="N",
    default=1,
    show_default=True,
    help="Random seed for the order of trials, and for what is drawn.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where the sides' sessions go.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def gate(
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
    from ringbench.cli.run import RESULTS, name_by_time
    from ringbench.data.store import atomic

    if real is not None and max_time is not None:
        raise OptionError("--max-time ends a recording; each of --real's comparisons ends as `ringbench ab` does.")
    if real is not None:
        refuse_beside("--real", "blocks", "comparisons", "stored")
    if stored is not None:
        refuse_beside("--from", "blocks", "max_time", "out")
    place = stored or out or RESULTS / f"gate-{name_by_time()}"
    if stored is None:
        _measure(place, blocks, real, seed, max_time)
        if real is not None:
            return 0
    found = _judge(place, comparisons, seed)
    document = json.dumps(found, indent=1, default=dataclasses.asdict)
    atomic.write(place / CHECKED, document.encode())
    click.echo(document) if as_document else _show(found)
    false, power = (found["kinds"][name]["regressed"] for name in ("again", "tenth"))
    return 0 if (false.low or 0) <= 0.01 and (power.high or 0) >= 0.95 else 3


def _measure(place: Path, blocks: int, real: int | None, seed: int, max_time: float | None) -> None:
    from ringbench.analysis.selftest.gate_rates import VARIANTS
    from ringbench.cli import trial_processes
    from ringbench.data.store.folder import check_new
    from ringbench.kernel import program
    from ringbench.machine.lock import exclusive
    from ringbench.run.interleave.gate_recording import compare_really, record

    if real is None:
        for name in VARIANTS:
            check_new(place / name)
    program.need_root()
    trial_processes.prepare()
    words = command_line()
    with exclusive():
        if real is not None:
            compare_really(place, real, seed, words, _tell)
        else:
            click.echo(record(place, blocks, seed, words, _teller(), max_time), err=True)


def _tell(number: int, came: dict[str, Any]) -> None:
    click.echo(f"{number}: {came['verdict']}, {came['s']:.0f} s: {came['ended']}", err=True)


def _teller() -> Callable[[Progress], None]:
    began, told = time.monotonic(), set[int]()

    def tell(state: Progress) -> None:
        if state.block not in told and sys.stderr.isatty():
            click.echo(f"block {state.block} of {state.blocks}, {time.monotonic() - began:.0f} s", err=True)
        told.add(state.block)

    return tell


def _judge(place: Path, comparisons: int, seed: int) -> dict[str, Any]:
    from ringbench.analysis.selftest.gate_rates import BASE, VARIANTS, apart, blocks_of, injected, rates
    from ringbench.analysis.view import SessionView
    from ringbench.data.store.folder import read_session
    from ringbench.run.interleave.gate_recording import REAL
    from ringbench.run.planner.profiles import CI

    rows = {name: SessionView.of(read_session(place / name, place)).rows for name in VARIANTS}
    found: dict[str, Any] = {
        "blocks_recorded": len(list(blocks_of(rows[BASE]))),
        "blocks_a_comparison": CI.repeats,
        "comparisons": comparisons,
        "kinds": {},
    }
    for name in VARIANTS:
        if name != BASE:
            came = rates(rows[BASE], rows[name], comparisons=comparisons, blocks=CI.repeats, seed=seed)
            found["kinds"][name] = {**_plain(came), "injected": injected(rows[BASE], rows[name])}
    if (place / REAL).exists():
        found["real"] = json.loads((place / REAL).read_text())
        sides = [
            tuple(SessionView.of(read_session(folder / side, folder)).rows for side in ("base", "head"))
            for folder in sorted(place.glob("real-*"))
        ]
        found["apart"] = apart([(base, head) for base, head in sides]) if sides else _found_before(place)
    return found


def _found_before(place: Path) -> dict[str, int]:
    """Return what came of the real comparisons' sessions set apart, where the sessions themselves are not kept."""
    path = place / CHECKED
    before: dict[str, int] = json.loads(path.read_text()).get("apart", {}) if path.exists() else {}
    return before


def _plain(came: Rates) -> dict[str, Any]:
    return {
        "verdicts": {verdict: came.each.count(verdict) for verdict in dict.fromkeys(came.each)},
        "each": "".join(verdict[0] for verdict in came.each),
        "regressed": came.share("regressed"),
        "found_by_transport": dict(came.found),
        "threshold": came.threshold,
        "blocks": came.blocks,
    }


def _show(found: dict[str, Any]) -> None:
    from ringbench.analysis.quantities import estimate

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
        real = [each["verdict"] for each in found["real"]]
        told = ", ".join(f"{real.count(verdict)} {verdict}" for verdict in dict.fromkeys(real))
        click.echo(f"{len(real)} real comparisons of a thing with itself: {told}")
    if found.get("apart"):
        told = ", ".join(f"{count} {verdict}" for verdict, count in found["apart"].items())
        click.echo(f"each base against every other head, as if measured apart: {told}")
