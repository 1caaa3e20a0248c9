"""A synthetic session with planted facts: made up, plausible in size, and never shown outside of tests."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.view import SessionView, records
from ringbench.data.order import analyse
from ringbench.data.store.folder import StoredSession
from ringbench.data.store.trials_parquet import frame, table_of
from tests.data.order.planted import Recipe, drained_by_cpu
from tests.data.order.recorded import Recorded

KIB = 1024
MIB = 1024 * KIB
SIZES = (8 * KIB, 64 * KIB, 256 * KIB, MIB)
BLOCKS = range(5)

Row = dict[str, Any]


def row(**changed: Any) -> Row:
    """Return one valid row of trials.parquet; nothing is measured but what *changed* says."""
    values: Row = {
        "scenario": "synthetic",
        "mode": "isolated",
        "transport": "perf",
        "reader": "bulk",
        "wakeup": "none",
        "workload": "fork-exec",
        "cpus": "0-1",
        "buffer_bytes": MIB,
        "asked_bytes": MIB,
        "block": 0,
        "drain_interval_s": 0.001,
        "wait": None,
        "placement": None,
        "record_bytes": None,
        "stage": None,
        "valid": True,
        "wall_s": 1.0,
        **changed,
    }
    factors = ("mode", "reader", "wakeup", "wait", "workload", "record_bytes", "asked_bytes", "block")
    name = "-".join(str(values[key]) for key in factors)
    values.setdefault("trial", name if values["mode"] == "paired" else f"{name}-{values['transport']}")
    if values.get("attempted") is not None and values.get("failed") is not None:
        values.setdefault("delivered", values["attempted"] - values["failed"])
        values.setdefault("drop_rate", values["failed"] / values["attempted"] if values["attempted"] else None)
    return values


def cells(columns: dict[str, Row], blocks: Iterable[int] = BLOCKS, **setting: Any) -> list[Row]:
    """Return a row for each transport of *columns* and each block. A list gives each block its own value."""

    def at(place: int, measured: Row) -> Row:
        return {name: value[place] if isinstance(value, list) else value for name, value in measured.items()}

    return [
        row(transport=transport, block=block, **{**setting, **at(place, measured)})
        for place, block in enumerate(blocks)
        for transport, measured in columns.items()
    ]


class _Noise:
    """Figures with noise of a few per cent on everything timed, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def around(self, value: float, spread: float = 0.05) -> list[float]:
        return [float(factor) * value for factor in np.exp(self._random.normal(0, spread, len(BLOCKS)))]

    def counts(self, value: float, spread: float = 0.05) -> list[int]:
        return [round(noisy) for noisy in self.around(value, spread)]

    def losses(self, attempted: list[int], rate: float) -> list[int]:
        return [round(n * min(0.9, noisy)) for n, noisy in zip(attempted, self.around(rate, 0.3), strict=True)]

    def timed(self, transport: str, producer: float, consumer: float, latency: float) -> Row:
        attempted, ringbuf = self.counts(24_000), transport != "perf"
        return {
            "attempted": attempted,
            "failed": 0,
            "residual": self.counts(12, 0.4),
            "events_per_s": [float(n) for n in attempted],
            "bytes_per_s": [56.0 * n for n in attempted],
            "producer_ns_per_event": self.around(producer),
            "consumer_cpu_ns_per_event": self.around(consumer, 0.08),
            "latency_p50_ns": self.counts(latency),
            "latency_p90_ns": self.counts(latency * 1.8),
            "latency_p99_ns": self.counts(latency * 2.1),
            "latency_p999_ns": self.counts(latency * 2.3),
            "latency_max_ns": self.counts(latency * 9, 0.3),
            "memory_physical_bytes": MIB + (16 * KIB if ringbuf else 8 * KIB),
            "memory_memlock_bytes": 1_065_288 if ringbuf else None,
            "memory_rss_bytes": 2 * MIB + 12 * KIB if ringbuf else None,
            "memory_cgroup_bytes": MIB + 28 * KIB if ringbuf else 4 * KIB,
        }

    def carried(self, attempted: list[int], rate: float, disorder: tuple[float, float, float], harder: float) -> Row:
        return {
            "attempted": attempted,
            "failed": self.losses(attempted, rate * harder),
            "causal_violations": self.counts(disorder[0] * (harder == 1), 0.1),
            "timestamp_inversions": self.counts(disorder[1] / harder, 0.1),
            "late_events": self.counts(disorder[2] / harder, 0.1),
            "max_lateness_ns": self.counts(1_100_000, 0.2),
            "max_displacement": self.counts(260, 0.2),
            "lives": self.counts(6_900),
            "cross_cpu_lives": self.counts(4_100),
        }


