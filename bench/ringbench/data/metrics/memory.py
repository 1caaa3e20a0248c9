"""What a transport's buffer costs in memory. There are several true answers, so each has a name.

- physical: the pages the kernel really holds for it.
- memlock: what the map's fdinfo (ringbuf) or the locked-memory account (perf) says.
- rss: what it adds to the reader's resident set; a ringbuf's data is mapped twice and so counts twice, and perf's
  mappings may not count at all on newer kernels.
- cgroup: what the reader's memory cgroup is charged; ringbuf pages are, perf pages aren't.

How each is measured belongs to the transports; here the figures only become columns.
"""

from __future__ import annotations

from ringbench.data.metrics.gate_rule import GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Section

_EACH_ITS_OWN = "each way of counting sees different pages"
_COLUMNS = {
    "physical": Column(
        "memory_physical_bytes",
        "bytes",
        "lower",
        "Physical memory",
        integer=True,
        judged=GateRule("exact", place=11),
        lead=("the kernel holds", ""),
        exact=True,
        on_card=True,
    ),
    "memlock": Column(
        "memory_memlock_bytes",
        "bytes",
        "lower",
        "Locked memory as accounted",
        integer=True,
        judged=GateRule("exact", place=12),
        brief=True,
        unranked=_EACH_ITS_OWN,
    ),
    "rss": Column(
        "memory_rss_bytes",
        "bytes",
        "lower",
        "Resident memory of the reader",
        integer=True,
        not_judged="it counts pages that others share",
        brief=True,
        unranked=_EACH_ITS_OWN,
    ),
    "cgroup": Column(
        "memory_cgroup_bytes",
        "bytes",
        "lower",
        "Memory charged to the cgroup",
        integer=True,
        not_judged="the kernel charges in batches",
        brief=True,
        unranked=_EACH_ITS_OWN,
    ),
}
"""By way of counting."""


def _compute(recording: Recording) -> dict[str, Number | None]:
    return {column.name: recording.memory.get(way) for way, column in _COLUMNS.items()}


METRIC = Metric(
    name="memory",
    question="How much memory does the buffer take?",
    columns=tuple(_COLUMNS.values()),
    compute=_compute,
    section=Section(
        place=1,
        better="is smaller",
        reading="Physical memory is computed from the kernel's layout: every page held, the kernel's own included. The "
        "other ways of counting see different pages and are not ranked: RSS counts a ringbuf's data twice, since it is "
        "mapped twice, and perf's pages may be missing from RSS and from the memory cgroup; perf has no memlock "
        "figure.",
        of_load=False,
        card="Memory",
    ),
)
