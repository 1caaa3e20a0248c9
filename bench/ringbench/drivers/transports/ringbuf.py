"""The ringbuf: one ring for all CPUs, a power of two of pages, through `output`, `reserve` or a dynptr."""

from __future__ import annotations

from ringbench.spec.transport import PAGE, Transport

BUSY = 1 << 31
"""In a record's header: reserved, and neither submitted nor discarded yet (kernel: BPF_RINGBUF_BUSY_BIT)."""
DISCARD = 1 << 30
"""In a record's header: to be stepped over (kernel: BPF_RINGBUF_DISCARD_BIT)."""
HEADER = 8
"""Bytes of a record's header: u32 length with the two flags on top, u32 page offset."""
_POINTER = 8
_HEADER_PAGES = 3
"""struct bpf_ringbuf itself, the consumer's position, the producers' position (kernel/bpf/ringbuf.c)."""


def possible(asked: int, cpus: int) -> int:
    """Return the smallest power of two of pages that has *asked* bytes."""
    pages = -(-asked // PAGE)
    return (1 << max(0, pages - 1).bit_length()) * PAGE


def physical(data: int, cpus: int) -> int:
    """Return the bytes that the kernel sets aside for a ringbuf of *data* bytes."""
    # kernel/bpf/ringbuf.c, bpf_ringbuf_area_alloc(): the data is mapped twice in a row, so the array of page pointers
    # holds each data page twice; the pages themselves exist once.
    pointers = _HEADER_PAGES + 2 * (data // PAGE)
    return data + _HEADER_PAGES * PAGE + pointers * _POINTER


def stride(record: int) -> int:
    """Return the bytes that a record takes in the ring."""
    # kernel/bpf/ringbuf.c, __bpf_ringbuf_reserve(): an 8-byte header and the record, rounded up to 8.
    return (HEADER + record + 7) & ~7


def _sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    return (f"-DRINGBUF_PAGES={data // PAGE}",)


def _ringbuf(name: str, slug: str, sentence: str, *, in_place: bool, needs: str | None = None) -> Transport:
    return Transport(
        name=name,
        shape="shared-ring",
        layout="ringbuf",
        map_name=f"{slug}_events",
        submit=f"submit_{slug}",
        source=f"{slug}.h",
        wakeups=("every", "adaptive", "batch", "bytes", "none"),
        sentence=sentence,
        round_size=possible,
        physical_bytes=physical,
        stride=stride,
        sized=_sized,
        claim=f"claim_{slug}" if in_place else None,
        publish=f"publish_{slug}" if in_place else None,
        needs=needs,
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
RINGBUF_DYNPTR = _ringbuf(
    "ringbuf-dynptr",
    "ringbuf_dynptr",
    "one shared ring, bpf_ringbuf_reserve_dynptr() for a length that need not be a constant, bpf_dynptr_write()",
    in_place=False,
    needs="dynptr reservation",
)
