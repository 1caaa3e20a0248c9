"""What tracing costs the workload, split by stage, with planted costs."""

from __future__ import annotations

import numpy as np
import pytest

from bench.report.cells import cells_of
from bench.report.figures.overhead import FIGURE
from bench.report.findings import finding
from bench.report.questions import DROPS, MEMORY, OVERHEAD
from bench.report.split import splits
from tests.report import synthetic
from tests.report.synthetic import Row, view

BARE, PROBE = 200.0, 150.0
SUBMIT = {"perf": 280.0, "ringbuf-reserve": 50.0}
READER = {"perf": 20.0, "ringbuf-reserve": -5.0}
WAKE = 5000.0


def _rows(blocks: int = 8, *, drift: float = 0.0) -> list[Row]:
    """Overhead trials whose stages cost what stands above; the machine drifts, the same for all of a block."""
    speed = np.exp(np.random.default_rng(3).normal(0, drift, blocks))

    def stage(transport: str, name: str, ns: float, wakeup: str = "none") -> list[Row]:
        wait = {"none": "sleep:200us", "every": "epoll:200us"}[wakeup]
        interval = 200e-6 if wakeup == "none" else None
        columns = {transport: {"operation_ns_per_event": [float(ns * s) for s in speed]}}
        where = {"mode": "overhead", "stage": name, "wakeup": wakeup, "wait": wait, "drain_interval_s": interval}
        rows = synthetic.cells(columns, range(blocks), **where, workload="firehose:1", cpus="0", placement="other")
        return [{**row, "trial": f"{row['trial']}-{name}", "record_bytes": 32} for row in rows]

    rows = stage("nothing", "bare", BARE) + stage("nothing", "probe", BARE + PROBE)
    for transport, ns in SUBMIT.items():
        unread = BARE + PROBE + ns
        rows += stage(transport, "unread", unread)
        rows += stage(transport, "read", unread + READER[transport])
        rows += stage(transport, "read", unread + READER[transport] + WAKE, "every")
    return rows


def test_each_stage_costs_what_it_adds_to_the_one_before() -> None:
    found = splits(cells_of(view(_rows()).figures))
    assert [(s.transport, s.wakeup) for s in found] == [
        ("perf", "none"),
        ("perf", "every"),
        ("ringbuf-reserve", "none"),
        ("ringbuf-reserve", "every"),
    ]
    for split in found:
        parts = {name: part.value for name, part in split.parts.items()}
        planted = {"probe": PROBE, "submission": SUBMIT[split.transport], "reader": READER[split.transport]}
        assert parts == pytest.approx(planted | ({"wake-ups": WAKE} if split.wakeup == "every" else {}))
        assert split.slowdown.value == pytest.approx(sum(parts.values()) / BARE)  # type: ignore[arg-type]


def test_a_machine_that_drifts_does_so_for_all_stages_of_a_block() -> None:
    (split, *_) = splits(cells_of(view(_rows(20, drift=0.3)).figures))
    part = split.parts["submission"]
    assert part.low is not None
    assert part.high is not None
    assert part.low < SUBMIT["perf"] < part.high
    assert split.slowdown.value == pytest.approx((PROBE + SUBMIT["perf"] + READER["perf"]) / BARE)


def test_a_stage_that_was_not_measured_has_no_part_and_without_the_bare_one_there_is_no_split() -> None:
    rows = [row for row in _rows() if row["stage"] != "unread"]
    assert {tuple(split.parts) for split in splits(cells_of(view(rows).figures))} == {("probe",), ("probe", "wake-ups")}
    assert splits(cells_of(view([row for row in rows if row["stage"] != "bare"]).figures)) == []


def test_the_answer_tells_the_stages_and_no_other_question_takes_these_trials() -> None:
    session = view(_rows())
    found = finding(session, OVERHEAD)
    text = " ".join(statement.text for statement in found.brief)
    assert "With perf, no wake-ups (drained every 200 µs): 200 ns an event by itself" in text
    assert "submission +280 ns" in text
    assert "reader -5 ns" in text
    assert "+225 %" in text
    assert not finding(session, MEMORY).asked
    assert not finding(session, DROPS).asked


def test_the_figure_draws_what_it_says_in_words() -> None:
    session = view(_rows())
    figure = FIGURE.draw(session)
    assert figure is not None
    assert len(figure.axes) == 2  # wake-ups dwarf the rest: a panel of their own
    widths = [round(bar.get_width()) for bar in figure.axes[0].patches]
    assert widths == [200, 150, 280, 20, 200, 150, 50, 0]  # the reader's -5 ns are drawn as none
    assert "Submitting an event costs 280 ns with perf, 50 ns with ringbuf-reserve" in " ".join(
        text.get_text() for text in figure.texts
    )
    assert "reader -5 ns" in FIGURE.alt(session)
    assert FIGURE.draw(view(synthetic.quick())) is None
