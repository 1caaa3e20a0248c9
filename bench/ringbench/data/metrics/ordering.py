"""In what order events arrive, against the order in which things happened.

Two kinds of disorder are counted apart. A causal violation is a contradiction: an effect shown before its cause.
A timestamp inversion alone is not: the stamp and the reservation are two steps, and two CPUs may take them in
different orders. Neither needs to know what was dropped: only pairs with both sides delivered are looked at.

Every function is pure: arrays in delivery order (one entry for each delivered event) in, one number out. A life is
known by its birth (:data:`ringbench.spec.event.EVENT`), never by its pid: pids are reused, and a thread that execs
takes over its leader's. Birth 0 is no life: it stands for all that began before the session.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ringbench.data.metrics.gate_rule import COUNT, ONE_EVENT, GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Panel, Section
from ringbench.spec.event import EXEC, EXIT, FORK, SWITCH, WRITE

U4 = npt.NDArray[np.uint32]
U8 = npt.NDArray[np.uint64]


def causal_violations(birth: U8, kind: U4) -> int:
    """Count the events delivered before one that must have happened earlier in the same life.

    *birth* u8 and *kind* u4, shape n. A fork comes before every exec, and both before the exit. An exec counts when
    its fork was delivered after it, an exit when its fork or any of its execs was: once, however many came too late.
    """
    known = birth != 0
    births, kind = birth[known], kind[known]
    names, life = np.unique(births, return_inverse=True)
    place = np.arange(len(births))

    def last(of_kind: int) -> npt.NDArray[np.int64]:
        """Return for each event where its life's last *of_kind* was delivered; -1, before everything, for never."""
        places = np.full(len(names), -1)
        chosen = kind == of_kind
        places[life[chosen]] = place[chosen]  # of repeated indices numpy keeps the last, and places ascend
        return places[life]

    forked = last(FORK)
    early_exec = (kind == EXEC) & (place < forked)
    early_exit = (kind == EXIT) & (place < np.maximum(forked, last(EXEC)))
    return int(np.count_nonzero(early_exec | early_exit))


def timestamp_inversions(ts_ns: U8) -> int:
    """Count the events whose stamp is lower than that of the one delivered just before. *ts_ns*: u8, shape n."""
    return int(np.count_nonzero(ts_ns[1:] < ts_ns[:-1]))


def late_events(ts_ns: U8) -> int:
    """Count the events whose stamp is lower than the highest delivered before. *ts_ns*: u8, shape n."""
    return int(np.count_nonzero(ts_ns < np.maximum.accumulate(ts_ns)))


def max_lateness_ns(ts_ns: U8) -> int:
    """Return the furthest a stamp lies behind the highest delivered before it, in ns; 0 when none does.

    *ts_ns*: u8, shape n. The running maximum includes the event itself, so the unsigned difference never wraps.
    """
    return int(np.max(np.maximum.accumulate(ts_ns) - ts_ns, initial=0))


def max_displacement(ts_ns: U8) -> int:
    """Return the largest distance, in events, between a place in delivery order and the place in stamp order.

    *ts_ns*: u8, shape n. The sort is stable: events with equal stamps keep their delivery order and displace nothing.
    """
    delivered_at = np.argsort(ts_ns, kind="stable")
    return int(np.max(np.abs(delivered_at - np.arange(len(ts_ns))), initial=0))


def lives(birth: U8) -> int:
    """Count the lives with two delivered events or more: those whose order can be judged. *birth*: u8, shape n."""
    _, events = np.unique(birth[birth != 0], return_counts=True)
    return int(np.count_nonzero(events > 1))


def cross_cpu_lives(birth: U8, cpu: U4) -> int:
    """Count the lives with delivered events from more than one CPU, where a ring for each CPU can mislead.

    *birth* u8 and *cpu* u4, shape n.
    """
    known = birth != 0
    births, cpus = birth[known], cpu[known]
    _, first, life = np.unique(births, return_index=True, return_inverse=True)
    moved = cpus != cpus[first][life]
    return len(np.unique(life[moved]))


def _compute(recording: Recording) -> dict[str, Number | None]:
    events = recording.events
    if events is None:
        return dict.fromkeys(column.name for column in METRIC.columns)
    ts_ns, kind = events["ts_ns"], events["kind"]
    # Switches belong to no life. Of them alone there is nothing to contradict, and that is no 0.
    apart = (kind == SWITCH) | (kind == WRITE)
    birth, lifeless = np.where(apart, np.uint64(0), events["birth"]), bool(len(events)) and bool(apart.all())
    return {
        "causal_violations": None if lifeless else causal_violations(birth, kind),
        "timestamp_inversions": timestamp_inversions(ts_ns),
        "late_events": late_events(ts_ns),
        "max_lateness_ns": max_lateness_ns(ts_ns),
        "max_displacement": max_displacement(ts_ns),
        "lives": None if lifeless else lives(birth),
        "cross_cpu_lives": None if lifeless else cross_cpu_lives(birth, events["cpu"]),
    }


_NO_PROMISE = "the transport does not promise their order"


def _panel(title: str) -> Panel:
    return Panel(title=title, per_thousand=True, linear=True, axis="per 1,000 delivered events")


METRIC = Metric(
    name="ordering",
    question="Do events arrive in the order in which they happened?",
    columns=(
        Column(
            "causal_violations",
            "events",
            "lower",
            "Causal violations",
            integer=True,
            judged=GateRule("zero", place=10, modes=("paired", "isolated"), one_is_enough=True),
            lead=("A trial showed", "causal violations"),
            panel=_panel("Causal violations"),
            on_card=True,
        ),
        # Few inversions are no better order: a reader that drains one CPU after the other makes a single one at each
        # drain, and half of all events are late.
        Column(
            "timestamp_inversions",
            "events",
            "lower",
            "Timestamp inversions",
            integer=True,
            not_judged=_NO_PROMISE,
            lead=("A trial showed", "timestamp inversions"),
            wins="had fewer",
            panel=_panel("Timestamp inversions"),
        ),
        Column(
            "late_events",
            "events",
            "lower",
            "Late events",
            integer=True,
            not_judged=_NO_PROMISE,
            lead=("A trial showed", "late events"),
            panel=_panel("Late events"),
            on_card=True,
        ),
        Column("max_lateness_ns", "ns", "lower", "Greatest lateness", integer=True, not_judged=ONE_EVENT),
        Column("max_displacement", "events", "lower", "Greatest displacement", integer=True, not_judged=ONE_EVENT),
        # Not results but what they rest on: zero violations among few lives says little.
        Column("lives", "lives", "higher", "Lives seen more than once", integer=True, not_judged=COUNT),
        Column("cross_cpu_lives", "lives", "higher", "Lives seen on several CPUs", integer=True, not_judged=COUNT),
    ),
    compute=_compute,
    section=Section(
        name="order",
        place=8,
        columns=("causal_violations", "timestamp_inversions", "late_events", "max_lateness_ns", "max_displacement"),
        mode="paired",
        better="kept better order",
        reading="A causal violation shows an effect before its cause in the same life; a timestamp inversion alone is "
        "no contradiction. Pairs of which one side was dropped don't count. Part of perf's disorder is the reader's: "
        "it takes one CPU's buffer after the other.",
        of_lives=True,
        across_cpus=True,
        figure="ordering",
        caption="Further left is better ordered; each panel has a scale of its own. A causal violation shows an effect "
        "before its cause. A timestamp inversion or a late event alone contradicts nothing: stamping and submitting "
        "are two steps. It does not show how much of the disorder is the reader's, who takes one CPU's perf buffer "
        "after the other.",
        card="Order",
    ),
)
