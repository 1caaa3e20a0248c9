"""From a profile and what the user chose to a plan: which combinations can be had, and what is left out. No I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from ringbench.drivers.transports import NOTHING, Transport, buffer_bytes, find_transport
from ringbench.drivers.waits import WaitKind
from ringbench.errors import OptionError
from ringbench.run.planner.combination import Caches, Missing, PlanContext, combinations
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.refusal import refusal, transport_refusal
from ringbench.spec.codes import Note, NoteCode
from ringbench.spec.growth import FEWEST, Growth, SizeSearch, UntilPrecise
from ringbench.spec.plan import Plan
from ringbench.spec.profile import Group, Profile, smallest
from ringbench.spec.stages import WITHOUT_TRANSPORT
from ringbench.spec.trial import Trial, block

_LARGEST_BYTES = 64 << 20
"""Where the search for a size without loss ends."""


def _nothing(thing: Transport | WaitKind) -> None:
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
    context = PlanContext(choice, caches, missing, choice.drain_interval_s or profile.drain_interval_s)
    groups = profile.groups_for(choice.command)
    for group in groups:
        if choice.mode and group.mode != choice.mode and any(g.mode == choice.mode for g in groups):
            continue
        wanted = dataclasses.replace(group, mode=choice.mode or group.mode)
        cells.update(dict.fromkeys(_cells(wanted, context, notes)))
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
        warmup_s=profile.warmup_s,
        drain_interval_s=context.drain_interval_s,
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


def _cells(group: Group, context: PlanContext, notes: list[str]) -> Iterator[Trial]:
    """Yield a trial without number and block for each combination that can be had; *notes* says what was left out."""
    for combination in combinations(group, context):
        if reason := refusal(combination, context):
            notes.append(_left_out(reason))
            continue
        cell, able = combination.cell, []
        wanted = group.transports if cell.stage in WITHOUT_TRANSPORT else context.choice.transports or group.transports
        for name in wanted:
            if reason := transport_refusal(find_transport(name), combination, context):
                notes.append(_left_out(reason))
            else:
                able.append(name)
        for transports in _carried(group.mode, able, notes):
            yield dataclasses.replace(cell, transports=transports)


def _left_out(reason: str) -> Note:
    return Note(f"left out: {reason}.", NoteCode.LEFT_OUT)


def _carried(mode: str, names: Sequence[str], notes: list[str]) -> Iterable[tuple[str, ...]]:
    """Return the transports of each trial: one by one, or (paired) the base with each other one, else the two."""
    if mode != "paired":
        return [(name,) for name in names]
    base = next((name for name in names if find_transport(name).role == "base"), None)
    if base and len(names) > 1:
        return [(base, name) for name in names if name != base]
    if len(names) == 2:
        return [(names[0], names[1])]
    notes.append(_left_out("paired trials, which need two transports with the same wake-up policy"))
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
