"""Whether two sessions may be compared: only what was measured under the same conditions, unless it is asked for.

A difference in kernel, machine or plan is no defect of the sessions, and may be just what is to be compared. But it
must be meant: a verdict on a change of code that is a verdict on another machine would be worse than none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ringbench.analysis.view import SessionView, shown
from ringbench.errors import OptionError
from ringbench.machine.identity import differences as environment_differences
from ringbench.text import one_line

_PLAN = ("duration_s", "warmup_s", "drain_interval_s", "events_to")


def differences(base: Mapping[str, Any], head: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return in what two session.json differ, in words, by the names of :data:`ringbench.spec.across.ACROSS`."""
    found: dict[str, list[str]] = {}
    environments = (base.get("environment") or {}, head.get("environment") or {})
    for group, fields in environment_differences(*environments).items():
        found[group] = [_words(field, before, after) for field, before, after in fields]
    if base.get("profile") != head.get("profile"):
        found.setdefault("profile", []).append(_words("profile", base.get("profile"), head.get("profile")))
    plans = (base.get("plan") or {}, head.get("plan") or {})
    for name in _PLAN:
        if plans[0].get(name, "memory") != plans[1].get(name, "memory"):
            found.setdefault("profile", []).append(_words(name, plans[0].get(name), plans[1].get(name)))
    if base.get("seed") != head.get("seed"):
        found["seed"] = [_words("seed", base.get("seed"), head.get("seed"))]
    return {group: words for group, words in found.items() if words}


def check(base: SessionView, head: SessionView, across: Collection[str]) -> list[str]:
    """Return what the two differ in, one a line, all of it among *across*. OptionError where there is more."""
    found = differences(base.manifest, head.manifest)
    refused = [group for group in found if group not in across]
    if refused:
        told = "; ".join(words for group in refused for words in found[group][:2])
        asked = " ".join(f"--across {group}" for group in refused)
        raise OptionError(f"the two sessions cannot be compared as they are: {told}.\nIf that is meant: {asked}.")
    return [f"compared across {group}: {words}" for group, said in found.items() for words in said]


def doubts(base: SessionView, head: SessionView, *, interleaved: bool) -> list[str]:
    """Return what puts a comparison of the two in doubt, whatever its figures say."""
    found = []
    for name, view in (("base", base), ("head", head)):
        if view.status != "complete":
            found.append(f"the {name} is {view.status}")
        if view.rows and not view.valid:
            found.append(f"no trial of the {name} is valid")
        if not view.rows:
            found.append(f"the {name} has no trials")
        if view.emulated:
            found.append(f"the {name} was measured on an emulated processor, whose times mean nothing")
        if view.inconclusive and not interleaved:
            found.append(f"too many trials of the {name} were disturbed")
    return found


def are_sides(base: SessionView, head: SessionView) -> bool:
    """Tell whether the two are sides of one comparison, measured in turn (ringbench.run.interleave.rounds)."""
    sides = [view.manifest.get("sides") for view in (base, head)]
    ids = [side.get("id") if isinstance(side, Mapping) else None for side in sides]
    return bool(ids[0]) and ids[0] == ids[1]


def are_one(base: SessionView, head: SessionView) -> bool:
    """Tell whether the two are one session, or a copy of it."""
    if base.manifest.get("started") != head.manifest.get("started") or base.rows != head.rows:
        return False
    return base.manifest.get("plan") == head.manifest.get("plan")


def _words(field: str, before: Any, after: Any) -> str:
    return f"{shown(field)} {one_line(shown(before), 60)} in the base, {one_line(shown(after), 60)} in the head"
