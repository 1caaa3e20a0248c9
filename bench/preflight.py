"""What is checked before a session's folder is made, so that what cannot work fails early and leaves nothing behind."""

from __future__ import annotations

import platform

from bench import __version__, isolation
from bench.errors import EnvironmentLacks
from bench.kernel import program
from bench.kernel.probe import Probe
from bench.offered import split
from bench.plan import Plan
from bench.readers import reader
from bench.transports import transport
from bench.workloads import probe, workload


def check(plan: Plan) -> dict[str, str | None]:
    """Try everything the plan needs once; return the versions for session.json.

    Needs root. Raises EnvironmentLacks naming what is missing: BPF, BCC, headers, tracepoints, a workload's program.
    """
    for trial in {trial.workload: trial for trial in plan.trials if trial.mode != "capacity"}.values():
        workload(split(trial.workload)[0], trial.cpus, plan.command).check()
    for name in dict.fromkeys(trial.reader for trial in plan.trials):
        if reason := reader(name).missing():
            raise EnvironmentLacks(reason)
    first = min(plan.trials, key=lambda trial: trial.transports)
    bcc_version = isolation.run(_load_once, first.transports[0], probe(first.workload, first.record_bytes))
    return {
        "ringbench": __version__,
        "bcc": bcc_version,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _load_once(name: str, sent: Probe) -> str | None:
    program.load([transport(name)], probe=sent).close()
    version = getattr(program.bcc_module(), "__version__", None)
    return None if version is None else str(version)
