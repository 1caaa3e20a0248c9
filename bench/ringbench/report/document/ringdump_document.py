"""Snapshots of rings as one JSON document: what ``ringbench ringdump --json`` prints."""

from __future__ import annotations

from typing import Any

from ringbench.tools.ringdump.dump import Record, RingDump, Step


def as_json(dump: RingDump) -> dict[str, Any]:
    """Return *dump* as plain values; positions, lengths and places in bytes."""
    return {
        "taken": dump.taken,
        "kernel": dump.kernel,
        "ringbench": dump.ringbench,
        "scenes": [_step(step) for step in dump.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    seen = step.decoded
    return {
        "name": step.name,
        "said": step.said,
        "data_bytes": seen.size,
        "consumer": seen.consumer,
        "producer": seen.producer,
        "pending": seen.pending,
        "free_bytes": seen.free,
        "longest_that_fits": seen.longest,
        "records_in_reach": len(seen.reachable),
        "bytes_in_reach": seen.reachable_bytes,
        "records_waiting": seen.waiting,
        "records": [_record(record) for record in seen.records],
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "position": record.position,
        "offset": record.offset,
        "header_word": record.word,
        "page_offset": record.page_offset,
        "length": record.length,
        "total_bytes": record.total,
        "busy": record.busy,
        "discarded": record.discarded,
        "wraps": record.wraps,
    }
