"""Outliers are flagged, shown and kept."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from ringbench.analysis.account import account
from ringbench.analysis.findings import finding
from ringbench.analysis.outliers import apart, outliers_said
from ringbench.analysis.questions import COST
from ringbench.report import write_report
from ringbench.report.figures.marks import Mark, point
from tests.analysis.synthetic import cells, session, view

CALM = [100.0, 101.0, 102.0, 103.0, 104.0]
ONE_OFF = [100.0, 101.0, 102.0, 103.0, 900.0]
ROWS = cells({"perf": {"producer_ns_per_event": ONE_OFF}, "ringbuf-reserve": {"producer_ns_per_event": CALM}})


def test_the_one_that_lies_apart_is_named_and_counted() -> None:
    seen = view(ROWS)
    (where,) = apart(seen)
    assert where == (ROWS[8]["trial"], "perf")
    flagged = [entry for entry in account(seen) if entry.apart]
    assert [(entry.trial, entry.apart) for entry in flagged] == [(ROWS[8]["trial"], ("Producer time per event",))]
    assert outliers_said(seen).startswith("Outliers are flagged and kept: 1 of 10 values (modified z-score above 3.5")


def test_it_stays_in_every_figure() -> None:
    headline = finding(view(ROWS), COST).headline
    assert headline is not None
    interval = headline.lines[0].base
    assert interval.n == 5
    assert interval.high == 900.0


def test_where_none_lies_apart_nothing_is_said() -> None:
    calm = view(cells({"perf": {"producer_ns_per_event": CALM}, "ringbuf-reserve": {"producer_ns_per_event": CALM}}))
    assert apart(calm) == {}
    assert outliers_said(calm) == ""


def test_of_too_few_repeats_none_can_be_told() -> None:
    few = [row for row in ROWS if row["block"] > 1]
    assert apart(view(few)) == {}


def test_the_page_names_it_and_the_figure_rings_it(tmp_path: Path) -> None:
    write_report(session(ROWS), tmp_path)
    assert "yes; outlier in Producer time per event" in (tmp_path / "report.html").read_text()

    def rings(values: list[float]) -> list[list[float]]:
        axes = Figure().add_subplot()
        point(axes, Mark("perf", values, "perf", "ns"), 0, aside=0.1, along_x=True)
        hollow = [line for line in axes.lines if line.get_marker() == "o" and line.get_markersize() == 6]
        return [list(line.get_xdata()) for line in hollow]  # type: ignore[arg-type]

    assert rings(ONE_OFF) == [[900.0]]
    assert rings(CALM) == []
