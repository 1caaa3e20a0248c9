"""The table of designs says what the trials say, and judges what was published by intervals."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringbench.analysis.designs import MEASURED, Design, designs, said
from ringbench.report import write_report
from tests.analysis.synthetic import KIB, MIB, Row, cells, session, view

BACKLOG = {"peak_backlog": 400, "peak_backlog_cpu": 300, "delivered": 1000}
ORDERED = {"causal_violations": 0, "late_events": 3, **BACKLOG}
DISORDERED = {"causal_violations": [50, 60, 40, 50, 50], "late_events": 500, **BACKLOG}
COSTS = {
    "perf": (500.0, 200.0, 90.0, 95.0),
    "ringbuf-reserve": (250.0, 200.0, 40.0, 80.0),
    "ringbuf-per-cpu": (260.0, 210.0, 42.0, 44.0),
    "queue-map": (300.0, 1500.0, 50.0, 120.0),
}


def rows() -> list[Row]:
    """Return a session of four designs: rings of each CPU's own are disordered, and a queue is slow to read."""
    order = {name: DISORDERED if name in ("perf", "ringbuf-per-cpu") else ORDERED for name in COSTS}
    made: list[Row] = []
    for nbytes, lost in ((MIB, 0), (32 * KIB, 20)):
        columns = {name: {**found, "attempted": 1000 + lost, "failed": lost} for name, found in order.items()}
        made += cells(columns, mode="paired", workload="fork-exec", asked_bytes=nbytes, buffer_bytes=nbytes)
    costs = {
        name: {"producer_ns_per_event": producer, "consumer_cpu_ns_per_event": reader}
        for name, (producer, reader, _, _) in COSTS.items()
    }
    made += cells(costs, workload="fork-exec@40%")
    for place, cpus in ((2, "0"), (3, "0-1")):
        made += cells(
            {name: {"producer_ns_per_event": cost[place]} for name, cost in COSTS.items()},
            workload="firehose:8", cpus=cpus, record_bytes=32,
        )  # fmt: skip
    return [{**row, "trial": f"{number:04}"} for number, row in enumerate(made)]


@pytest.fixture
def found() -> dict[str, Design]:
    return {design.transport: design for design in designs(view(rows()))}


def test_each_design_has_what_was_measured_of_it(found: dict[str, Design]) -> None:
    assert list(found) == ["perf", "ringbuf-reserve", "queue-map", "ringbuf-per-cpu"]
    perf, shared = (dict(zip(MEASURED, found[name].measured(), strict=True)) for name in ("perf", "ringbuf-reserve"))
    assert (perf["Meets"], shared["Meets"]) == ("neither", "memory and order")
    assert found["ringbuf-per-cpu"].wants == "neither"
    assert perf["Causal violations"].startswith("50 [40, 60]")
    assert (perf["Late, per 1,000"], shared["Late, per 1,000"]) == ("500", "3")
    assert perf["Lost"].endswith("% with 32 KiB")
    assert (shared["Producer"], shared["Reader"]) == ("250 ns", "200 ns")
    assert shared["One producer, then one on each CPU"] == "40 ns, then 80 ns"
    # 400 records of 64 bytes in all; 300 on a CPU, of 72 bytes with perf.
    assert (shared["Needs to lose nothing"], perf["Needs to lose nothing"]) == ("32 KiB", "64 KiB")


def test_what_was_published_is_judged_by_what_was_measured(found: dict[str, Design]) -> None:
    here = {name: said(design, list(found.values()))[2] for name, design in found.items()}
    assert here["perf"] == "holds: 50 causal violations a trial, needs 64 KiB where the shared ring needs 32 KiB"
    assert here["ringbuf-reserve"].startswith(
        "holds: needs 32 KiB where perf needs 64 KiB; 0 causal violations a trial"
    )
    assert here["queue-map"].startswith("holds: reading an event costs 7.5 ×")
    assert here["ringbuf-per-cpu"].startswith("holds: an event costs 1.05 × ")


@pytest.mark.parametrize(
    ("rings", "order", "wants", "here"),
    [
        ("0-1", ORDERED, "memory and order (1 group here)", "can't be told: with 1 group of CPUs here"),
        ("0-3 4-7", DISORDERED, "neither (2 groups here)", "holds: an event costs 1.1 ×"),
        (None, DISORDERED, "neither", "holds: an event costs 1.1 ×"),
    ],
)
def test_a_ring_for_each_group_is_a_shared_one_where_there_is_one_group(
    rings: str | None, order: Row, wants: str, here: str
) -> None:
    name = "ringbuf-per-cache"
    grouped = cells({name: {**order, "rings": rings}}, mode="paired", workload="fork-exec", asked_bytes=MIB)
    for cpus, cost in (("0", 40.0), ("0-1", 44.0)):
        alone = {name: {"producer_ns_per_event": cost, "rings": rings}}
        grouped += cells(alone, workload="firehose:8", cpus=cpus, record_bytes=32)
    every = designs(view([*rows(), *grouped]))
    design = next(design for design in every if design.transport == name)
    assert design.wants == wants
    assert said(design, every)[2].startswith(here)


def test_the_other_way_round_it_does_not_hold() -> None:
    turned = rows()
    for row in turned:
        if row["transport"] == "queue-map" and row.get("consumer_cpu_ns_per_event"):
            row["consumer_cpu_ns_per_event"] = 100.0
        if row["transport"] == "ringbuf-per-cpu" and row["workload"] == "firehose:8" and row["cpus"] == "0-1":
            row["producer_ns_per_event"] = 400.0
        if row["transport"] == "ringbuf-reserve" and row["mode"] == "paired":
            row["causal_violations"] = 7
    every = designs(view(turned))
    here = {design.transport: said(design, every)[2].partition(":")[0] for design in every}
    assert here["queue-map"] == here["ringbuf-per-cpu"] == here["ringbuf-reserve"] == "does not hold"


def test_what_was_not_measured_cannot_be_told() -> None:
    few = [row for row in rows() if row["transport"] in ("perf", "queue-map") and row["mode"] == "isolated"]
    every = designs(view(few))
    assert [design.transport for design in every] == ["perf", "queue-map"]
    assert {said(design, every)[2] for design in every} == {"can't be told"}
    assert "not measured" in every[0].measured()


def test_a_session_of_the_two_buffers_alone_has_no_such_table(tmp_path: Path) -> None:
    assert designs(view([row for row in rows() if row["transport"] in ("perf", "ringbuf-reserve")])) == []
    write_report(session(rows()), tmp_path / "designs")
    page = (tmp_path / "designs" / "report.html").read_text()
    assert '<h2 id="designs">' in page
    assert "40 ns, then 80 ns" in page
    write_report(session(), tmp_path / "two")
    assert '<h2 id="designs">' not in (tmp_path / "two" / "report.html").read_text()
