"""The ringbuf: one ring for all CPUs, a power of two of pages, through `output` or through `reserve` and `submit`."""

from __future__ import annotations

from bench.transports.transport import PAGE, Transport

_POINTER = 8
_HEADER_PAGES = 3
"""struct bpf_ringbuf itself, the consumer's position, the producers' position (kernel/bpf/ringbuf.c)."""


def _possible(asked: int, cpus: int) -> int:
    pages = -(-asked // PAGE)
    return (1 << max(0, pages - 1).bit_length()) * PAGE


def _physical(data: int, cpus: int) -> int:
    # kernel/bpf/ringbuf.c, bpf_ringbuf_area_alloc(): the data is mapped twice in a row, so the array of page pointers
    # holds each data page twice; the pages themselves exist once.
    pointers = _HEADER_PAGES + 2 * (data // PAGE)
    return data + _HEADER_PAGES * PAGE + pointers * _POINTER


def _stride(record: int) -> int:
    # kernel/bpf/ringbuf.c, __bpf_ringbuf_reserve(): an 8-byte header and the record, rounded up to 8.
    return (8 + record + 7) & ~7


def _ringbuf(name: str, slug: str, sentence: str, *, in_place: bool) -> Transport:
    return Transport(
        name=name,
        shape="shared-ring",
        map_name=f"{slug}_events",
        submit=f"submit_{slug}",
        source=f"{slug}.h",
        wakeups=("every", "adaptive", "batch", "bytes", "none"),
        sentence=sentence,
        possible_bytes=_possible,
        physical_bytes=_physical,
        stride=_stride,
        claim=f"claim_{slug}" if in_place else None,
        publish=f"publish_{slug}" if in_place else None,
    )


RINGBUF_OUTPUT = _ringbuf(
    "ringbuf-output",
    "ringbuf_output",
    "BPF_RINGBUF_OUTPUT: one shared ring, ringbuf_output() copies the record in",
    in_place=False,
)
RINGBUF_RESERVE = _ringbuf(
    "ringbuf-reserve",
    "ringbuf_reserve",
    "BPF_RINGBUF_OUTPUT: one shared ring, ringbuf_reserve() and ringbuf_submit()",
    in_place=True,
)
