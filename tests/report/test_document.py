from __future__ import annotations

import json

import pytest

from ringbench.data.store.schema import TRIALS
from ringbench.report.document.session_document import as_json, dumps
from tests.analysis import synthetic
from tests.analysis.synthetic import row, session


def test_the_document_has_what_the_contract_names() -> None:
    document = json.loads(dumps(as_json(session())))
    assert document["session"] == "synthetic"
    assert document["status"] == "complete"
    assert len(document["trials"]) == 105
    assert all(list(trial) == TRIALS.names for trial in document["trials"])
    assert {c["question"] for c in document["comparisons"]} == {f["question"] for f in document["findings"]}


def test_what_was_not_asked_is_listed_and_has_no_sentence() -> None:
    document = json.loads(dumps(as_json(session(synthetic.capacity()))))
    assert document["not_asked"] == ["drops", "throughput", "cost", "overhead", "wakeups", "order", "latency"]
    assert [f["question"] for f in document["findings"]] == ["memory", "capacity"]
    assert document["checksums"].startswith("The sum of sequence numbers agrees in 90 accounts")
    first = next(c for c in document["comparisons"] if c["question"] == "capacity")
    assert {k: first[k] for k in ("wait", "placement", "record_bytes")} == {
        "wait": None,
        "placement": "free",
        "record_bytes": 8,
    }


def test_what_was_not_measured_is_null_and_never_zero() -> None:
    (trial,) = as_json(session([row(producer_ns_per_event=float("nan"), latency_p50_ns=None)]))["trials"]
    assert trial["producer_ns_per_event"] is None
    assert trial["latency_p50_ns"] is None


def test_a_comparison_names_all_that_both_sides_share() -> None:
    costs = {"perf": {"producer_ns_per_event": 200.0}, "ringbuf-reserve": {"producer_ns_per_event": 100.0}}
    found = as_json(session(synthetic.cells(costs)))["comparisons"]
    (cost,) = [c for c in found if c["column"] == "producer_ns_per_event"]
    assert cost["headline"] is True
    assert {k: cost[k] for k in ("mode", "reader", "wakeup", "workload", "cpus", "asked_bytes", "unit", "better")} == {
        "mode": "isolated",
        "reader": "bulk",
        "wakeup": "none",
        "workload": "fork-exec",
        "cpus": "0-1",
        "asked_bytes": 1 << 20,
        "unit": "ns",
        "better": "lower",
    }
    interval = {"value": 200.0, "low": 200.0, "high": 200.0, "n": 5}
    assert cost["base"] == {"transport": "perf", "buffer_bytes": 1 << 20, **interval}
    assert cost["ratio"]["value"] == pytest.approx(0.5)
    assert (cost["verdict"], cost["better_transport"]) == ("lower", "ringbuf-reserve")


def test_a_lone_transport_has_no_head() -> None:
    (comparison, _) = [c for c in as_json(session([row(producer_ns_per_event=1.0)]))["comparisons"]]
    assert comparison["head"] is None
    assert comparison["verdict"] == "nothing to compare with"


def test_text_is_kept_as_recorded_and_safe_to_print() -> None:
    text = dumps(as_json(session([row(workload="\x1b[31m\u202e<x>")])))
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["trials"][0]["workload"] == "\x1b[31m\u202e<x>"
