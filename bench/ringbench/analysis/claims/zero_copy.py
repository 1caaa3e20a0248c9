"""Zero-copy reading pays more the larger the record."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, more_than
from ringbench.analysis.claims.evidence import Evidence, Select, select
from ringbench.data.stats import Interval
from ringbench.spec.profile import Group

_LENGTHS = (128, 512, 2048)


def _cell(reader: str, length: int) -> Select:
    return select("ringbuf-reserve", mode="capacity", reader=reader, record_bytes=length)


def _grows(small: int, large: int) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        return evidence.derived(
            lambda copy, view, large_copy, large_view: (large_copy / large_view) / (copy / view),
            *(
                ("drain_ns_per_event", _cell(reader, length))
                for length in (small, large)
                for reader in ("bulk", "bulk-view")
            ),
        )

    def gain(evidence: Evidence) -> Interval:
        return evidence.ratio("drain_ns_per_event", _cell("bulk-view", large), _cell("bulk", large))

    return Condition(
        f"records grow from {small:,} to {large:,} bytes",
        "gain of the view over the copy, of the larger record against the smaller:",
        measure,
        more_than(1.0),
        beside=(f"gain at {large:,} bytes", gain, "ratio"),
    )


CLAIM = Claim(
    15,
    "zero-copy",
    "Zero-copy reading pays more the larger the record.",
    "cilium/ebpf commit e94c116",
    "Go: 1.09 times at 128 bytes, 1.4 at 512, 6.5 at 2,048",
    (
        Group(
            "capacity",
            ("ringbuf-reserve",),
            ("bulk", "bulk-view"),
            ("none",),
            ("firehose:8",),
            (128,),
            producers=(1,),
            record_bytes=_LENGTHS,
        ),
    ),
    (_grows(128, 512), _grows(512, 2048)),
)
