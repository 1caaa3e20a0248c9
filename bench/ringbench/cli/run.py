"""``ringbench run``: measure, store, report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringbench.cli import names
from ringbench.cli.options import DURATION, REPEATS, SEED, SHARE, SIZE, TIMES
from ringbench.errors import OptionError

if TYPE_CHECKING:
    from ringbench.spec.plan import Plan

RESULTS = Path("results")

_EXAMPLES = """\b
Examples:
  sudo ringbench run
  sudo ringbench run --workload stress-ng:vfork --buffer-bytes 64K --buffer-bytes 1M
  sudo ringbench run --transport perf --reader callback --wakeup every
  sudo ringbench run --profile readers
  sudo ringbench run -- make -j2
  sudo ringbench run --resume results/2026-11-23T18-01-46
"""


_FACTORS = (
    names.option(
        "--profile", "profile_name", type=names.PROFILE, metavar="P", default="quick", show_default=True,
        help="What is measured:",
    ),
    names.option("--transport", "transports", type=names.TRANSPORT, metavar="T", multiple=True),
    names.option("--reader", "readers", type=names.READER, metavar="R", multiple=True),
    names.option("--wakeup", "wakeups", type=names.WAKEUP, metavar="W", multiple=True),
    names.option("--wait", "waits", type=names.WAIT, metavar="W", multiple=True, help="The reader's side:"),
    names.option(
        "--placement", "placements", type=names.PLACEMENT, metavar="P", multiple=True,
        help="The reader's CPU, against the workload's:",
    ),
    names.option(
        "--workload", "workloads", type=names.WORKLOAD, metavar="W", multiple=True,
        help="Behind an @ its load, like fork-exec@60%. One of:",
    ),
    click.option(
        "--producers", type=click.IntRange(min=1), metavar="N", multiple=True,
        help="Number of producer CPUs.  [default: all of --cpus]",
    ),
    click.option(
        "--record-bytes", type=SIZE, metavar="N", multiple=True, help="firehose: bytes of a record, 8 to 8192."
    ),
    click.option(
        "--buffer-bytes", type=SIZE, metavar="N", multiple=True, help="Total over all CPUs: 65536, 64K, 1M."
    ),
    click.option("--mode", type=names.MODE, metavar="M", help=names.MODE_HELP),
    click.option("--cpus", metavar="LIST", help="CPUs the workload runs on, like 0-1,4.  [all]"),
    click.option(
        "--duration", type=DURATION, metavar="TIME", help=f"Measured window; with COMMAND, its limit. {TIMES}"
    ),
    click.option(
        "--drain-interval", type=DURATION, metavar="TIME",
        help=f"A sleeping reader: time between drains. {TIMES}",
    ),
    click.option("--repeats", type=REPEATS, metavar="N", help="How often each scenario is measured."),
    click.option(
        "--precision", type=SHARE, metavar="P",
        help="Repeat until every interval is within P, like 5% or 0.05; 5 at least.",
    ),
    click.option(
        "--max-time", type=DURATION, metavar="TIME", help=f"Repeat until time is up; 5 at least. {TIMES}"
    ),
    names.option(
        "--events-to", type=names.PLACE_FOR_EVENTS, metavar="PLACE", default="memory", show_default=True,
        help="Where events go while a trial runs; to disk, a session can be larger than memory:",
    ),
    click.option(
        "--allow-kmsg", is_flag=True, help="Let printk write into this machine's log, where the lines stay."
    ),
    click.option(
        "--seed", type=SEED, metavar="N", default=1, show_default=True, help="Random seed for the trial order."
    ),
)  # fmt: skip
"""The options that choose what is measured; each is repeatable where a product makes sense."""


def _factors(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FACTORS):
        command = option(command)
    return command


@click.command(epilog=_EXAMPLES, context_settings={"ignore_unknown_options": False})
@_factors
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="The session's folder, new or empty.")
@click.option("--resume", type=click.Path(path_type=Path), metavar="DIR", help="Measure what is missing in DIR.")
@click.option(
    "--keep-events",
    type=click.Choice(["all", "first", "none"]),
    default="all",
    show_default=True,
    help="Store the events of all trials, of each scenario's first, or of none.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan and how long it takes; measure nothing.")
@click.option("--no-report", is_flag=True, help="Measure and store, and draw nothing: `ringbench report` does later.")
@click.option("--identify", is_flag=True, help="Let the report name the host, the user and the command line.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def run(  # one parameter an option
    out: Path | None,
    resume: Path | None,
    keep_events: str,
    dry_run: bool,
    no_report: bool,
    identify: bool,
    as_json: bool,
    quiet: bool,
    command: tuple[str, ...],
    **factors: Any,
) -> int:
    """Measure perf buffer against ringbuf on this machine's own fork, exec and exit events. Needs root.

    With a COMMAND behind --, that command is the workload: it is run once, as the user who called sudo, with both
    transports watching. What can be chosen: ringbench list.

    Overhead: while it runs, a BPF program runs at every fork, exec and exit of the whole machine (some 0.3 us each,
    with perf and wake-up `every` some 15 us), and its workload takes the chosen CPUs whole. Nothing stays behind.

    With --events-to disk, a process of its own writes events while a trial runs, in bounded memory. Where the reader
    must wait for it, that is counted: columns writer_waits and writer_wait_ns.
    """
    from ringbench.cli.measure import measure

    if no_report and as_json:
        raise OptionError("--json prints what a report says: it doesn't go with --no-report.")
    if resume is not None:
        plan, place = _stored_plan(resume, factors, command), resume
    else:
        plan, place = _plan(factors, command), out or RESULTS / name_by_time()
    if dry_run:
        _show_plan(plan, as_json)
        return 0
    return measure(
        plan,
        place,
        resumed=resume is not None,
        keep_events=keep_events,
        report=not no_report,
        identify=identify,
        as_json=as_json,
        quiet=quiet or as_json,
    )


def _plan(factors: dict[str, Any], command: tuple[str, ...]) -> Plan:
    from ringbench.cli import trial_processes
    from ringbench.drivers import features
    from ringbench.kernel import cpus
    from ringbench.machine import caches
    from ringbench.run.planner.options import RunOptions
    from ringbench.run.planner.planner import build
    from ringbench.run.planner.profiles import profile
    from ringbench.spec import cpu_list

    trial_processes.prepare()
    chosen = factors.copy()
    name = chosen.pop("profile_name")
    allow_kmsg = chosen.pop("allow_kmsg")
    duration, interval, most = (chosen.pop(name) for name in ("duration", "drain_interval", "max_time"))
    asked = chosen.pop("cpus")
    choice = RunOptions(
        **chosen,
        cpus=None if asked is None else cpu_list.parse(asked),
        duration_s=duration,
        drain_interval_s=interval,
        max_time_s=most,
        consents=("--allow-kmsg",) if allow_kmsg else (),
        command=command,
    )
    return build(profile(name), choice, cpus.online(), features.missing, caches.online_by_cache())


def _stored_plan(folder: Path, factors: dict[str, Any], command: tuple[str, ...]) -> Plan:
    context = click.get_current_context()
    given = [
        name
        for name in (*factors, "out")
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    ]
    if given or command:
        raise OptionError("--resume finishes the session as it was planned: leave the other choices out.")
    from ringbench.data.store import session_json
    from ringbench.spec.plan import Plan

    manifest, _ = session_json.read(folder)
    try:
        return Plan.from_json(manifest["plan"], session_json.notes_of(manifest))
    except KeyError as error:
        raise OptionError(
            f"the plan in {folder} has no {error}: another version of ringbench made it. Start a new session."
        ) from error


def name_by_time() -> str:
    """Return the name of a session's folder that is named by its time."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H-%M-%S")


def _show_plan(plan: Plan, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({**plan.as_json(), "estimate_s": plan.estimate_s, "notes": list(plan.notes)}, indent=2))
        return
    for trial in plan.trials:
        click.echo(f"{trial.trial}  block {trial.block}  {trial.scenario}: {' + '.join(trial.transports)}")
    for note in plan.notes:
        click.echo(f"note: {note}")
    about = "about" if plan.growth is None else "at least"
    length = "as long as the command takes" if plan.command else f"{about} {plan.estimate_s:.0f} s"
    click.echo(f"{len(plan.trials)} trials, {plan.measuring_s:.0f} s of measuring, {length} in all; seed {plan.seed}.")
