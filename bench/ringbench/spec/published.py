"""What was published about designs of transports, in our words and with its source; ringbench.analysis judges it."""

from __future__ import annotations

from dataclasses import dataclass

KERNEL, DOCS = "kernel commit 457f44363a88", "Documentation/bpf/ringbuf.rst"


@dataclass(frozen=True)
class Published:
    """A statement about a design."""

    statement: str
    judged_by: str = ""
    """The figures that it is put to the test by: a name in ringbench.analysis.designs, or for transports of user space
    in ringbench.analysis.user_producers; '' where no session can tell."""


PER_CPU = Published(f"A buffer for each CPU meets neither want ({KERNEL}).", "meets neither want")
"""The commit's words: "per-CPU buffers (perf, ftrace, etc), which don't satisfy two motivations outlined above"."""
SEVERAL = Published(
    f"Several rings, in a map of maps, are for applications whose CPUs contend for one ({DOCS}).", "less contention"
)
WANTS = Published(f"One ring for all CPUs uses memory better and keeps events in order ({KERNEL}).", "meets both wants")
