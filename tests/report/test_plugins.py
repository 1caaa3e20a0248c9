"""A plug-in that this project has never heard of is stored, shown and judged as its own are; one that went is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from ringbench.analysis.cells import cells_of
from ringbench.analysis.designs import designs, said
from ringbench.report.figures import style
from ringbench.report.html import session_page
from ringbench.spec.transport import Look
from tests import ROOT
from tests.analysis import synthetic
from tests.analysis.synthetic import cells, view

_MODULES = {
    "made_ring": """
import dataclasses

from ringbench.drivers.transports.ringbuf import RINGBUF_RESERVE
from ringbench.spec.transport import Look

RING = dataclasses.replace(
    RINGBUF_RESERVE, name="made-ring", place=0, role="design", look=Look("#123456", "*", "-"),
    limits="be found anywhere else",
)
""",
    "made_reader": """
import dataclasses

from ringbench.drivers.readers.bulk import KIND as BULK

READER = dataclasses.replace(BULK, name="made-reader", place=0)
""",
    "made_load": """
import dataclasses

from ringbench.drivers.workloads.firehose import KIND as FIREHOSE

LOAD = dataclasses.replace(
    FIREHOSE, name="made-load", usage="made-load:N", place=0, sampled=False,
    has_schedule=lambda argument: argument == "3",
)
""",
    "made_metric": """
from ringbench.data.metrics.gate_rule import GateRule
from ringbench.data.metrics.metric import Column, Metric

METRIC = Metric(
    name="made-up",
    question="Which share was made up?",
    columns=(
        Column("made_up_share", "", "lower", "Share that was made up", integer=False, judged=GateRule("ratio", 0.05)),
        Column("made_up_weight", "stones", "higher", "Its weight", integer=True),
    ),
    compute=lambda recording: {"made_up_share": recording.delivered / 16, "made_up_weight": None},
)
""",
}
_POINTS = """
[ringbench.transports]
made-ring = made_ring:RING
[ringbench.readers]
made-reader = made_reader:READER
[ringbench.workloads]
made-load = made_load:LOAD
[ringbench.metrics]
made-up = made_metric:METRIC
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What :mod:`tests.report.with_plugins` says beside a project that is installed: modules and entry points."""
    site = tmp_path_factory.mktemp("site")
    for module, text in _MODULES.items():
        (site / f"{module}.py").write_text(text)
    (site / "made_up-1.0.dist-info").mkdir()
    (site / "made_up-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
    (site / "made_up-1.0.dist-info" / "entry_points.txt").write_text(_POINTS)
    path = os.pathsep.join(map(str, (site, ROOT / "bench", ROOT)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.report.with_plugins"],
        env={**os.environ, "PYTHONPATH": path}, cwd=site, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return dict(json.loads(done.stdout))


def test_a_metric_is_computed_and_stored(found: dict[str, Any]) -> None:
    assert found["computed"]["made_up_share"] == 0.5
    assert {"made_up_share", "made_up_weight"} < set(found["columns"])


def test_a_metric_has_a_section_a_sentence_a_table_and_a_figure(found: dict[str, Any]) -> None:
    assert "Which share was made up?" in found["page"]
    assert "Share that was made up: 10.1 % [10, 10.2] with made-ring and 40.4 % [40, 41] with perf" in found["page"]
    assert {"made-up.svg", "made-up.png"} < set(found["plots"])
    assert "Share that was made up: further left is better; Its weight: further right is better." in found["page"]
    assert "Share that was made up" in found["summary"]
    assert "Share that was made up" in " ".join(found["terminal"].split())


def test_a_metric_is_judged_by_its_own_rule_and_else_it_is_said_why_not(found: dict[str, Any]) -> None:
    assert "made_up_share" in found["judged"]
    assert "does not say which effect" in found["not_judged"]["made_up_weight"]
    assert sorted(found["regressed"]) == [["made_up_share", "made-ring"], ["made_up_share", "perf"]]


def test_a_transport_a_reader_and_a_workload_say_their_looks_and_properties(found: dict[str, Any]) -> None:
    assert found["look"] == "#123456"
    assert found["setting"] == {"paced": True, "sampled": False}
    assert "be found anywhere else" in found["page"], "it is among the designs"
    assert found["first"] == ["made-load:3", "made-reader", "made-ring"], "their places are the first"


def test_what_is_not_installed_any_more_is_reported_all_the_same() -> None:
    gone = cells(
        {
            "perf": {"producer_ns_per_event": 500.0, "events_per_s": 1e5},
            "gone-ring": {"producer_ns_per_event": [300.0, 301.0, 302.0, 303.0, 304.0], "events_per_s": 2e5},
        },
        reader="gone-reader",
        wakeup="gone:7",
        workload="gone-load:1",
        wait="gone:1ms",
    )
    session = view([*gone, *synthetic.quick()])
    page = session_page.render(session, {})
    assert "gone-reader reader, wake-up gone:7, wait gone:1ms, gone-load:1 on CPUs 0-1" in page
    assert "An event cost the producer 500 ns with perf in each of" not in page
    assert "302 ns [300, 304] with gone-ring" in page
    assert isinstance(style.look("gone-ring"), Look)
    assert [cell.transport for cell in cells_of(session.figures)][-2:] == ["perf", "gone-ring"], "its place is the last"
    found = designs(session)
    (lost,) = (design for design in found if design.transport == "gone-ring")
    assert said(lost, found) == ("", "", "")
    assert lost.measured()[0] == "neither"
