"""A trial's load: its workload, made at the rate that the session offers."""

from __future__ import annotations

from ringbench.drivers.workloads import Workload, workload
from ringbench.spec.offered_load import split
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial


def load_of(plan: Plan, trial: Trial) -> Workload:
    """Make the workload of *trial*; nothing is started yet. Raises OptionError where it needs a calibration."""
    plain = split(trial.workload)[0]
    known = (each.per_s for each in plan.flat_out if (each.workload, each.cpus) == (plain, trial.cpus))
    return workload(trial.workload, trial.cpus, plan.command, flat_out_per_s=next(known, None))
