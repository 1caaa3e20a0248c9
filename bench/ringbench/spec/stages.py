"""The stages of tracing, each with all of the ones before it: what one adds is what it costs."""

from __future__ import annotations

from ringbench.errors import unknown_name

STAGES = {
    "bare": "the workload by itself, nothing attached",
    "probe": "probes attached that make a record and count it, and send it nowhere",
    "unread": "records submitted into a buffer that is emptied while the workload waits",
    "read": "a reader at work beside the workload",
}
WITHOUT_TRANSPORT = ("bare", "probe")
"""Stages in which nothing is sent."""


def stage(name: str) -> str:
    """Return *name* if it is a stage; OptionError lists the valid names."""
    if name not in STAGES:
        raise unknown_name("stage", name, STAGES)
    return name
