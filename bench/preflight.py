"""What is checked before a session's folder is made, so that what cannot work fails early and leaves nothing behind."""

from __future__ import annotations

import platform

from bench import __version__, isolation
from bench.errors import EnvironmentLacks
from bench.kernel import program
from bench.plan import Plan
from bench.readers import reader
from bench.transports import transport
from bench.workloads import workload


def check(plan: Plan) -> dict[str, str | None]:
    """Try everything the plan needs once; return the versions for session.json.

    Needs root. Raises EnvironmentLacks naming what is missing: BPF, BCC, headers, tracepoints, a workload's program.
    """
    for name in dict.fromkeys(trial.workload for trial in plan.trials):
        workload(name, plan.trials[0].cpus, plan.command).check()
    for name in dict.fromkeys(trial.reader for trial in plan.trials):
        if reason := reader(name).missing():
            raise EnvironmentLacks(reason)
    names = sorted({name for trial in plan.trials for name in trial.transports})
    bcc_version = isolation.run(_load_once, names[0])
    return {
        "ringbench": __version__,
        "bcc": bcc_version,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _load_once(name: str) -> str | None:
    program.load([transport(name)]).close()
    version = getattr(program.bcc_module(), "__version__", None)
    return None if version is None else str(version)
