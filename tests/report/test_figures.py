from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ringbench.analysis.questions import QUESTIONS
from ringbench.analysis.view import SessionView
from ringbench.report.figures import FIGURES, FigureKind, style
from tests.analysis import synthetic
from tests.analysis.synthetic import KIB, MIB, Row, cells, row, view

KINDS = {kind.name: kind for kind in FIGURES}
CURVES = ("window", "disorder_over_time", "latency_distribution")
"""Figures that name the load and the reader of a panel in lines of their own."""
NAMES = pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)


def draw(name: str, rows: list[Row] | None = None, **changed: object) -> Figure:
    seen = SessionView.of(synthetic.whole_session(**changed)) if rows is None else view(rows, **changed)
    figure = KINDS[name].draw(seen)
    assert figure is not None
    return figure


def lines(figure: Figure) -> Iterator[Line2D]:
    return (line for axes in figure.axes for line in axes.get_lines())


def median(figure: Figure, label: str) -> Line2D:
    return next(line for line in lines(figure) if str(line.get_label()).startswith(label))


def words(figure: Figure) -> str:
    of_axes = (text.get_text() for axes in figure.axes for text in axes.texts)
    return "\n".join([*(text.get_text() for text in figure.texts), *of_axes])


def shown_limits(axes: Axes) -> tuple[float, float]:
    return tuple(sorted(axes.get_xlim()))


def test_each_question_has_a_figure() -> None:
    assert sorted({kind.question for kind in FIGURES}) == sorted([*(question.name for question in QUESTIONS), "wait"])


@NAMES
def test_a_figure_says_on_what_and_with_what_it_was_measured(kind: FigureKind, whole: SessionView) -> None:
    figure = kind.draw(whole)
    assert figure is not None
    said = words(figure).replace("\n", " ")
    assert "Synthetic(R) Test CPU @ 2.00GHz, 2 CPUs, Linux 6.18.44-synthetic · ringbench 0.1.0" in said.replace(
        "\n", " "
    )
    assert ("n = 5 repeats" if kind.question != "wait" else "irst repeat") in said
    usual = "no wake-ups (drained every 1 ms), fork-exec on CPUs 0-1"
    own = {
        "capacity": "firehose:8 on CPUs 0-1, 1 MiB",
        "readers": "firehose:32 on CPU 0, 32-byte records, 1 MiB",
        "overhead": "firehose:1 on CPU 0, 32-byte records",
    }
    setting = own.get(kind.name, usual)
    assert all(part in said for part in (setting.split("), ") if kind.name in CURVES else [setting]))
    assert all(axes.get_xlabel() for axes in figure.axes)
    assert "EMULATED" not in said


@NAMES
def test_a_figure_of_an_emulated_machine_says_so(kind: FigureKind) -> None:
    assert "EMULATED" in words(draw(kind.name, environment={"emulated": True}))


@NAMES
def test_a_session_without_data_has_no_figure(kind: FigureKind) -> None:
    assert kind.draw(view([])) is None
    assert kind.draw(view([row(), row(transport="ringbuf-reserve")])) is None
    assert kind.alt(view([])) == ""


@NAMES
def test_the_words_for_who_cannot_see_it_have_its_figures(kind: FigureKind, whole: SessionView) -> None:
    alt = kind.alt(whole)
    assert "perf" in alt
    assert "ringbuf-reserve" in alt
    assert len(alt) > 100
    assert kind.caption.count(".") >= 2
    assert "not" in kind.caption


@NAMES
def test_the_same_data_gives_the_same_bytes_without_a_date(kind: FigureKind) -> None:
    once, again = (style.render(draw(kind.name), "svg") for _ in range(2))
    assert once == again
    assert b"<dc:date>" not in once
    assert ET.fromstring(once).tag.endswith("svg")
    assert style.render(draw(kind.name), "png") == style.render(draw(kind.name), "png")


def test_drawing_leaves_no_trace_in_matplotlib(whole: SessionView) -> None:
    before = dict(matplotlib.rcParams)
    for kind in FIGURES:
        kind.draw(whole)
    assert dict(matplotlib.rcParams) == before


def test_the_looks_do_not_hang_on_a_users_own_settings(quick: SessionView) -> None:
    usual = style.render(draw("drops"), "svg")
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 20, "text.usetex": False, "axes.grid": True}):
        assert style.render(draw("drops"), "svg") == usual


def test_transports_differ_in_colour_and_in_marker() -> None:
    drawn = [style.look(name) for name in ("perf", "ringbuf-output", "ringbuf-reserve")]
    assert len({look.color for look in drawn}) == len({look.marker for look in drawn}) == 3
    assert style.look("one-from-the-future") == style.look("one-from-the-future")


