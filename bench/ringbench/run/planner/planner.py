"""From a profile and what the user chose to a plan: which combinations can be had, and what is left out. No I/O."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Sequence

from ringbench.drivers.readers import reader
from ringbench.drivers.transports import NOTHING, Transport, buffer_bytes, find_transport
from ringbench.drivers.waits import Wait, Way, usual, wait
from ringbench.drivers.workloads import WORKLOADS, kind_of, offered, operation, probe, usual_record_bytes
from ringbench.errors import OptionError
from ringbench.run.planner.options import RunOptions
from ringbench.spec.codes import Note, NoteCode
from ringbench.spec.growth import FEWEST, Growth, SizeSearch, UntilPrecise
from ringbench.spec.placement import reader_cpus
from ringbench.spec.plan import Plan
from ringbench.spec.profile import Group, Profile, smallest
from ringbench.spec.stages import WITHOUT_TRANSPORT
from ringbench.spec.trial import Trial, block
from ringbench.spec.wakeups import Wakeup, wakeup

_LARGEST_BYTES = 64 << 20
"""Where the search for a size without loss ends."""
Caches = Sequence[Sequence[int]]
"""The CPUs online, in groups that share a last-level cache."""
Missing = Callable[[Transport | Way], str | None]
"""Why a transport, or a way to wait, cannot be had on this machine; None where it can."""


def _nothing(thing: Transport | Way) -> None:
    return None


def build(
    profile: Profile,
    choice: RunOptions,
    online: Sequence[int],
    missing: Missing = _nothing,
    caches: Caches = (),
) -> Plan:
    """Return the plan of *profile* as changed by *choice*, on a machine whose CPUs *online* are online.

    *missing*: how to find out what this machine cannot have (:func:`ringbench.drivers.features.missing`); by default it
    has everything. *caches*: those CPUs in groups that share a last-level cache; by default they all share one.

    Raises OptionError for unknown names, impossible sizes, CPUs that are offline, negative times, and choices that
    leave nothing to measure.
    """
    choice.check(online)
    caches = caches or (tuple(online),)
    notes: list[str] = []
    cells: dict[Trial, None] = {}  # an ordered set
    interval = choice.drain_interval_s or profile.drain_interval_s
    groups = profile.groups_for(choice.command)
    for group in groups:
        if choice.mode and group.mode != choice.mode and any(g.mode == choice.mode for g in groups):
            continue
        mode = choice.mode or group.mode
        cells.update(
            dict.fromkeys(_cells(dataclasses.replace(group, mode=mode), choice, caches, interval, missing, notes))
        )
    if not cells:
        raise OptionError("nothing is left to measure: " + (notes[0] if notes else "no transport fits the mode."))
    repeats = choice.repeats or (1 if choice.command else profile.repeats)
    growth = _growth(profile, choice, repeats, len(online))
    if growth:
        repeats = 1 if profile.frontier else FEWEST
        notes.append(growth.words)
    notes += _unequal_sizes(cells, caches)
    if len(online) == 1:
        notes.append("One CPU is online: there is no order between CPUs to see, and no CPU for a reader alone.")
    trials: list[Trial] = []
    for number in range(1, repeats + 1):
        trials += block(list(cells), choice.seed, number, len(trials))
    return Plan(
        profile=profile.name,
        seed=choice.seed,
        repeats=repeats,
        duration_s=choice.duration_s or profile.duration_s,
        warmup_s=profile.warmup_s if choice.warmup_s is None else choice.warmup_s,
        drain_interval_s=interval,
        trials=tuple(trials),
        command=choice.command,
        time_limit_s=choice.duration_s if choice.command else None,
        notes=tuple(dict.fromkeys(notes)),
        growth=growth,
        events_to=choice.events_to,
        consents=choice.consents,
    )


def _growth(profile: Profile, choice: RunOptions, repeats: int, online: int) -> Growth | None:
    by_rule = choice.precision is not None or choice.max_time_s is not None
    if profile.frontier:
        if by_rule or choice.command or choice.buffer_bytes or choice.mode not in (None, "isolated"):
            raise OptionError(
                "profile frontier searches the buffer's size by itself, in isolated trials: it goes with no COMMAND, "
                "--buffer-bytes, --mode, --precision or --max-time."
            )
        return SizeSearch(repeats, smallest(online), _LARGEST_BYTES)
    if not by_rule:
        return None
    if choice.command:
        raise OptionError("a COMMAND is run as often as --repeats says: --precision and --max-time don't go with it.")
    if choice.repeats is not None:
        raise OptionError("--repeats says how often; --precision and --max-time say until when: choose one of the two.")
    return UntilPrecise(choice.precision, choice.max_time_s)


def _cells(
    group: Group, choice: RunOptions, caches: Caches, interval_s: float, missing: Missing, notes: list[str]
) -> Iterable[Trial]:
    """Yield a trial without number and block for each combination that can be had; *notes* says what was left out."""
    online = sorted(cpu for cache in caches for cpu in cache)
    cpus = choice.cpus or tuple(online)
    producers = choice.producers or group.producers or (0,)
    factors = itertools.product(
        group.stages,
        choice.readers or group.readers,
        map(wakeup, choice.wakeups or group.wakeups),
        choice.waits or group.waits or (None,),
        choice.placements or group.placements,
        choice.workloads or group.workloads,
        choice.record_bytes or group.record_bytes or (None,),
        producers,
        choice.buffer_bytes or group.sizes(len(online)),
    )
    for stage_name, reader_name, policy, wait_name, place, workload_name, record_bytes, number, size in factors:
        waiting = (
            usual(policy, interval_s, reader(reader_name).pace_s) if wait_name is None else wait(wait_name, interval_s)
        )
        cell = Trial(
            trial="",
            block=0,
            mode=group.mode,
            transports=(),
            reader=reader_name,
            wakeup=policy.name,
            wait="" if group.mode == "capacity" else waiting.name,
            placement=place,
            workload=workload_name,
            record_bytes=record_bytes or usual_record_bytes(workload_name),
            asked_bytes=size,
            cpus=cpus[: number or len(cpus)],
            stage=stage_name,
        )
        if reason := _impossible(cell, number, policy, waiting, online) or _unable(waiting, missing):
            notes.append(Note(f"left out: {reason}.", NoteCode.LEFT_OUT))
            continue
        wanted = group.transports if stage_name in WITHOUT_TRANSPORT else choice.transports or group.transports
        able = [name for name in wanted if _able(name, cell, policy, caches, missing, choice, notes)]
        for transports in _carried(group.mode, able, notes):
            yield dataclasses.replace(cell, transports=transports)


def _impossible(cell: Trial, producers: int, policy: Wakeup, waiting: Wait, online: Sequence[int]) -> str | None:
    """Return why a combination can be had with no transport, else None."""
    offered(cell.workload)
    probe(cell.workload, None if usual_record_bytes(cell.workload) is None else cell.record_bytes)
    if producers > len(cell.cpus):
        return f"{producers} producers, for which there are not enough CPUs ({len(cell.cpus)} chosen)"
    if not reader_cpus(cell.placement, cell.cpus, online):
        return f"placement {cell.placement} with all {len(online)} CPUs taken by the workload"
    return _impossible_mode(cell) or (
        None
        if cell.mode == "capacity" or waiting.is_woken_by(policy)
        else f"a reader that waits in {waiting.name} hears nothing under wake-up {policy.name}"
    )


def _unable(waiting: Wait, missing: Missing) -> str | None:
    lacking = missing(waiting.way)
    return None if lacking is None else f"wait {waiting.name}: {lacking}"


def _impossible_mode(cell: Trial) -> str | None:
    kind = kind_of(cell.workload)
    if (cell.mode == "transport-only") != (kind.producers == "user-space"):
        theirs = " and ".join(each.name for each in WORKLOADS.values() if each.producers == "user-space")
        return f"{cell.mode} trials of workload {cell.workload}: {theirs} go with transport-only, and no other"
    if cell.mode == "capacity":
        why = f"capacity with workload {cell.workload}: a buffer is filled with samples, as firehose:B has them"
        return None if kind.sampled else why
    if cell.mode == "overhead" and not cell.stage:
        return "overhead trials, which only profile overhead has"
    if cell.stage:
        operation(cell.workload)
    return None


def _able(
    name: str,
    cell: Trial,
    policy: Wakeup,
    caches: Caches,
    missing: Missing,
    choice: RunOptions,
    notes: list[str],
) -> bool:
    transport = find_transport(name)
    if transport.submit == NOTHING.submit:
        return True
    reason = None
    if (transport.producers == "bpf") == (cell.mode == "transport-only"):
        whose = "BPF programs" if transport.producers == "bpf" else "user space: profile user-producers has it"
        reason = f"{name} in {cell.mode} trials, as its producers are in {whose}"
    elif transport.requires_flag and transport.requires_flag not in choice.consents:
        reason = f"{name}, as what it writes stays on this machine: only with {transport.requires_flag}"
    elif lacking := missing(transport):
        reason = f"{name}: {lacking}"
    elif refused := transport.refuses(probe(cell.workload, cell.record_bytes).record.struct):
        reason = f"workload {cell.workload}: {refused}"
    elif transport.own_records and choice.events_to == "disk":
        reason = f"{name} with --events-to disk: whose its events are is found out afterwards, when all are in memory"
    elif policy.kind not in transport.wakeups:
        reason = f"{name} has no wake-up policy {policy.name!r}"
    elif refused := reader(cell.reader).refuses(transport, policy):
        reason = f"reader {cell.reader} with {name} under wake-up {policy.name}: {refused}"
    else:
        ring = transport.ring_bytes(buffer_bytes(name, cell.asked_bytes, caches), len(transport.rings(caches)))
        record = probe(cell.workload, cell.record_bytes).record
        if too_much := policy.ring_too_small(ring, transport.stride(record.nbytes)):
            reason = f"{name} with {cell.asked_bytes} bytes: {too_much}"
    if reason:
        notes.append(Note(f"left out: {reason}.", NoteCode.LEFT_OUT))
    return reason is None


def _carried(mode: str, names: Sequence[str], notes: list[str]) -> Iterable[tuple[str, ...]]:
    """Return the transports of each trial: one by one, or (paired) the base with each other one, else the two."""
    if mode != "paired":
        return [(name,) for name in names]
    base = next((name for name in names if find_transport(name).role == "base"), None)
    if base and len(names) > 1:
        return [(base, name) for name in names if name != base]
    if len(names) == 2:
        return [(names[0], names[1])]
    what = "left out: paired trials, which need two transports with the same wake-up policy."
    notes.append(Note(what, NoteCode.LEFT_OUT))
    return []


def _unequal_sizes(cells: Iterable[Trial], caches: Caches) -> list[str]:
    notes = []
    for cell in sorted({cell.asked_bytes: cell for cell in cells}.values(), key=lambda cell: cell.asked_bytes):
        size = cell.asked_bytes
        names = {name for cell in cells for name in cell.transports if find_transport(name).submit != NOTHING.submit}
        sizes = {name: buffer_bytes(name, cell.asked_bytes, caches) for name in sorted(names)}
        given = {name: nbytes for name, nbytes in sizes.items() if nbytes}  # none is the machine's own choice
        if len(set(given.values())) > 1:
            told = ", ".join(f"{name} {nbytes} bytes" for name, nbytes in given.items())
            notes.append(f"sizes not equal on {sum(map(len, caches))} CPUs where {size} bytes were asked for: {told}.")
    return notes
