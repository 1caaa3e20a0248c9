"""The rows of trials.parquet that a trial makes: what it was, what was measured, and whether its account holds."""

from __future__ import annotations

import json
from typing import Any

from ringbench.data.metrics import Recording, backlog, compute
from ringbench.data.metrics.drops import account_error
from ringbench.drivers.transports import buffer_bytes
from ringbench.drivers.waits import wait
from ringbench.drivers.workloads import probe
from ringbench.machine import caches
from ringbench.run.trials.trial import Outcome, Share
from ringbench.spec import cpu_list
from ringbench.spec.offered_load import is_saturated
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial

MemcgCharges = dict[tuple[str, int], int | None]
"""What the memory cgroup is charged for a buffer, by transport and bytes; None where that is not known."""


def _identity(trial: Trial, plan: Plan, name: str) -> dict[str, Any]:
    return {
        "trial": trial.trial,
        "scenario": trial.scenario,
        "mode": trial.mode,
        "transport": name,
        "reader": trial.reader,
        "wakeup": trial.wakeup,
        "workload": trial.workload,
        "cpus": cpu_list.show(trial.cpus),
        "buffer_bytes": buffer_bytes(name, trial.asked_bytes, caches.online_by_cache()),
        "asked_bytes": trial.asked_bytes,
        "block": trial.block,
        "drain_interval_s": None if trial.mode == "capacity" else _pace_of_sleep(trial, plan),
        "wait": trial.wait or None,
        "placement": trial.placement,
        "stage": trial.stage or None,
        "record_bytes": probe(trial.workload, trial.record_bytes).record.nbytes,
    }


def _pace_of_sleep(trial: Trial, plan: Plan) -> float | None:
    found = wait(trial.wait, plan.drain_interval_s)
    return found.pace_s if found.way.on_timer else None


def broken_row(trial: Trial, plan: Plan, name: str, reason: str, code: str) -> dict[str, Any]:
    """Return the row of transport *name* in a trial that broke off, for a *reason*: nothing was measured."""
    return {**_identity(trial, plan, name), "valid": False, "invalid_code": code, "invalid_reason": reason}


def row_of(
    trial: Trial, plan: Plan, outcome: Outcome, share: Share, charges: MemcgCharges, trial_s: float
) -> dict[str, Any]:
    """Return the row of one transport's *share* of a trial that took *trial_s* seconds in all."""
    recording = share.recording
    measured = {**compute(recording), **(share.streamed or {})}
    measured["memory_cgroup_bytes"] = charges.get((share.transport, share.buffer_bytes))
    error = account_error(recording)
    return {
        **_identity(trial, plan, share.transport),
        "buffer_bytes": share.buffer_bytes,
        "valid": error is None,
        "invalid_code": error and error.code,
        "invalid_reason": error and error.said,
        "wall_s": recording.wall_s,
        **measured,
        "failed_by_code": json.dumps(share.failed_by_code, sort_keys=True),
        "peak_backlog_by_cpu": _backlogs(recording),
        "rings": " ".join(map(cpu_list.show, recording.rings)) or None,
        "lost_reported": share.lost_reported,
        "seq_checked": None if recording.checksum is None else recording.checksum.holds,
        "task_map_full": outcome.task_map_full,
        "offered_lives": outcome.offered_lives,
        "offered_per_s": outcome.offered_per_s,
        "done_per_s": outcome.done_per_s,
        "saturated": is_saturated(outcome.offered_per_s, outcome.done_per_s),
        "workload_exit_status": outcome.exit_status,
        "arena_bytes": share.arena_bytes,
        "written_blocks": None if share.feed is None else share.feed.written_blocks,
        "writer_waits": None if share.feed is None else share.feed.waits,
        "writer_wait_ns": None if share.feed is None else share.feed.wait_ns,
        "controller_cpu_ns": outcome.controller_cpu_ns,
        "started_ns": outcome.started_ns,
        "trial_s": trial_s,
    }


def _backlogs(recording: Recording) -> str | None:
    known = recording.events is not None and not recording.failed
    return json.dumps(backlog.peaks_by_cpu(recording.events)) if known and recording.events is not None else None
