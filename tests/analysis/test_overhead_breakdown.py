"""What tracing costs the workload, split by stage, with planted costs."""

from __future__ import annotations

import pytest

from ringbench.analysis.cells import cells_of
from ringbench.analysis.findings import finding
from ringbench.analysis.overhead_breakdown import splits
from ringbench.analysis.questions import DROPS, MEMORY, OVERHEAD
from ringbench.report.figures.overhead import FIGURE
from tests.analysis import synthetic
from tests.analysis.synthetic import BARE_NS, PROBE_NS, READER_NS, SUBMIT_NS, WOKEN_NS, overhead, view


def test_each_stage_costs_what_it_adds_to_the_one_before() -> None:
    found = splits(cells_of(view(overhead()).figures))
    assert [(s.transport, s.wakeup) for s in found] == [
        ("perf", "none"),
        ("perf", "every"),
        ("ringbuf-reserve", "none"),
        ("ringbuf-reserve", "every"),
    ]
    for split in found:
        parts = {name: part.value for name, part in split.parts.items()}
        planted = {"probe": PROBE_NS, "submission": SUBMIT_NS[split.transport], "reader": READER_NS[split.transport]}
        assert parts == pytest.approx(planted | ({"wake-ups": WOKEN_NS} if split.wakeup == "every" else {}))
        assert split.slowdown.value == pytest.approx(sum(parts.values()) / BARE_NS)  # type: ignore[arg-type]


def test_a_machine_that_drifts_does_so_for_all_stages_of_a_block() -> None:
    (split, *_) = splits(cells_of(view(overhead(20, drift=0.3)).figures))
    part = split.parts["submission"]
    assert part.low is not None
    assert part.high is not None
    assert part.low < SUBMIT_NS["perf"] < part.high
    assert split.slowdown.value == pytest.approx((PROBE_NS + SUBMIT_NS["perf"] + READER_NS["perf"]) / BARE_NS)


def test_a_stage_that_was_not_measured_has_no_part_and_without_the_bare_one_there_is_no_split() -> None:
    rows = [row for row in overhead() if row["stage"] != "unread"]
    assert {tuple(split.parts) for split in splits(cells_of(view(rows).figures))} == {("probe",), ("probe", "wake-ups")}
    assert splits(cells_of(view([row for row in rows if row["stage"] != "bare"]).figures)) == []


def test_the_answer_tells_the_stages_and_no_other_question_takes_these_trials() -> None:
    session = view(overhead())
    found = finding(session, OVERHEAD)
    text = " ".join(statement.text for statement in found.brief)
    assert "With perf, no wake-ups (drained every 200 µs): 200 ns an event by itself" in text
    assert "submission +280 ns" in text
    assert "reader -5 ns" in text
    assert "+225 %" in text
    assert not finding(session, MEMORY).asked
    assert not finding(session, DROPS).asked


def test_the_figure_draws_what_it_says_in_words() -> None:
    session = view(overhead())
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
