"""How much a workload does flat out with nothing attached: found once before a session, then frozen.

What is offered must not hang on what is measured: a share of this figure is the same for every cell.
"""

from __future__ import annotations

import dataclasses
import statistics
import time

from ringbench.drivers.workloads import offered, workload
from ringbench.errors import InvalidMeasurementError
from ringbench.machine import isolation
from ringbench.spec import cpu_list
from ringbench.spec.codes import InvalidCode
from ringbench.spec.offered_load import split
from ringbench.spec.plan import FlatOut, Plan

_TURNS = 3
"""Runs of each workload, in turn; their median counts."""
_SETTLE_S, _COUNT_S = 0.1, 0.4


def calibrated(plan: Plan) -> Plan:
    """Return *plan* with what each workload, of which a share is asked for, does flat out on its CPUs.

    Takes half a second a turn and workload. Raises InvalidMeasurementError where one does nothing.
    """
    wanted: dict[tuple[str, tuple[int, ...]], None] = {}
    for trial in plan.trials:
        load = offered(trial.workload)
        if load and load.share:
            wanted[split(trial.workload)[0], trial.cpus] = None
    found: dict[tuple[str, tuple[int, ...]], list[float]] = {key: [] for key in wanted}
    for _ in range(_TURNS):
        for name, cpus in wanted:
            found[name, cpus].append(isolation.run(_flat_out, name, cpus, timeout_s=60))
    return dataclasses.replace(
        plan,
        flat_out=tuple(FlatOut(name, cpus, statistics.median(rates)) for (name, cpus), rates in found.items()),
    )


def _flat_out(name: str, cpus: tuple[int, ...]) -> float:
    """Return the operations a second on each CPU that the workload *name* does by itself."""
    load = workload(name, cpus)
    load.prepare()
    try:
        load.start()
        time.sleep(_SETTLE_S)
        before, began = load.done() or 0, time.monotonic()
        time.sleep(_COUNT_S)
        done, took = (load.done() or 0) - before, time.monotonic() - began
    finally:
        load.stop()
    if not done:
        raise InvalidMeasurementError(
            f"workload {name} did nothing on CPUs {cpu_list.show(cpus)} within {took:.1f} s.",
            InvalidCode.NOTHING_PRODUCED,
        )
    return done / took / len(cpus)
