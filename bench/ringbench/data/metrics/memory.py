"""What a transport's buffer costs in memory. There are several true answers, so each has a name.

- physical: the pages the kernel really holds for it.
- memlock: what the map's fdinfo (ringbuf) or the locked-memory account (perf) says.
- rss: what it adds to the reader's resident set; a ringbuf's data is mapped twice and so counts twice, and perf's
  mappings may not count at all on newer kernels.
- cgroup: what the reader's memory cgroup is charged; ringbuf pages are, perf pages aren't.

How each is measured belongs to the transports; here the figures only become columns.
"""

from __future__ import annotations

from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording

_TITLES = {
    "physical": "Physical memory",
    "memlock": "Locked memory as accounted",
    "rss": "Resident memory of the reader",
    "cgroup": "Memory charged to the cgroup",
}


def _compute(recording: Recording) -> dict[str, Number | None]:
    return {f"memory_{way}_bytes": recording.memory.get(way) for way in _TITLES}


METRIC = Metric(
    name="memory",
    question="How much memory does the buffer take?",
    columns=tuple(
        Column(f"memory_{way}_bytes", "bytes", "lower", title, integer=True) for way, title in _TITLES.items()
    ),
    compute=_compute,
)
