"""Photographed rings as one JSON document: what ``ringbench anatomy --json`` prints."""

from __future__ import annotations

from typing import Any

from ringbench.tools.ringdump.dump import Record, RingDump, Scene


def as_json(album: RingDump) -> dict[str, Any]:
    """Return *album* as plain values; positions, lengths and places in bytes."""
    return {
        "taken": album.taken,
        "kernel": album.kernel,
        "ringbench": album.ringbench,
        "scenes": [_scene(scene) for scene in album.scenes],
    }


def _scene(scene: Scene) -> dict[str, Any]:
    seen = scene.anatomy
    return {
        "name": scene.name,
        "said": scene.said,
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
