"""A ringbuf for each group of CPUs that share a last-level cache: against contention, for fewer rings than CPUs.

Contention on the ring's lock then costs a line that moves within one cache, and the events of a group keep their order
among each other. On a machine of one such cache it is one shared ring, behind a look-up in an array of maps.
"""

from __future__ import annotations

import dataclasses

from ringbench.drivers.transports.ringbuf_per_cpu import RINGBUF_PER_CPU

RINGBUF_PER_CACHE = dataclasses.replace(
    RINGBUF_PER_CPU,
    name="ringbuf-per-cache",
    shape="ring-per-cache",
    map_name="ringbuf_per_cache_events",
    submit="submit_ringbuf_per_cache",
    source="ringbuf_per_cache.h",
    description="a ringbuf for the CPUs that share a last-level cache, in an array of maps: fewer rings than CPUs",
    reserve="reserve_ringbuf_per_cache",
    commit="commit_ringbuf_per_cache",
    limits="share memory or order between groups of CPUs",
)
