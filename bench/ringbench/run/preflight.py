"""What is checked before a session's folder is made, so that what cannot work fails early and leaves nothing behind."""

from __future__ import annotations

import platform

from ringbench import __version__
from ringbench.drivers import features
from ringbench.drivers.readers import reader
from ringbench.drivers.transports import find_transport
from ringbench.drivers.waits import WAITS, wait
from ringbench.drivers.workloads import operation, probe, workload
from ringbench.errors import MissingRequirementError
from ringbench.kernel import program
from ringbench.kernel.probe import Probe
from ringbench.machine import isolation
from ringbench.run.trials import transport_only
from ringbench.spec.modes import mode
from ringbench.spec.offered_load import split
from ringbench.spec.placement import placement
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial
from ringbench.spec.wakeups import wakeup


def check_call(plan: Plan) -> None:
    """Check what can be told of a plan without root and without anything of ringbench being started.

    Raises OptionError for a stressor that there isn't and for what would do this machine harm, and
    MissingRequirementError naming the program or library that a workload or a reader lacks.
    """
    transport_only.check(plan)
    for trial in {trial.workload: trial for trial in plan.trials if trial.mode != "capacity"}.values():
        workload(split(trial.workload)[0], trial.cpus, plan.command).check()
    for name in dict.fromkeys(trial.reader for trial in plan.trials):
        if reason := reader(name).missing():
            raise MissingRequirementError(reason)


def check(plan: Plan) -> dict[str, str | None]:
    """Try everything the plan needs once; return the versions for session.json.

    Needs root. Raises MissingRequirementError naming what is missing: BPF, BCC, headers, tracepoints, a workload's
    program.
    """
    check_call(plan)
    for name in sorted({name for trial in plan.trials for name in trial.transports}):
        if reason := features.missing(find_transport(name)):
            raise MissingRequirementError(f"{name} is not available here: {reason}. `ringbench list` shows what is.")
    for kind in sorted({wait(trial.wait, 1.0).kind for trial in plan.trials if trial.wait}):
        if reason := features.missing(WAITS[kind]):
            raise MissingRequirementError(
                f"--wait {kind} is not available here: {reason}. `ringbench list` shows what is."
            )
    traced = [trial for trial in plan.trials if find_transport(trial.transports[0]).producers == "bpf"]
    bcc_version = None
    if traced:
        first = min(traced, key=lambda trial: trial.transports)
        bcc_version = isolation.run(_load_once, first.transports[0], probe(first.workload, first.record_bytes))
    return {
        "ringbench": __version__,
        "bcc": bcc_version,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def known(trial: Trial) -> None:
    """Raise OptionError for a name or a length in *trial* that this version doesn't know."""
    for name in trial.transports:
        find_transport(name)
    reader(trial.reader)
    wakeup(trial.wakeup)
    placement(trial.placement)
    if trial.wait:
        wait(trial.wait, 1.0)
    mode(trial.mode)
    probe(trial.workload, trial.record_bytes)
    if trial.stage:
        operation(trial.workload)


def _load_once(name: str, sent: Probe) -> str | None:
    program.load([find_transport(name)], probe=sent).close()
    version = getattr(program.bcc_module(), "__version__", None)
    return None if version is None else str(version)
