"""A small session, real in every part but the measuring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ringbench.data.store.folder import SessionWriter
from ringbench.spec.event import DELIVERED, Events

MakeRow = Callable[..., dict[str, object]]


@pytest.fixture
def manifest() -> dict[str, Any]:
    """What a session hands to SessionWriter.create."""
    trial = {
        "trial": "000-fork-exec",
        "block": 0,
        "scenario": "fork-exec/1MiB",
        "mode": "paired",
        "transports": ["perf", "ringbuf-output"],
        "reader": "bulk",
        "wakeup": "adaptive",
        "workload": "fork-exec",
        "asked_bytes": 1 << 20,
        "cpus": "0-1",
    }
    plan = {"warmup_s": 0.5, "duration_s": 2, "drain_interval_s": 0.1, "repeats": 1, "command": None, "trials": [trial]}
    return {
        "versions": {"ringbench": "0.1.0", "bcc": "0.26.0", "kernel": "6.1.0", "python": "3.11.2"},
        "seed": 7,
        "profile": "quick",
        "plan": plan,
        "environment": {"cpus": 2},
        "started": "2026-01-02T03:04:05+00:00",
        "command_line": ["ringbench", "run"],
    }


@pytest.fixture
def row() -> MakeRow:
    """Make one row of trials.parquet: the identity, and what is given."""

    def make(trial: str, transport: str = "perf", **measured: object) -> dict[str, object]:
        identity: dict[str, object] = {"trial": trial, "transport": transport, "scenario": "s", "mode": "paired"}
        identity |= {"reader": "bulk", "wakeup": "none", "workload": "fork-exec", "cpus": "0-1", "valid": True}
        return {**identity, **measured}

    return make


@pytest.fixture
def events() -> Events:
    """Three events of one life that began in the session, one of a life that did not, and an evil name."""
    made = np.zeros(4, DELIVERED)
    made["ts_ns"] = [100, 200, 300, 250]
    made["received_ns"] = [1000, 1000, 1001, 1002]
    made["seq"] = [0, 1, 2, 0]
    made["cpu"] = [0, 0, 0, 1]
    made["kind"] = [0, 1, 2, 2]
    made["pid"] = [4242, 4242, 4242, 17]
    made["parent_pid"] = [1, 1, 1, 0]
    made["birth"] = [(1 << 48) | 1] * 3 + [0]
    made["comm"] = [b"bash", b"=\x1b[31m\xff", b"a\x00b", b""]
    return made


@pytest.fixture
def session(tmp_path: Path, manifest: dict[str, Any], row: MakeRow, events: Events) -> Path:
    """The folder of a complete session: a paired trial with events, and one without."""
    folder = tmp_path / "results" / "one"
    writer = SessionWriter.create(folder, manifest)
    pair = {"perf": events, "ringbuf-output": events[:2]}
    measured = {"attempted": 4, "delivered": 4, "failed": 0, "drop_rate": 0.0, "latency_p50_ns": 900}
    writer.add([row("t0", **measured), row("t0", "ringbuf-output", invalid_reason="=cmd|\x1b[2J")], pair)
    writer.add([row("t1", attempted=9)], {})
    writer.finish("complete")
    return folder
