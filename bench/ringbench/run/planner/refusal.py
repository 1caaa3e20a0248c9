"""Why a combination of factors cannot be measured: a rule each, and the first that refuses is told."""

from __future__ import annotations

from ringbench.drivers.readers import reader
from ringbench.drivers.transports import NOTHING, Transport, buffer_bytes
from ringbench.drivers.workloads import WORKLOADS, kind_of, offered, operation, probe, usual_record_bytes
from ringbench.run.planner.combination import Combination, PlanContext
from ringbench.spec.placement import reader_cpus
from ringbench.spec.record import Record


def refusal(combination: Combination, context: PlanContext) -> str | None:
    """Return why *combination* cannot be had with any transport, None where it can with some.

    Raises OptionError where the workload cannot be had as it was asked for.
    """
    cell = combination.cell
    offered(cell.workload)
    probe(cell.workload, None if usual_record_bytes(cell.workload) is None else cell.record_bytes)
    return next((reason for rule in _RULES if (reason := rule(combination, context))), None)


def transport_refusal(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    """Return why *transport* cannot carry *combination*, None where it can."""
    if transport.submit == NOTHING.submit:
        return None
    reasons = (rule(transport, combination, context) for rule in _TRANSPORT_RULES)
    return next((reason for reason in reasons if reason), None)


# ---- whatever the transport ------------------------------------------------------------------------------------


def _too_few_cpus(combination: Combination, context: PlanContext) -> str | None:
    chosen = len(combination.cell.cpus)
    if combination.producers <= chosen:
        return None
    return f"{combination.producers} producers, for which there are not enough CPUs ({chosen} chosen)"


def _no_cpu_for_the_reader(combination: Combination, context: PlanContext) -> str | None:
    cell, online = combination.cell, context.online
    if reader_cpus(cell.placement, cell.cpus, online):
        return None
    return f"placement {cell.placement} with all {len(online)} CPUs taken by the workload"


def _workload_of_another_mode(combination: Combination, context: PlanContext) -> str | None:
    cell = combination.cell
    if (cell.mode == "transport-only") == (kind_of(cell.workload).producers == "user-space"):
        return None
    theirs = " and ".join(each.name for each in WORKLOADS.values() if each.producers == "user-space")
    return f"{cell.mode} trials of workload {cell.workload}: {theirs} go with transport-only, and no other"


def _capacity_without_samples(combination: Combination, context: PlanContext) -> str | None:
    cell = combination.cell
    if cell.mode != "capacity" or kind_of(cell.workload).sampled:
        return None
    return f"capacity with workload {cell.workload}: a buffer is filled with samples, as firehose:B has them"


def _overhead_without_stage(combination: Combination, context: PlanContext) -> str | None:
    cell = combination.cell
    if cell.mode == "overhead" and not cell.stage:
        return "overhead trials, which only profile overhead has"
    if cell.stage and cell.mode != "capacity":
        operation(cell.workload)  # raises for a workload that has none
    return None


def _wait_without_wakeup(combination: Combination, context: PlanContext) -> str | None:
    policy, waiting = combination.wakeup, combination.wait
    if combination.cell.mode == "capacity" or waiting.is_woken_by(policy):
        return None
    return f"a reader that waits in {waiting.name} hears nothing under wake-up {policy.name}"


def _wait_missing(combination: Combination, context: PlanContext) -> str | None:
    lacking = context.missing(combination.wait.way)
    return f"wait {combination.wait.name}: {lacking}" if lacking is not None else None


_RULES = (
    _too_few_cpus,
    _no_cpu_for_the_reader,
    _workload_of_another_mode,
    _capacity_without_samples,
    _overhead_without_stage,
    _wait_without_wakeup,
    _wait_missing,
)


# ---- with one transport ----------------------------------------------------------------------------------------


def _producers_of_another_mode(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    mode = combination.cell.mode
    if (transport.producers == "bpf") != (mode == "transport-only"):
        return None
    whose = "BPF programs" if transport.producers == "bpf" else "user space: profile user-producers has it"
    return f"{transport.name} in {mode} trials, as its producers are in {whose}"


def _not_consented(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    flag = transport.requires_flag
    if not flag or flag in context.choice.consents:
        return None
    return f"{transport.name}, as what it writes stays on this machine: only with {flag}"


def _transport_missing(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    lacking = context.missing(transport)
    return f"{transport.name}: {lacking}" if lacking else None


def _record_refused(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    refused = transport.refuses(_record(combination).struct)
    return f"workload {combination.cell.workload}: {refused}" if refused else None


def _events_not_in_memory(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    if not transport.own_records or context.choice.events_to != "disk":
        return None
    why = "whose its events are is found out afterwards, when all are in memory"
    return f"{transport.name} with --events-to disk: {why}"


def _wakeup_unknown(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    if combination.wakeup.kind in transport.wakeups:
        return None
    return f"{transport.name} has no wake-up policy {combination.wakeup.name!r}"


def _reader_refuses(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    name, policy = combination.cell.reader, combination.wakeup
    refused = reader(name).refuses(transport, policy)
    return f"reader {name} with {transport.name} under wake-up {policy.name}: {refused}" if refused else None


def _ring_too_small(transport: Transport, combination: Combination, context: PlanContext) -> str | None:
    asked, caches = combination.cell.asked_bytes, context.caches
    ring = transport.ring_bytes(buffer_bytes(transport.name, asked, caches), len(transport.rings(caches)))
    too_small = combination.wakeup.ring_too_small(ring, transport.stride(_record(combination).nbytes))
    return f"{transport.name} with {asked} bytes: {too_small}" if too_small else None


_TRANSPORT_RULES = (
    _producers_of_another_mode,
    _not_consented,
    _transport_missing,
    _record_refused,
    _events_not_in_memory,
    _wakeup_unknown,
    _reader_refuses,
    _ring_too_small,
)


def _record(combination: Combination) -> Record:
    return probe(combination.cell.workload, combination.cell.record_bytes).record