def test_cost_plots_every_repeat_and_the_median() -> None:
    costs = {"perf": [500.0, 540.0, 520.0, 510.0, 530.0], "ringbuf-reserve": [250.0, 260.0, 255.0, 245.0, 252.0]}
    rows = cells({transport: {"producer_ns_per_event": values} for transport, values in costs.items()})
    figure = draw("cost", rows)
    (axes,) = figure.axes  # nothing was measured of the reader: no empty panel
    for transport, values in costs.items():
        assert list(median(figure, transport).get_xdata()) == [np.median(values)]
        assert sorted(values) in [sorted(line.get_xdata()) for line in axes.get_lines()]
    assert axes.get_xlim()[0] == 0, "a linear axis starts at zero"
    assert "520 ns" in words(figure)
    assert "252 ns" in words(figure)
    assert "ringbuf-reserve is cheaper" in words(figure)


def test_the_stack_is_producer_below_reader_from_zero_with_the_sum_of_each_repeat_beside_it() -> None:
    parts = {
        "perf": {"producer_ns_per_event": [500.0, 540.0, 520.0, 510.0, 530.0], "consumer_cpu_ns_per_event": 200.0},
        "ringbuf-reserve": {
            "producer_ns_per_event": 250.0,
            "consumer_cpu_ns_per_event": [90.0, 100.0, 110.0, 95.0, 105.0],
        },
        "ringbuf-output": {"producer_ns_per_event": 250.0},  # without the reader's part there is no stack
    }
    figure = draw("cost_stacked", cells(parts))
    (axes,) = figure.axes
    bars = [(bar.get_x(), bar.get_y(), bar.get_height()) for bar in axes.patches]
    assert [(low, high) for _, low, high in bars] == [(0, 520), (520, 200), (0, 250), (250, 100)]
    assert bars[0][0] == bars[1][0] < bars[2][0] == bars[3][0]
    assert axes.get_ylim()[0] == 0
    assert list(median(figure, "perf, producer and reader").get_ydata()) == [720]
    drawn = [sorted(line.get_ydata()) for line in axes.get_lines()]
    assert [700, 710, 720, 730, 740] in drawn
    assert [340, 345, 350, 355, 360] in drawn
    assert "720 ns with perf, 350 ns with ringbuf-reserve" in words(figure).replace("\n", " ")


def test_figures_far_apart_get_a_logarithmic_axis_that_says_so(quick: SessionView) -> None:
    figure = KINDS["cost"].draw(quick)
    assert figure is not None
    for axes in figure.axes:
        assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "logarithmic scale")
        values = [x for line in axes.get_lines() for x in line.get_xdata()]
        low, high = shown_limits(axes)
        assert low <= min(values)
        assert max(values) <= high


def test_latency_shares_one_scale(quick: SessionView) -> None:
    figure = KINDS["latency"].draw(quick)
    assert figure is not None
    assert len(figure.axes) == 3
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_negative_latencies_of_a_broken_clock_stay_visible() -> None:
    rows = cells({"perf": {"latency_p50_ns": [-5, 3, 4, 5, 6]}, "ringbuf-reserve": {"latency_p50_ns": 7}})
    low, high = shown_limits(draw("latency", rows).axes[0])
    assert low < -5 < 7 < high


def test_drops_mark_zero_and_keep_it_on_the_axis(quick: SessionView) -> None:
    figure = KINDS["drops"].draw(quick)
    assert figure is not None
    forks, bursts = figure.axes
    assert forks.get_yscale() == bursts.get_yscale() == "symlog"
    assert forks.get_ylim() == bursts.get_ylim()
    assert forks.get_ylim()[0] == 0
    none = median(figure, "ringbuf-reserve, 1 MiB")
    assert (list(none.get_ydata()), none.get_markerfacecolor()) == ([0], style.PAPER)
    some = median(figure, "perf, 8 KiB")
    assert some.get_markerfacecolor() == style.look("perf").color
    assert [label.get_text() for label in forks.get_xticklabels()] == ["8 KiB", "64 KiB", "256 KiB", "1 MiB"]
    assert "logarithmic above" in forks.get_ylabel()


def test_drops_of_one_order_of_magnitude_are_on_a_linear_axis() -> None:
    columns = {t: {"attempted": 1000, "failed": [100, 120, 140, 160, 180]} for t in ("perf", "ringbuf-reserve")}
    (axes,) = draw("drops", cells(columns, mode="paired")).axes
    assert (axes.get_yscale(), axes.get_ylim()[0], axes.get_ylabel()) == ("linear", 0, "events lost, %")


