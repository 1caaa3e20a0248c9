"""Whatever a session holds, it is reported: nothing crashes, and what is missing is said."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringbench.analysis.view import SessionView
from ringbench.cli.write_report import written
from ringbench.data.metrics import COLUMNS
from ringbench.data.store.folder import StoredSession
from ringbench.data.store.schema import TRIALS
from ringbench.report.document.session_document import as_json, dumps
from ringbench.report.markdown import summary
from ringbench.report.terminal.session_screen import show
from tests.analysis import synthetic
from tests.analysis.synthetic import KIB, Row, cells, row, session

TIMES = {"producer_ns_per_event": 300.0, "events_per_s": 5e4, "latency_p50_ns": 70_000}
COUNTS = {"attempted": 1000, "failed": 10, "causal_violations": 3, "timestamp_inversions": 8, "lives": 300}


def everything(stored: StoredSession) -> str:
    """Report *stored* in every way; return what the terminal shows."""
    with tempfile.TemporaryDirectory() as out:
        written(stored, Path(out), identify=True)
        assert len((Path(out) / "summary.md").read_text().splitlines()) < 60
    json.loads(dumps(as_json(stored)))
    shown = io.StringIO()
    show(stored, (), shown, 80)
    return " ".join(shown.getvalue().split())


def without(rows: list[Row], *columns: str) -> list[Row]:
    return [{**r, **dict.fromkeys(columns)} for r in rows]


CASES: dict[str, tuple[list[Row], dict[str, Any], str]] = {
    "nothing stored": ([], {}, "No trial is stored"),
    "one transport only": (cells({"perf": TIMES | COUNTS}), {}, "Only perf has valid trials"),
    "one trial only": ([row(**TIMES)], {}, "With 1 repeat of each cell at most"),
    "a command, watched by both": (
        cells({"perf": COUNTS, "ringbuf-reserve": COUNTS}, [0], mode="paired", workload="command"),
        {"plan": {**synthetic.manifest()["plan"], "command": ["make", "-j2"]}},
        "Not measured here: memory, throughput, cost and latency",
    ),
    "all invalid": ([row(valid=False, invalid_reason="hung")], {}, "so there is nothing to report: hung (1)"),
    "all measured columns null": (without(synthetic.quick(), *COLUMNS), {}, "Not measured here: memory, drops"),
    "everything null that can be": (
        without(synthetic.quick(), *(n for n in TRIALS.names if n not in ("trial", "transport", "valid"))),
        {},
        "Not measured here",
    ),
    "interrupted": (
        synthetic.quick()[:37],
        {"status": "interrupted", "ended": None},
        "This session is not complete (status: interrupted)",
    ),
    "no manifest to speak of": (
        synthetic.quick(),
        {"plan": {}, "environment": {}, "versions": {}, "seed": None, "command_line": [], "notes": []},
        "processor not recorded",
    ),
    "emulated": (synthetic.quick(), {"environment": {"emulated": True}}, "not ranked: this machine is emulated"),
    "ringbufs alone": (
        cells({"ringbuf-output": TIMES | COUNTS, "ringbuf-reserve": TIMES | COUNTS}),
        {},
        "with ringbuf-output and",
    ),
    "a transport from the future": (
        cells({"perf": TIMES, "ticket-ring": TIMES, "io-uring": TIMES}),
        {},
        "against perf",
    ),
    "zero of everything": (
        cells({t: dict.fromkeys(COLUMNS, 0) for t in ("perf", "ringbuf-reserve")}, mode="paired"),
        {},
        "no difference in any repeat",
    ),
    "nothing but capacity": (
        synthetic.capacity(),
        {},
        "Not asked: drops, throughput, cost, overhead, wakeups, order and latency",
    ),
    "nothing but a firehose": (synthetic.firehose(), {}, "Not asked: overhead, capacity, order and latency"),
    "nothing but capacity, all invalid": (
        [{**r, "valid": False, "invalid_reason": "hung"} for r in synthetic.capacity()],
        {},
        "so there is nothing to report: hung (135)",
    ),
    "nothing but capacity, all null": (
        without(synthetic.capacity(), *COLUMNS),
        {},
        "Not measured here: memory and capacity",
    ),
    "one capacity trial": (synthetic.capacity()[:1], {}, "Only perf has valid trials"),
    "capacity without a reader's figure": (without(synthetic.capacity(), "drain_ns_per_event"), {}, "Submitting took"),
    "every question": (synthetic.whole(), {}, "by reader, with perf"),
    "a firehose, paired": ([{**r, "mode": "paired"} for r in synthetic.firehose()], {}, "not ranked"),
    "nothing but adaptive": (
        cells({"ringbuf-reserve": TIMES}, wakeup="adaptive") + cells({"perf": TIMES}, wakeup="every"),
        {},
        "share no setting that differs in nothing but the transport",
    ),
    "the same block twice": (
        cells({"perf": TIMES}, [0, 0, 1]) + cells({"ringbuf-reserve": TIMES}, [0, 1, 1]),
        {},
        "with 2 repeats of both there is no interval",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_reported_and_says_what_is_missing(name: str) -> None:
    rows, changed, said = CASES[name]
    numbered = [{**r, "trial": f"t{n}"} if r["mode"] == "isolated" else r for n, r in enumerate(rows)]
    assert said in everything(session(numbered, **changed))


def test_many_sizes_readers_and_workloads() -> None:
    rows: list[Row] = []
    for power in range(12, 28):
        asked = {"asked_bytes": 1 << power, "buffer_bytes": 1 << power}
        for reader in ("bulk", "compiled", "callback"):
            for workload in ("fork-exec", "burst", "stress-ng:vfork", "sched-switch"):
                columns = {t: TIMES | COUNTS for t in ("perf", "ringbuf-output", "ringbuf-reserve")}
                for mode in ("paired", "isolated"):
                    rows += cells(columns, [0, 1, 2], mode=mode, reader=reader, workload=workload, **asked)
    assert "fork-exec" in everything(session(rows))


values = st.one_of(st.none(), st.just(0), st.integers(0, 10**12), st.integers(1, 50))
texts = st.sampled_from(
    [
        *("paired", "isolated", "capacity", "firehose:8", "", "bulk", "none", "every"),
        *("\x1b[0m", "<b>$x_{", "名", "a" * 500),
    ]
)
rows_of_any_kind = st.lists(
    st.fixed_dictionaries(
        {
            "transport": st.sampled_from(["perf", "ringbuf-output", "ringbuf-reserve", "$new<"]),
            "valid": st.sampled_from([True, True, True, False, None]),
            "block": st.one_of(st.none(), st.integers(0, 4)),
            **{name: st.one_of(st.none(), texts) for name in ("mode", "reader", "wakeup", "workload", "cpus")},
            **{name: st.one_of(st.none(), st.sampled_from([4 * KIB, 96 * KIB, 1])) for name in ("asked_bytes",)},
            "buffer_bytes": st.one_of(st.none(), st.sampled_from([0, 1, 4 * KIB, 1 << 40])),
            "drain_interval_s": st.one_of(st.none(), st.floats(0, 1e3)),
            "wait": st.sampled_from(
                [None, "epoll", "sleep:10ms", "uring", "uring:1ms", "spin:50us", "spin:", ":", "\x1b[0m<b>"]
            ),
            "placement": st.sampled_from([None, "free", "same", "other", "名"]),
            "record_bytes": st.sampled_from([None, -1, 0, 1, 8, 56, 1 << 40]),
            "seq_checked": st.sampled_from([None, True, False]),
            **{n: st.one_of(values, st.integers(-100, -1)) if n.startswith("latency") else values for n in COLUMNS},
        }
    ),
    max_size=8,
)


def of_any_kind(rows: list[Row]) -> StoredSession:
    return session([{**r, "trial": f"t{n}"} for n, r in enumerate(rows)])


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows_of_any_kind)
def test_rows_of_any_kind_are_told(rows: list[Row]) -> None:
    stored = of_any_kind(rows)
    json.loads(dumps(as_json(stored)))
    shown = io.StringIO()
    show(stored, (), shown, 80)
    assert "\x1b" not in shown.getvalue()
    assert len(summary.render(SessionView.of(stored)).splitlines()) < 60


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows_of_any_kind)
def test_rows_of_any_kind_are_drawn(rows: list[Row]) -> None:
    everything(of_any_kind(rows))
