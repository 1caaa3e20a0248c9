"""What ``ringbench run`` does once it is clear what to measure: check, measure, store, report."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringbench.cli.invocation import command_line
from ringbench.cli.progress import watching
from ringbench.cli.write_report import written
from ringbench.errors import OptionError, RingbenchError
from ringbench.spec.plan import Plan

if TYPE_CHECKING:
    from ringbench.data.store.folder import StoredSession


def measure(
    plan: Plan,
    place: Path,
    *,
    resumed: bool,
    keep_events: str,
    report: bool,
    identify: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Measure *plan* into the folder *place* and, with *report*, report; return the exit status."""
    stored = measured(plan, place, resumed=resumed, keep_events=keep_events, quiet=quiet)
    if stored is None:
        return 3
    if report:
        _report(stored, place, identify=identify, as_json=as_json)
    else:
        click.echo(f"stored in {place}. Draw it with: ringbench report {shlex.quote(str(place))}", err=True)
    return _status(stored, plan)


def measured(
    plan: Plan,
    place: Path,
    *,
    keep_events: str,
    quiet: bool,
    resumed: bool = False,
) -> StoredSession | None:
    """Measure *plan* into the folder *place*; return what is stored then, None where it was interrupted.

    Raises OptionError where *place* holds something or another process measures on this machine, and what
    :mod:`ringbench.run.preflight` raises.
    """
    from ringbench.data.store.folder import check_new
    from ringbench.kernel import program
    from ringbench.machine.lock import exclusive
    from ringbench.run import preflight

    if not resumed:
        check_new(place)
    preflight.check_call(plan)
    program.need_root()
    with exclusive():
        return _alone(plan, place, keep_events=keep_events, quiet=quiet, resumed=resumed)


def _alone(plan: Plan, place: Path, *, keep_events: str, quiet: bool, resumed: bool) -> StoredSession | None:
    # Imported here: pandas and the rest are not needed to refuse a wrong call.
    from ringbench.cli import trial_processes
    from ringbench.data.store.folder import SessionWriter, read_session
    from ringbench.machine import isolation
    from ringbench.run import preflight
    from ringbench.run.calibration import calibrated
    from ringbench.run.session import session

    trial_processes.prepare()
    isolation.warm_up()
    versions = preflight.check(plan)
    if resumed:
        writer = SessionWriter.resume(place)
        _same_versions(writer.manifest["versions"], versions)
    else:
        plan = calibrated(plan)
        manifest = session.manifest(plan, versions, command_line())
        writer = SessionWriter.create(place, manifest)
    for note in plan.notes:
        click.echo(f"note: {note}", err=True)
    try:
        with watching(plan, quiet=quiet) as watch:
            session.run(plan, writer, watch, keep_events=keep_events)
    except KeyboardInterrupt:
        _say_what_is_stored("interrupted", place, len(writer.done), len(plan.trials))
        return None
    except RingbenchError:
        _say_what_is_stored("broken off", place, len(writer.done), len(plan.trials))
        raise
    return read_session(place, place.parent)


def _report(stored: StoredSession, place: Path, *, identify: bool, as_json: bool) -> None:
    from ringbench.report.document import session_document
    from ringbench.report.terminal.session_screen import show

    paths = written(stored, place, identify=identify)
    if as_json:
        click.echo(session_document.dumps(session_document.as_json(stored, identify=identify)))
    else:
        show(stored, paths)


def _status(stored: StoredSession, plan: Plan) -> int:
    """Say what a reader of the figures must know, and return the exit status."""
    from ringbench.text import printable

    for status in stored.trials["workload_exit_status"].dropna().unique():
        ended = f"with exit status {status}" if status >= 0 else f"by signal {-status}"
        click.echo(f"the command ended {ended}: {printable(shlex.join(plan.command))}", err=True)
    invalid = int((~stored.trials["valid"]).sum())
    if invalid:
        click.echo(f"ringbench: {invalid} measurements are invalid; the report says which and why.", err=True)
    disturbance = stored.manifest["disturbance"]
    if disturbance["inconclusive"]:
        click.echo(
            f"ringbench: inconclusive: {disturbance['disturbed']} of {disturbance['trials']} trials were disturbed; "
            "the report says by what.",
            err=True,
        )
    return 3 if invalid or disturbance["inconclusive"] else 0


def _say_what_is_stored(what: str, place: Path, done: int, planned: int) -> None:
    click.echo(
        f"ringbench: {what}; {done} of {planned} trials are stored in {place}.\n"
        f"Finish with: ringbench run --resume {shlex.quote(str(place))}",
        err=True,
    )


def _same_versions(stored: dict[str, str | None], here: dict[str, str | None]) -> None:
    """Refuse to mix in one session what was measured by different versions."""
    for name, version in here.items():
        if stored.get(name) != version:
            raise OptionError(
                f"the session was measured with {name} {stored.get(name)}, this is {name} {version}: "
                "one session must not mix them. Start a new one."
            )
