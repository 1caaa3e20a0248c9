"""How often the reader was woken, and what was left lying when the load ended.

A policy that wakes less often costs less, and leaves more behind: after the last record nobody wakes the reader for
those that did not fill a batch. The trial goes on for a stated time after the load (ringbench.run.trials.read_loop,
GRACE_S) with the reader's own policy and nothing else; what only the final drain brings then would have been stranded.
"""

from __future__ import annotations

from ringbench.data.metrics.gate_rule import ONE_EVENT, SCHEDULER
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Section
from ringbench.data.metrics.throughput import rate


def _compute(recording: Recording) -> dict[str, Number | None]:
    wakeups, switches = recording.wakeups, recording.context_switches
    return {
        "wakeups_per_s": None if wakeups is None else rate(wakeups, recording.wall_s),
        "context_switches_per_s": None if switches is None else rate(switches, recording.wall_s),
        "tail_ns": recording.tail_ns,
        "stranded_age_ns": recording.stranded_age_ns,
    }


METRIC = Metric(
    name="wakeups",
    question="How often is the reader woken, and what is left lying?",
    columns=(
        Column(
            "wakeups_per_s",
            "1/s",
            "lower",
            "Waits that ended with events, per second",
            integer=False,
            not_judged=SCHEDULER,
            lead=("Waits that ended with events:", ""),
        ),
        Column(
            "context_switches_per_s",
            "1/s",
            "lower",
            "Context switches of the reader per second",
            integer=False,
            not_judged=SCHEDULER,
        ),
        Column(
            "tail_ns",
            "ns",
            "lower",
            "Time to the last event after the load",
            integer=True,
            not_judged=ONE_EVENT,
            wins="was done sooner",
        ),
        Column(
            "stranded_age_ns",
            "ns",
            "lower",
            "Age of the oldest stranded event",
            integer=True,
            not_judged=ONE_EVENT,
            wins="left it lying for less long",
            only_some=True,
        ),
    ),
    compute=_compute,
    section=Section(
        place=7,
        columns=("wakeups_per_s", "context_switches_per_s", "residual", "tail_ns", "stranded_age_ns"),
        better="had fewer",
        reading="Counted are the waits that ended with events in hand, whoever ended them: a reader on a timer is "
        "woken by nobody. Fewer are cheaper, and no merit where fewer events arrived. After the load the reader goes "
        "on by its own policy, for 50 ms at least; what only the final drain brings then would have been stranded. The "
        "age of the oldest of it is not measured where nothing was stranded, or where records are counted and not "
        "kept.",
        timed=True,
        sides=2,
        of_waits=True,
    ),
)
