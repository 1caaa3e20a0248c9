"""The claims: published statements, each with what is measured of it and the predicate that judges it.

A claim is one file with a ``CLAIM``; registering it is one line here. Nothing is decided by hand: the verdict follows
from measured intervals (:mod:`ringbench.analysis.claims.claim`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ringbench.analysis.claims import (
    adaptive_polling,
    less_memory,
    less_work_slower,
    more_producers,
    one_in_500,
    perf_drops_77,
    perf_lost_complete,
    perf_reorders,
    reserve_beats_output,
    ringbuf_order,
    ringbuf_stamps,
    same_cpu_loss,
    ten_times,
    timed_drain,
    zero_copy,
)
from ringbench.analysis.claims.claim import Claim, Judged, judge
from ringbench.analysis.claims.evidence import Evidence
from ringbench.analysis.view import SessionView
from ringbench.errors import OptionError, unknown_name
from ringbench.spec.profile import Group, Profile

CLAIMS: dict[str, Claim] = {
    module.CLAIM.id: module.CLAIM
    for module in (
        ten_times,
        one_in_500,
        reserve_beats_output,
        same_cpu_loss,
        adaptive_polling,
        more_producers,
        ringbuf_order,
        perf_reorders,
        ringbuf_stamps,
        less_memory,
        perf_lost_complete,
        timed_drain,
        perf_drops_77,
        less_work_slower,
        zero_copy,
    )
}
"""Every claim by its id, in the order of their numbers."""


def claims(ids: Sequence[str] = ()) -> list[Claim]:
    """Return the claims called *ids*, an id or a number each; without any, all. OptionError for an unknown one."""
    numbers = {str(claim.number): claim for claim in CLAIMS.values()}
    for name in ids:
        if name not in CLAIMS and name not in numbers:
            raise unknown_name("claim", name, CLAIMS)
    chosen = [CLAIMS.get(name) or numbers[name] for name in ids]
    return list(dict.fromkeys(chosen)) if ids else list(CLAIMS.values())


def profile(chosen: Sequence[Claim]) -> Profile:
    """Return the profile that measures what *chosen* rest on; what several share is measured once."""
    if not chosen:
        raise OptionError("no claim was chosen.")
    groups: dict[Group, None] = {group: None for claim in chosen for group in claim.groups}
    sentence = f"what claims {', '.join(str(claim.number) for claim in chosen)} rest on"
    return Profile("claims", sentence, tuple(groups), repeats=10, duration_s=0.4, warmup_s=0.03)


def judged(view: SessionView, chosen: Sequence[Claim]) -> list[Judged]:
    """Judge *chosen* by what *view* holds."""
    evidence = Evidence(view)
    return [judge(claim, evidence) for claim in chosen]
