"""Stored sessions of made-up rows, to be compared by the command as any others are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ringbench.data.store import session_json, trials_parquet
from ringbench.data.store.schema import SCHEMA_VERSION

ENVIRONMENT: dict[str, Any] = {
    "kernel": "6.18.0", "kernel_build": "#1 SMP", "architecture": "x86_64", "machine": "Some machine",
    "hypervisor": None, "emulated": False, "cpu_model": "Some CPU", "cpus_online": 2, "memory_bytes": 24 << 30,
    "governor": "performance", "clock_source": "tsc", "bpf_jit": True, "bcc": "0.26.0", "python": "3.11.2",
    "stress_ng": "0.15.0",
}  # fmt: skip


def stored(
    folder: Path, rows: Sequence[Mapping[str, Any]], *, environment: Mapping[str, Any] | None = None, **more: Any
) -> Path:
    """Write a session of *rows* into *folder* and return it; *more* goes into session.json."""
    folder.mkdir(parents=True)
    trials = [
        {
            "trial": str(row["trial"]).replace(":", "-").replace("@", "-").replace("%", ""),
            "block": row["block"], "scenario": row["scenario"], "mode": row["mode"], "transports": [row["transport"]],
            "reader": row["reader"], "wakeup": row["wakeup"], "workload": row["workload"],
            "asked_bytes": row["asked_bytes"], "cpus": row["cpus"],
        }
        for row in rows
    ]  # fmt: skip
    plan = {
        "warmup_s": 0.05, "duration_s": 0.2, "drain_interval_s": 0.01, "repeats": 20, "command": None, "growth": None,
        "flat_out": [], "trials": trials, **more.pop("plan", {}),
    }  # fmt: skip
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "versions": {"ringbench": "0.1.0", "bcc": "0.26.0", "kernel": "6.18.0", "python": "3.11.2"},
        "seed": 1, "profile": "ci", "plan": plan, "environment": {**ENVIRONMENT, **(environment or {})},
        "started": "2026-11-01T00:00:00+00:00", "ended": "2026-11-01T00:05:00+00:00", "status": "complete",
        "command_line": ["ringbench", "run"], **more, **session_json.with_notes(more.get("notes", ())),
    }  # fmt: skip
    session_json.write(folder, manifest)
    named = [{**row, "trial": trial["trial"]} for row, trial in zip(rows, trials, strict=True)]
    trials_parquet.write(folder, trials_parquet.table_of(named))
    return folder


def benchmarks(path: Path, rounds: Mapping[str, Sequence[float]], **extra: Any) -> Path:
    """Write a file as pytest-benchmark does: *rounds*, in seconds, by the benchmark's name."""
    document = {
        "machine_info": {"release": "6.18.0", "python_version": "3.11.2", "cpu": {"brand_raw": "Some CPU"}},
        "commit_info": {"id": "abc123"},
        "benchmarks": [
            {"fullname": name, "stats": {"data": list(data), "rounds": len(data)}, "extra_info": extra}
            for name, data in rounds.items()
        ],
        "datetime": "2026-11-01T00:00:00",
    }
    path.write_text(json.dumps(document))
    return path