def quick(seed: int = 7) -> list[Row]:
    """Return rows shaped like those of the quick profile, with noise of a few per cent on everything timed.

    They are a session of before readers were placed and records had lengths.
    """
    noise = _Noise(seed)
    counts, carried, timed = noise.counts, noise.carried, noise.timed
    rates = {"perf": (0.19, 0.052, 0.011, 0.0), "ringbuf-reserve": (0.12, 0.008, 0.0, 0.0)}
    disorder = {"perf": (420, 1600, 3900), "ringbuf-reserve": (0, 310, 320)}
    rows: list[Row] = []
    for place, asked in enumerate(SIZES):
        for workload, cpus, harder in (("fork-exec", "0-1", 1.0), ("burst", "0", 2.2)):
            attempted = counts(21_000)
            columns = {t: carried(attempted, rates[t][place], disorder[t], harder) for t in rates}
            setting = {"workload": workload, "cpus": cpus, "asked_bytes": asked, "buffer_bytes": asked}
            rows += cells(columns, mode="paired", **setting)
    rows += cells(
        {
            "perf": timed("perf", 540, 61, 520_000),
            "ringbuf-output": timed("ringbuf-output", 395, 24, 515_000),
            "ringbuf-reserve": timed("ringbuf-reserve", 380, 23, 518_000),
        }
    )
    woken = {
        "perf": timed("perf", 15_400, 9_100, 42_000),
        "ringbuf-reserve": timed("ringbuf-reserve", 1_900, 8_800, 39_000),
    }
    return rows + cells(woken, reader="callback", wakeup="every", drain_interval_s=None)


def capacity(seed: int = 8) -> list[Row]:
    """Return rows of capacity trials: three readers, three lengths of record."""
    random = np.random.default_rng(seed)
    per_event = {"bulk": (0.8, 0.03), "libbpf": (3.5, 0.004), "callback-bare": (190.0, 0.02)}
    producers = {"perf": 185.0, "ringbuf-output": 42.0, "ringbuf-reserve": 32.0}

    def timed(reader: str, transport: str, nbytes: int) -> Row:
        each, per_byte = per_event[reader]
        noise = [float(factor) for factor in np.exp(random.normal(0, 0.02, len(BLOCKS)))]
        drain = (each + per_byte * nbytes) * (1.5 if transport == "perf" else 1.0)
        fill = producers[transport] + 0.1 * nbytes
        return {
            "attempted": 1_000_000,
            "failed": 0,
            "residual": 0,
            "events_per_s": 5e6,
            "bytes_per_s": 5e6 * nbytes,
            "drain_ns_per_event": [drain * factor for factor in noise],
            "memcpy_ns_per_event": [(0.5 + 0.04 * nbytes) * factor for factor in noise],
            "drain_bytes_per_s": [1e9 * nbytes / (drain * factor) for factor in noise],
            "fill_ns_per_event": [fill * factor for factor in noise],
            "fill_stats_ns_per_event": [(fill + 2) * factor for factor in noise],
            "memory_physical_bytes": MIB + (8 * KIB if transport == "perf" else 16 * KIB),
            "seq_checked": None if reader == "callback-bare" else True,
        }

    rows: list[Row] = []
    for reader in per_event:
        for nbytes in (8, 64, KIB):
            columns = {transport: timed(reader, transport, nbytes) for transport in producers}
            setting = {"reader": reader, "record_bytes": nbytes, "placement": "free", "drain_interval_s": None}
            rows += cells(columns, mode="capacity", workload="firehose:8", **setting)
    return rows


