"""``ringbench selftest aa``: a transport against itself, and against itself with a known cost added."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringbench.cli.options import REPEATS, SEED, refuse_beside

if TYPE_CHECKING:
    from ringbench.analysis.selftest.aa import Checked

_EXAMPLES = """\b
Examples:
  sudo ringbench selftest aa                       in about twenty minutes
  sudo ringbench selftest aa --only injection      in five
  ringbench selftest aa --from results/aa          look at what is stored already, without root
"""


@click.command("aa", epilog=_EXAMPLES)
@click.option("--from", "session", metavar="SESSION", help="Look at what SESSION holds (a folder, or `latest`).")
@click.option("--only", "part", type=click.Choice(["same", "injection"]), help="One of the two checks.")
@click.option("--repeats", type=REPEATS, metavar="N", help="Blocks; ten make a run.  [default: 40]")
@click.option("--seed", type=SEED, metavar="N", default=1, show_default=True, help="Random seed for the trial order.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="The session's folder, new or empty.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress.")
def aa(
    session: str | None, part: str | None, repeats: int | None, seed: int, out: Path | None, as_json: bool, quiet: bool
) -> int:
    """Measure the same transport under two names, and one with a cost that is known. Needs root, but for --from.

    Of two names for one thing, the share of 95 % intervals that show a difference must not be above 5 %: that is so
    where its own interval reaches down to 5 %. A cost that is added to each submission must be found: the interval of
    the difference must cover it in nine runs of ten. Exit status 3 where either fails.
    """
    from ringbench.analysis.selftest.aa import check, profile
    from ringbench.analysis.view import SessionView
    from ringbench.data.store.folder import read_session

    if session is None:
        from ringbench.cli import trial_processes
        from ringbench.cli.measure import measured
        from ringbench.cli.run import RESULTS, name_by_time
        from ringbench.drivers import features
        from ringbench.kernel import cpus
        from ringbench.machine import caches
        from ringbench.run.planner.options import RunOptions
        from ringbench.run.planner.planner import build

        trial_processes.prepare()
        choice = RunOptions(repeats=repeats, seed=seed)
        plan = build(profile(part), choice, cpus.online(), features.missing, caches.online_by_cache())
        place = out or RESULTS / name_by_time()
        if measured(plan, place, keep_events="none", quiet=quiet) is None:
            return 3
        session = str(place)
    else:
        refuse_beside("--from", "part", "repeats", "seed", "out", "quiet")
    found = check(SessionView.of(read_session(session, Path("results"))))
    _show(found, as_json)
    return 3 if False in (found.level_kept, found.size_found) or found.level_kept is found.size_found is None else 0


def _show(found: Checked, as_json: bool) -> None:
    from ringbench.analysis.quantities import estimate
    from ringbench.analysis.selftest.aa import BLOCKS

    if as_json:
        differences, covered = found.false_differences, found.covered
        document = {
            "comparisons": differences.n,
            "false_differences": {"value": differences.value, "low": differences.low, "high": differences.high},
            "by_column": {name: {"excluding": hits, "comparisons": n} for name, (hits, n) in found.excluding.items()},
            "level_kept": found.level_kept,
            "injections": [
                {
                    "load": injection.load,
                    "transport": injection.transport,
                    "injected_ns": dataclasses.asdict(injection.truth),
                    "found_ns": [dataclasses.asdict(run) for run in injection.found],
                }
                for injection in found.injections
            ],
            "runs": covered.n,
            "covered": {"value": covered.value, "low": covered.low, "high": covered.high},
            "size_found": found.size_found,
        }
        click.echo(json.dumps(document, indent=2))
        return
    words = {True: "as it should", False: "AS IT SHOULD NOT", None: "nothing to judge"}
    if found.excluding:
        click.echo(f"A/A: {found.false_differences.n} comparisons of a thing with itself.")
        for name, (hits, n) in found.excluding.items():
            click.echo(f"  {name}: {hits} of {n} intervals exclude 1")
        share = estimate(found.false_differences, "")
        click.echo(f"  in all {share} of 95 % intervals exclude 1: {words[found.level_kept]}")
    for injection in found.injections:
        told, runs = estimate(injection.truth, "ns"), ", ".join(estimate(run, "ns") for run in injection.found)
        click.echo(f"Injection, {injection.transport}, {injection.load}: {told} were added to each submission.")
        click.echo(f"  found in runs of {BLOCKS} blocks: {runs}")
    share = estimate(found.covered, "")
    if found.injections:
        click.echo(f"  in all {share} of {found.covered.n} runs cover it: {words[found.size_found]}")
