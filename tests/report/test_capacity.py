"""What a capacity trial answers, and what it must stay out of."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from ringbench.analysis.findings import Finding, finding, findings
from ringbench.analysis.judgement import Verdict
from ringbench.analysis.questions import CAPACITY, MEMORY, QUESTIONS, Question
from ringbench.analysis.view import SessionView
from ringbench.data.metrics import COLUMNS
from ringbench.report.figures import FIGURES
from tests.analysis import synthetic
from tests.analysis.synthetic import KIB, Row, cells, view
from tests.report.test_figures import lines, median, words

KINDS = {kind.name: kind for kind in FIGURES}


def everything_measured() -> list[Row]:
    """Return capacity rows with a figure in every column, as a mistake elsewhere might leave them."""
    measured = {name: 7 for name, column in COLUMNS.items() if name not in ("attempted", "failed", "delivered")}
    columns = {t: {**measured, "attempted": 1000, "failed": 3} for t in ("perf", "ringbuf-reserve")}
    return cells(columns, mode="capacity", workload="firehose:8", record_bytes=8, wait="epoll", placement="free")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_rows_of_capacity_trials_are_in_no_answer_but_their_own_and_memory(question: Question) -> None:
    found = finding(view(everything_measured()), question)
    assert (found.headline is not None) == (question in (CAPACITY, MEMORY))


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)
def test_rows_of_capacity_trials_are_in_no_figure_but_their_own_and_memory(kind: object) -> None:
    assert (kind.draw(view(everything_measured())) is not None) == (kind.name in ("capacity", "memory"))
    assert bool(kind.alt(view(everything_measured()))) == (kind.name in ("capacity", "memory"))


def test_no_figure_of_other_trials_changes_with_capacity_rows_beside_them() -> None:
    alone, beside = view(synthetic.quick()), view([*synthetic.quick(), *everything_measured()])
    for one, other in zip(findings(alone), findings(beside), strict=True):
        if one.question is not CAPACITY:
            assert [s.text for s in one.said] == [s.text for s in other.said], one.question.name
    for kind in FIGURES:
        if kind.name != "capacity":
            assert kind.alt(alone) == kind.alt(beside), kind.name


def test_a_size_that_lost_nothing_while_nobody_wrote_is_no_size_that_lost_nothing() -> None:
    said = [s.text for f in findings(view(synthetic.capacity())) for s in f.said]
    assert not [text for text in said if "lost nothing" in text]


def answer(rows: list[Row], **changed: object) -> Finding:
    return finding(view(rows, **changed), CAPACITY)


def test_the_answer_has_both_sides_and_the_yardstick_and_every_reader() -> None:
    found = answer(synthetic.capacity())
    said = [statement.text for statement in found.brief]
    assert said[0].startswith("Draining a full buffer took 1.")
    assert said[0].endswith("so ringbuf-reserve is faster.")
    assert said[1].startswith("The yardstick, memcpy of the same bytes: ")
    assert said[2].startswith("Submitting took the producer alone 18")
    assert said[3].startswith("Draining a full buffer, per event, by reader, with perf and ringbuf-reserve: bulk 1.")
    assert "callback-bare 28" in said[3]
    assert len(said) == 4
    assert "bulk" not in found.brief[3].where


def test_of_one_reader_alone_there_is_no_list_of_readers() -> None:
    rows = [r for r in synthetic.capacity() if r["reader"] == "bulk"]
    assert not [s for s in answer(rows).said if "by reader" in s.text]


def test_a_reader_that_one_transport_lacks_is_listed_with_a_gap() -> None:
    rows = [r for r in synthetic.capacity() if r["transport"] != "perf" or r["reader"] != "libbpf"]
    (said,) = [s.text for s in answer(rows).said if "by reader" in s.text]
    assert "; libbpf - and 3." in said


def test_memcpy_is_shown_and_never_ranked() -> None:
    rows = cells(
        {
            "perf": {"drain_ns_per_event": 4.0, "memcpy_ns_per_event": 3.0},
            "ringbuf-reserve": {"memcpy_ns_per_event": 1.0},
        },
        mode="capacity",
    )
    ranked = {line.column.name: line.verdict for group in answer(rows).groups for line in group.lines}
    assert ranked["memcpy_ns_per_event"] is Verdict.NOT_RANKED
    assert ranked["drain_ns_per_event"] is Verdict.NOT_MEASURED


def test_only_settings_of_one_record_length_are_compared() -> None:
    rows = cells({"perf": {"drain_ns_per_event": 4.0}}, mode="capacity", record_bytes=8)
    rows += cells({"ringbuf-reserve": {"drain_ns_per_event": 4.0}}, mode="capacity", record_bytes=64)
    assert all(group.comparison.head is None for group in answer(rows).groups)


def test_how_to_read_it_says_what_it_is_not() -> None:
    for told in ("not throughput", "BPF_PROG_TEST_RUN", "sched_cls", "no system call and no tracepoint", "two clock"):
        assert told in CAPACITY.reading


@pytest.fixture(scope="module")
def drawn() -> Figure:
    figure = KINDS["capacity"].draw(view(synthetic.capacity()))
    assert figure is not None
    return figure


def test_each_reader_has_a_panel_on_one_scale_and_the_producer_its_own_from_zero(drawn: Figure) -> None:
    *readers, producer = drawn.axes
    assert [axes.get_title(loc="left") for axes in readers] == ["bulk reader", "libbpf reader", "callback-bare reader"]
    assert {axes.get_yscale() for axes in readers} == {"log"}
    assert len({axes.get_ylim() for axes in readers}) == 1
    assert readers[0].get_ylabel() == "per event, logarithmic scale"
    assert (producer.get_yscale(), producer.get_ylim()[0], producer.get_ylabel()) == ("linear", 0, "per event, ns")
    assert [label.get_text() for label in readers[0].get_xticklabels()] == ["8 bytes", "64 bytes", "1 KiB"]


def test_every_repeat_is_drawn_and_memcpy_lies_under_its_own_transport(drawn: Figure) -> None:
    rows = [r for r in synthetic.capacity() if r["transport"] == "perf" and r["record_bytes"] == KIB]
    bulk = [r for r in rows if r["reader"] == "bulk"]
    marker = median(drawn, "perf, bulk reader, 1024")
    assert list(marker.get_ydata()) == [np.median([r["drain_ns_per_event"] for r in bulk])]
    every = sorted(r["drain_ns_per_event"] for r in bulk)
    assert every in [sorted(line.get_ydata()) for line in drawn.axes[0].get_lines()]
    (bar,) = [
        line for line in drawn.axes[0].get_lines()
        if list(line.get_ydata()) == [np.median([r["memcpy_ns_per_event"] for r in bulk])] * 2
    ]  # fmt: skip
    assert np.mean(bar.get_xdata()) == pytest.approx(marker.get_xdata()[0])


def test_its_title_is_what_was_found_and_where(drawn: Figure) -> None:
    said = words(drawn).replace("\n", " ")
    assert "ringbuf-reserve is faster. Draining a full buffer, per event: 1." in said
    assert "In the title: bulk reader, 8-byte records. Everywhere: firehose:8 on CPUs 0-1, 1 MiB" in said
    slower = [{**r, "drain_ns_per_event": 50.0 + r["block"] if r["transport"] != "perf" else 1.0} for r in bulk_rows()]
    figure = KINDS["capacity"].draw(view(slower))
    assert figure is not None
    assert "perf is faster" in words(figure)


def bulk_rows() -> list[Row]:
    return [r for r in synthetic.capacity() if r["reader"] == "bulk"]


def test_one_length_and_one_reader_are_drawn_too() -> None:
    rows = [r for r in bulk_rows() if r["record_bytes"] == 64]
    figure = KINDS["capacity"].draw(view(rows))
    assert figure is not None
    assert len(figure.axes) == 2
    assert all(low < 6 < high for low, high in (axes.get_xlim() for axes in figure.axes))


def test_without_a_drain_the_producer_is_drawn_alone() -> None:
    rows = [{**r, "drain_ns_per_event": None, "memcpy_ns_per_event": None} for r in synthetic.capacity()]
    figure = KINDS["capacity"].draw(view(rows))
    assert figure is not None
    assert len(figure.axes) == 1


def test_settings_that_have_no_place_are_counted() -> None:
    rows = [*synthetic.capacity(), *({**r, "wakeup": "adaptive"} for r in bulk_rows())]
    figure = KINDS["capacity"].draw(view([{**r, "trial": f"t{n}"} for n, r in enumerate(rows)]))
    assert figure is not None
    assert "3 more settings had no room here: see the table." in words(figure).replace("\n", " ")


def test_marks_stay_inside_their_panel(drawn: Figure) -> None:
    for axes in drawn.axes:
        low, high = axes.get_xlim()
        assert all(low < x < high for line in axes.get_lines() for x in line.get_xdata())
    assert lines(drawn)


def test_a_session_without_capacity_trials_was_not_asked(quick: SessionView) -> None:
    found = finding(quick, CAPACITY)
    assert (found.asked, found.headline) == (False, None)
    assert KINDS["capacity"].draw(quick) is None