def firehose(seed: int = 9) -> list[Row]:
    """Return rows of isolated firehose trials: two readers on a CPU of their own, three wake-ups."""
    random = np.random.default_rng(seed)
    rates = {"none": (9e6, 110.0), "batch:500": (8e6, 40.0), "adaptive": (3e6, 70.0)}
    woken = {"none": 15_000, "batch:500": 9_000, "adaptive": 40_000}

    def timed(wakeup: str, transport: str, slower: float) -> Row:
        noise = [float(factor) for factor in np.exp(random.normal(0, 0.03, len(BLOCKS)))]
        rate, consumer = rates[wakeup]
        ringbuf = transport != "perf"
        attempted = [round(rate * slower * factor * (1 if ringbuf else 0.5)) for factor in noise]
        return {
            "attempted": attempted,
            "failed": 0 if ringbuf else [n // 50 for n in attempted],
            "residual": [80, 90, 100, 110, 120] if wakeup == "batch:500" and not ringbuf else 0,
            "events_per_s": [float(n) for n in attempted],
            "bytes_per_s": [32.0 * n for n in attempted],
            "producer_ns_per_event": [(35 if ringbuf else 190) * factor for factor in noise],
            "consumer_cpu_ns_per_event": [consumer / slower * factor for factor in noise],
            "wakeups_per_s": [woken[wakeup] * factor * (2 if ringbuf else 1) for factor in noise],
            "context_switches_per_s": [120 * factor for factor in noise],
            "tail_ns": 0,
            "memory_physical_bytes": MIB + (16 * KIB if ringbuf else 8 * KIB),
            "seq_checked": True,
        }

    rows: list[Row] = []
    for reader, slower in (("bulk", 1.0), ("libbpf", 0.8)):
        for wakeup in rates:
            transports = ("perf", "ringbuf-output", "ringbuf-reserve")[wakeup == "adaptive" :]
            setting = {"reader": reader, "wakeup": wakeup, "wait": "spin:50us" if wakeup == "none" else "epoll"}
            columns = {transport: timed(wakeup, transport, slower) for transport in transports}
            rows += cells(
                columns, workload="firehose:32", cpus="0", placement="other", record_bytes=32, drain_interval_s=None,
                **setting,
            )  # fmt: skip
    return rows


BARE_NS, PROBE_NS, WOKEN_NS = 200.0, 150.0, 5000.0
SUBMIT_NS = {"perf": 280.0, "ringbuf-reserve": 50.0}
READER_NS = {"perf": 20.0, "ringbuf-reserve": -5.0}


def overhead(blocks: int = 8, *, drift: float = 0.0) -> list[Row]:
    """Return overhead trials whose stages cost what stands above; the machine drifts, the same for all of a block."""
    speed = np.exp(np.random.default_rng(3).normal(0, drift, blocks))

    def stage(transport: str, name: str, ns: float, wakeup: str = "none") -> list[Row]:
        wait = {"none": "sleep:200us", "every": "epoll:200us"}[wakeup]
        interval = 200e-6 if wakeup == "none" else None
        columns = {transport: {"operation_ns_per_event": [float(ns * s) for s in speed]}}
        where = {"mode": "overhead", "stage": name, "wakeup": wakeup, "wait": wait, "drain_interval_s": interval}
        rows = cells(columns, range(blocks), **where, workload="firehose:1", cpus="0", placement="other")
        return [{**row, "trial": f"{row['trial']}-{name}", "record_bytes": 32} for row in rows]

    rows = stage("nothing", "bare", BARE_NS) + stage("nothing", "probe", BARE_NS + PROBE_NS)
    for transport, ns in SUBMIT_NS.items():
        unread = BARE_NS + PROBE_NS + ns
        rows += stage(transport, "unread", unread)
        rows += stage(transport, "read", unread + READER_NS[transport])
        rows += stage(transport, "read", unread + READER_NS[transport] + WOKEN_NS, "every")
    return rows


def whole() -> list[Row]:
    """Return rows that answer every question."""
    return [*quick(), *capacity(), *firehose(), *overhead(len(BLOCKS))]


def manifest(**changed: Any) -> dict[str, Any]:
    """Return a session.json of this version."""
    plan = {"warmup_s": 0.2, "duration_s": 1.0, "drain_interval_s": 0.001, "repeats": 5, "command": None, "trials": []}
    return {
        "schema_version": 1,
        "versions": {"ringbench": "0.1.0", "bcc": "0.26.0", "kernel": "6.18.44", "python": "3.11.2"},
        "seed": 1,
        "profile": "quick",
        "plan": plan,
        "environment": {
            "cpu_model": "Synthetic(R) Test CPU @ 2.00GHz",
            "cpus_online": 2,
            "kernel": "6.18.44-synthetic",
            "distribution": "Debian GNU/Linux 12",
            "emulated": False,
            "mitigations": {"spectre_v2": "Mitigation: Retpolines"},
        },
        "started": "2026-11-01T10:00:00+00:00",
        "ended": "2026-11-01T10:01:30+00:00",
        "status": "complete",
        "notes": ["Synthetic data, for tests only."],
        "command_line": ["/opt/ringbench/.venv/bin/ringbench", "run"],
        **changed,
    }


@lru_cache(maxsize=8)
def orders(cpus: int = 2, lives: int = 100_000) -> tuple[Surveyed, ...]:
    """Return what is found in a paired trial's recordings with planted disorder: on *cpus* CPUs, over 0.3 s or so."""
    ring, _ = Recipe(lives, cpus=cpus).events()
    straight, _ = Recipe(lives, cpus=cpus, swaps=0, moved_forks=0).events()
    found = []
    each = {"perf": drained_by_cpu(straight), "ringbuf-reserve": ring}
    sources = {transport: Recorded(events) for transport, events in each.items()}
    for transport, events in each.items():
        counted = {"attempted": len(events), "failed": 0}
        (of_trial,) = records(frame(table_of([row(mode="paired", transport=transport, trial="0001", **counted)])))
        order = analyse(Recorded(events), transport, shared_ring=transport != "perf")
        found.append(Surveyed(of_trial, order, sources))
    return tuple(found)


def session(
    rows: list[Row] | None = None,
    path: Path = Path("synthetic"),
    recorded: Iterable[Surveyed] = (),
    **changed: Any,
) -> StoredSession:
    """Return a stored session of *rows*, by default those of a quick profile, with keys of its manifest *changed*."""
    stored = StoredSession(path, manifest(**changed), frame(table_of(quick() if rows is None else rows)))
    stored.derived["orders"] = list(recorded), ""
    return stored


def view(rows: list[Row] | None = None, **changed: Any) -> SessionView:
    """Return the same as the report sees it."""
    return SessionView.of(session(rows, **changed))


def whole_session(**changed: Any) -> StoredSession:
    """Return a session that answers every question, with recorded events."""
    return session(whole(), recorded=orders(), **changed)
