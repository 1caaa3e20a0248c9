"""What a firehose shows of readers and wake-ups."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from ringbench.analysis.findings import Finding, finding
from ringbench.analysis.questions import LATENCY, ORDER, WAKEUPS
from ringbench.analysis.view import SessionView
from ringbench.report.figures import FIGURES
from ringbench.report.figures.style import look
from ringbench.run.trials.read_loop import GRACE_S
from tests.analysis import synthetic
from tests.analysis.synthetic import Row, cells, view
from tests.report.test_figures import median, words

(READERS,) = [kind for kind in FIGURES if kind.name == "readers"]


def draw(rows: list[Row]) -> Figure:
    figure = READERS.draw(view(rows))
    assert figure is not None
    return figure


@pytest.fixture(scope="module")
def drawn() -> Figure:
    return draw(synthetic.firehose())


def test_it_has_a_panel_for_each_figure_and_the_same_rows_in_all(drawn: Figure) -> None:
    assert [axes.get_title(loc="left") for axes in drawn.axes] == [
        "Delivered a second", "Producer, per event", "Reader, per event"
    ]  # fmt: skip
    assert len({axes.get_ylim() for axes in drawn.axes}) == 1
    assert all(axes.get_xlim()[0] == 0 for axes in drawn.axes if axes.get_xscale() == "linear")
    said = words(drawn).splitlines()
    assert said.index("bulk") < said.index("wake-up batch:500") < said.index("libbpf")


def test_every_repeat_lies_beside_its_median(drawn: Figure) -> None:
    rows = synthetic.firehose()
    rates = sorted(
        r["events_per_s"] for r in rows if (r["reader"], r["wakeup"], r["transport"]) == ("bulk", "batch:500", "perf")
    )
    marker = median(drawn, "perf, bulk, wake-up batch:500")
    assert list(marker.get_xdata()) == [np.median(rates)]
    (points,) = [line for line in drawn.axes[0].get_lines() if sorted(line.get_xdata()) == rates]
    assert points.get_marker() == look("perf").marker
    assert 0 < points.get_ydata()[0] - marker.get_ydata()[0] < 0.1


def test_a_wake_up_that_perf_does_not_have_has_no_mark_of_perf(drawn: Figure) -> None:
    labels = {str(line.get_label()) for line in drawn.axes[0].get_lines()}
    assert "ringbuf-reserve, bulk, wake-up adaptive" in labels
    assert "perf, bulk, wake-up adaptive" not in labels


def test_the_title_has_both_ends_and_whose_they_are() -> None:
    rows = cells(
        {"perf": {"events_per_s": 2e6}, "ringbuf-reserve": {"events_per_s": 9e6}},
        workload="firehose:1", record_bytes=32, wakeup="batch:500", wait="epoll", placement="other",
    )  # fmt: skip
    said = words(draw(rows)).replace("\n", " ")
    assert "from 2 M events/s (perf, bulk, wake-up batch:500) to 9 M events/s (ringbuf-reserve, bulk, wake-up" in said
    assert "firehose:1 on CPUs 0-1, 32-byte records, 1 MiB, reader on another CPU, isolated trials" in said


def test_what_differs_in_more_than_reader_and_wake_up_is_not_beside_it_but_counted() -> None:
    rows = synthetic.firehose()
    rows += [{**r, "cpus": "0-1", "events_per_s": 9e9, "trial": f"x{n}"} for n, r in enumerate(synthetic.firehose())]
    figure = draw(rows)
    assert max(x for axes in figure.axes[:1] for line in axes.get_lines() for x in line.get_xdata()) < 1e9
    assert "6 more settings had no room here: see the table." in words(figure).replace("\n", " ")


def test_the_setting_with_most_readers_is_shown() -> None:
    rows = [{**r, "workload": "firehose:1"} for r in synthetic.firehose() if r["reader"] == "bulk"]
    said = words(draw([*rows, *synthetic.firehose()]))
    assert "firehose:32 on CPU 0" in said
    assert "1 more setting" in said or "more settings" in said


def test_only_isolated_firehose_trials_are_in_it() -> None:
    assert READERS.draw(view(synthetic.quick())) is None
    assert READERS.draw(view([{**r, "mode": "paired"} for r in synthetic.firehose()])) is None
    assert READERS.draw(view(synthetic.capacity())) is None


def test_many_rows_stay_on_one_sheet() -> None:
    rows: list[Row] = []
    for n in range(40):
        rows += cells({"perf": {"events_per_s": 5.0 + n}}, [0, 1], workload="firehose:1", wakeup=f"batch:{n}")
    figure = draw(rows)
    assert figure.get_size_inches()[1] < 12
    assert "16 more settings had no room here" in words(figure).replace("\n", " ")


def answer(rows: list[Row]) -> Finding:
    return finding(view(rows), WAKEUPS)


def woken(base: Row, head: Row, **setting: object) -> list[Row]:
    return cells({"perf": base, "ringbuf-reserve": head}, **{"wakeup": "batch:500", "wait": "epoll", **setting})


def test_wake_ups_and_what_was_left_lying_are_told() -> None:
    rows = woken(
        {"wakeups_per_s": [9000.0, 9100, 8900, 9050, 8950], "residual": [80, 90, 100, 110, 120]},
        {"wakeups_per_s": [18_000.0, 18_100, 17_900, 18_050, 17_950], "residual": 0},
    )
    first, second = (statement.text for statement in answer(rows).brief)
    assert first.startswith("Waits that ended with events: 9,000 a second [8,900, 9,100] with perf and 18,000 a second")
    assert first.endswith("so perf had fewer.")
    assert second == (
        "Left for the final drain: 100 events [80, 120] with perf and 0 with ringbuf-reserve in each of 5 repeats: "
        "100 events [80, 120] fewer with ringbuf-reserve, so ringbuf-reserve left less lying."
    )


def test_an_age_is_shown_only_where_something_was_stranded() -> None:
    figures = {"wakeups_per_s": 5.0, "residual": 0}
    (group,) = answer(woken(figures, figures)).groups
    assert "stranded_age_ns" not in [line.column.name for line in group.lines]
    (group,) = answer(woken({**figures, "stranded_age_ns": 900}, figures)).groups
    assert "stranded_age_ns" in [line.column.name for line in group.lines]


def test_a_residue_of_before_the_reader_had_time_to_go_on_is_no_stranded_event(quick: SessionView) -> None:
    found = finding(quick, WAKEUPS)
    assert any(row["residual"] for row in quick.rows)
    assert (found.asked, found.headline) == (False, None)


def test_wake_ups_of_paired_trials_are_one_readers_and_not_ranked() -> None:
    rows = woken({"wakeups_per_s": 9.0}, {"wakeups_per_s": 5.0}, mode="paired")
    assert "not ranked" in answer(rows).sentence


def test_how_to_read_it_knows_how_long_the_reader_goes_on() -> None:
    assert f"for {GRACE_S * 1000:.0f} ms at least" in WAKEUPS.reading


def test_samples_are_not_asked_for_order_and_latency() -> None:
    session = view(synthetic.firehose())
    assert not finding(session, ORDER).asked
    assert not finding(session, LATENCY).asked
    assert finding(view([{**r, "valid": False} for r in synthetic.quick()]), ORDER).asked
