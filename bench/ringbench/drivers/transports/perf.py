"""The perf buffer: a ring per CPU, each a power of two of pages and one page for its positions."""

from __future__ import annotations

from ringbench.spec.transport import PAGE, Transport


def pages_per_cpu(asked: int, cpus: int) -> int:
    """Return the smallest power of two of pages a CPU that gives at least *asked* bytes over *cpus* CPUs."""
    pages = -(-asked // (PAGE * cpus))
    return 1 << max(0, pages - 1).bit_length()


def _possible(asked: int, cpus: int) -> int:
    return pages_per_cpu(asked, cpus) * PAGE * cpus


def _physical(data: int, cpus: int) -> int:
    # kernel/events/ring_buffer.c, rb_alloc(): nr_pages data pages and one user page for each ring.
    return data + PAGE * cpus


def _stride(record: int) -> int:
    # kernel/events/core.c, perf_prepare_sample(): header (8), length of the raw data (4), the data, padded to 8.
    return (8 + 4 + record + 7) & ~7


PERF = Transport(
    name="perf",
    shape="ring-per-cpu",
    layout="perf",
    map_name="perf_events",
    submit="submit_perf",
    source="perf.h",
    wakeups=("every", "batch", "bytes", "none"),
    sentence="BPF_PERF_OUTPUT: a ring per CPU, perf_submit() copies the record in",
    round_size=_possible,
    physical_bytes=_physical,
    stride=_stride,
)