def test_many_sizes_keep_their_labels_apart() -> None:
    rows: list[Row] = []
    for power in range(12, 30):
        columns = {t: {"attempted": 1000, "failed": 30 - power} for t in ("perf", "ringbuf-reserve")}
        rows += cells(columns, mode="paired", asked_bytes=1 << power, buffer_bytes=1 << power)
    (axes,) = draw("drops", [{**r, "failed": max(0, r["failed"])} for r in rows]).axes
    inches = axes.get_position().width * style.WIDTH / (axes.get_xlim()[1] - axes.get_xlim()[0])
    assert min(np.diff(axes.get_xticks())) * inches > 0.5
    assert len(axes.get_xticks()) > 3


def test_memory_shows_null_as_not_measured_and_zero_as_zero() -> None:
    ways = {"memory_physical_bytes": MIB, "memory_memlock_bytes": None, "memory_rss_bytes": 0}
    figure = draw("memory", cells({"perf": ways, "ringbuf-reserve": {**ways, "memory_memlock_bytes": MIB + 16 * KIB}}))
    (axes,) = figure.axes
    assert words(figure).count("not measured") == 3  # perf's memlock, and the cgroup of both
    assert words(figure).count("0 bytes") == 2
    assert list(median(figure, "perf, resident").get_xdata()) == [0]
    assert not [line for line in lines(figure) if str(line.get_label()).startswith("perf, locked")]
    assert axes.get_xlim()[0] == 0
    assert "dashed: the 1 MiB asked for" in axes.get_xlabel()


def test_ordering_is_per_thousand_delivered_and_from_zero() -> None:
    columns = {
        "perf": {"attempted": 2000, "failed": 0, "causal_violations": [50, 60, 40, 50, 50]},
        "ringbuf-reserve": {"attempted": 2000, "failed": 0, "causal_violations": 0},
    }
    figure = draw("ordering", cells(columns, mode="paired"))
    (axes,) = figure.axes
    assert list(median(figure, "perf").get_xdata()) == [25]
    assert median(figure, "ringbuf-reserve").get_markerfacecolor() == style.PAPER
    assert (axes.get_xscale(), axes.get_xlim()[0]) == ("linear", 0)
    assert axes.get_xlabel() == "per 1,000 delivered events"
    assert "50 with perf, 0 with ringbuf-reserve" in words(figure).replace("\n", " ")


def test_two_repeats_have_no_interval() -> None:
    rows = cells({t: {"producer_ns_per_event": [5.0, 7.0]} for t in ("perf", "ringbuf-reserve")}, blocks=[0, 1])
    figure = draw("cost", rows)
    assert not [line for line in lines(figure) if line.get_linestyle() == "-" and line.get_linewidth() == 2]


def test_settings_beyond_what_fits_are_counted() -> None:
    rows: list[Row] = []
    for n in range(11):
        columns = {"perf": {"producer_ns_per_event": 5.0}, "ringbuf-reserve": {"producer_ns_per_event": 4.0}}
        rows += cells(columns, workload=f"stress-ng:{n}")
    assert "3 more settings had no room here: see the table." in words(draw("cost", rows)).replace("\n", " ")


def test_settings_that_differ_in_their_last_words_are_told_apart() -> None:
    rows: list[Row] = []
    for nbytes in (32, 64):
        columns = {"perf": {"producer_ns_per_event": 5.0}, "ringbuf-reserve": {"producer_ns_per_event": 4.0}}
        setting = {"wakeup": "adaptive", "wait": "epoll:50us", "placement": "other", "record_bytes": nbytes}
        rows += cells(columns, workload="stress-ng:of-a-rather-long-name", **setting)
    said = words(draw("cost", rows)).replace("\n", " ")
    assert "32-byte records, 1 MiB, isolated trials" in said
    assert "64-byte records, 1 MiB, isolated trials" in said


def test_names_are_drawn_as_they_are_and_never_parsed() -> None:
    hostile = "$\\frac{1}{$ <b>& 龍 \x1b[31m"
    rows = synthetic.quick()
    for r in rows:
        r["workload"] = hostile
    figure = draw("drops", rows)
    style.render(figure, "png")
    svg = style.render(figure, "svg").decode()
    assert "<b>" not in svg
    assert "\x1b" not in svg
    assert "$\\frac" in words(figure)
    assert "龍" not in words(figure)  # the font has no picture of it
