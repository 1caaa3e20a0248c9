"""What the report says of order: the answer, who made the disorder, and what happened in the worst cases."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ringbench.analysis.order import text, timeline
from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.table import figures, kinds, pairs, remains
from ringbench.analysis.view import SessionView
from ringbench.cli import cli
from ringbench.data.order import analyse
from ringbench.report.document.session_document import as_json, dumps
from ringbench.report.figures import disorder_by_cpu, disorder_over_time, latency_distribution, style, window
from ringbench.report.html import session_page
from ringbench.report.markdown.summary import render
from ringbench.report.terminal.order_screen import show
from ringbench.report.terminal.session_screen import show as show_report
from ringbench.spec.event import EXEC, EXIT, FORK, Events
from tests.analysis import synthetic
from tests.analysis.synthetic import session
from tests.data.order.planted import Recipe, drained_by_cpu
from tests.data.order.recorded import Recorded
from tests.data.order.reference import events_of

HOSTILE = b"\x1b[31m<b>\xff"


def surveyed(events: Events, transport: str = "perf") -> Surveyed:
    return Surveyed(None, analyse(Recorded(events), transport, shared_ring=transport != "perf"))


def printed(*several: Surveyed) -> str:
    out = io.StringIO()
    show(several, out, width=100)
    return " ".join(out.getvalue().split())


def test_the_answer_says_how_long_and_what_it_costs() -> None:
    perf, ringbuf = synthetic.orders()
    said = text.answer(perf.order)
    events, late = perf.order.events, perf.order.delivered.late_events
    assert f"{late:,} of {events:,} events (49.8 %) came late, by 10 ms at most" in said
    assert f"{perf.order.delivered.causal_violations:,} causal violations among them" in said
    assert "Held back for 10 ms, all come out in order; that keeps" in said
    assert "events (" in said
    assert "instead of 5" in said
    assert "Held back for" in text.answer(ringbuf.order)


def test_in_order_and_empty_recordings_have_an_answer() -> None:
    straight, _ = Recipe(1000, swaps=0, moved_forks=0).events()
    assert text.answer(surveyed(straight).order).endswith("came in order; nothing has to be held back.")
    assert text.answer(surveyed(straight[:0]).order) == "perf delivered no event."
    assert "No recorded events" in printed()


def test_a_swap_of_neighbours_needs_the_next_event_and_no_more() -> None:
    order = surveyed(events_of([(1, 9, 0, FORK, 1), (3, 9, 1, FORK, 2), (2, 9, 0, EXEC, 1), (9, 9, 0, EXIT, 1)])).order
    assert "Held back until the next event comes" in text.answer(order)


def test_causes_add_up_and_name_their_evidence() -> None:
    perf, ringbuf = synthetic.orders()
    inversions, violations = text.causes(perf.order)
    made = perf.order.causes
    assert made.inversions_reader is not None
    assert made.inversions_reader + made.inversions_stamp + made.inversions_transport == (
        perf.order.delivered.timestamp_inversions
    )
    assert "gone once each of its" in inversions
    assert "passes is merged" in inversions
    assert "reused pids none: no birth has two forks" in violations
    assert f"{made.violations_by_pid:,}" in violations
    assert "the reader made 0 (it reads one ring)" in text.causes(ringbuf.order)[0]


def test_a_birth_with_two_forks_is_not_called_none() -> None:
    order = surveyed(events_of([(3, 9, 0, EXIT, 1), (1, 9, 0, FORK, 1), (5, 9, 0, FORK, 1)])).order
    assert "reused pids up to 1: 1 fork bear a birth that another one has" in " ".join(text.causes(order))


def test_tables_have_every_step_and_every_kind() -> None:
    perf, ringbuf = synthetic.orders()
    steps = [row[0] for row in remains(perf.order).rows]
    assert steps == ["as delivered", "each pass merged", *(f"held for {s}" for s in ("99%", "99.9%", "99.99%", "all"))]
    assert [row[0] for row in remains(ringbuf.order).rows][1] == "held for 99%"
    assert remains(perf.order).rows[-1][3:5] == ("0", "0")
    assert [row[0] for row in kinds(perf.order).rows] == ["fork", "exec", "exit"]
    counted = {row[0]: row[1] for row in figures(perf.order).rows}
    assert counted["Inversions of any two events"] == f"{perf.order.kendall_inversions:,}"
    assert counted["Late by"].endswith(", 10 ms")
    assert counted["Late over time"].count("%") == 3
    assert pairs(perf.order).rows[0][:2] == ("1", "0")


def test_a_timeline_shows_what_happened_in_both_orders() -> None:
    rows = [(500, 10_000, 0, EXEC, 7), (900, 10_000, 0, EXIT, 7), (100, 20_000, 3, FORK, 7)]
    (example,) = surveyed(events_of(rows)).order.examples
    assert timeline.headline(example) == (
        "pid 2 (made): its fork was delivered after its exec and its exit, 800 ns behind the newest event"
    )
    told = [(line.kind, line.cpu, line.stamped, line.turn, line.delivered) for line in timeline.lines(example)]
    assert told == [
        ("fork", "3", "0 ns", "3rd", "+10 µs"),
        ("exec", "0", "400 ns", "1st", "after 9.9 µs"),
        ("exit", "0", "800 ns", "2nd", "+0 ns"),
    ]
    drawn = timeline.svg(example)
    assert drawn.count("<circle") == 6
    assert "CPU 0" in drawn
    assert "CPU 3" in drawn
    assert "style=" not in drawn  # the page's policy forbids it


def test_a_name_can_be_anything(tmp_path: Path) -> None:
    events = events_of([(500, 900, 0, EXIT, 7), (100, 900, 1, FORK, 7)])
    events["comm"] = HOSTILE
    found = surveyed(events, "<i>\x1b[1m")
    stored = session(recorded=[found])
    on_terminal = printed(found)
    html, summary = session_page.render(SessionView.of(stored), {}), render(SessionView.of(stored))
    for shown in (on_terminal, html, summary, dumps(as_json(stored))):
        assert "\x1b" not in shown
    assert "<b>" not in html.replace("<body>", "")
    assert r"\x1b[31m" in on_terminal
    assert r"\xff" in on_terminal


def test_page_summary_terminal_and_document_have_the_answer() -> None:
    stored = synthetic.whole_session()
    seen = SessionView.of(stored)
    answer = text.answer(seen.orders[0].order)
    html = session_page.render(seen, {})
    assert answer in html
    assert "The worst violations, as they happened" in html
    assert answer in render(seen)
    out = io.StringIO()
    show_report(stored, file=out, width=100)
    assert answer in " ".join(out.getvalue().split())
    document = json.loads(dumps(as_json(stored)))
    assert document["orders"][0]["answer"] == answer
    assert document["orders"][0]["windows"][-1]["share"] == "all"
    assert {"causal_violations", "latency_p999_ns", "max_displacement"} <= set(document["orders"][0])


@pytest.mark.parametrize("cpus", [2, 64, 512])
def test_figures_stay_readable_on_many_cpus(cpus: int) -> None:
    seen = SessionView.of(session(recorded=synthetic.orders(cpus)))
    figure = disorder_by_cpu.draw(seen)
    assert figure is not None
    for axes in figure.axes:
        (image,) = axes.get_images()
        assert max(image.get_array().shape) <= 128
        assert len(axes.get_xticks()) <= 8
        assert bool(axes.texts) == (cpus <= 8)
        low, high = image.norm.vmin, image.norm.vmax
        assert 0 < low < high
    assert "pairs of CPUs have late events" in disorder_by_cpu.alt(seen)
    for kind in (window, disorder_over_time, latency_distribution):
        drawn = kind.draw(seen)
        assert drawn is not None
        assert style.render(drawn, "png")


def test_the_window_figure_falls_with_the_time_held_back() -> None:
    seen = SessionView.of(session(recorded=synthetic.orders()))
    figure = window.draw(seen)
    assert figure is not None
    perf = seen.orders[0].order
    (axes,) = figure.axes
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) > 1]
    curve = max(lines, key=lambda line: max(line.get_ydata()))
    assert max(curve.get_ydata()) == pytest.approx(perf.delivered.late_events / perf.events)
    assert (np.diff(curve.get_ydata()) <= 0).all()
    assert max(curve.get_xdata()) >= 0.99 * perf.windows[-1].window_ns


def test_a_burst_of_disorder_is_seen_as_one() -> None:
    straight, _ = Recipe(200_000, swaps=0, moved_forks=0).events()
    third = len(straight) // 3
    parts = np.split(straight, [third, third + 20_000])
    burst = np.concatenate([parts[0], drained_by_cpu(parts[1]), parts[2]])
    burst["received_ns"] = burst["ts_ns"] + 5
    found = surveyed(burst)
    late = [span.late_events for span in found.order.by_span]
    assert sum(late) > 5_000
    assert sorted(late)[-2:][0] + sorted(late)[-1] == sum(late)
    assert disorder_over_time.draw(SessionView.of(session(recorded=[found]))) is not None


def test_events_that_cannot_be_read_are_a_caveat_and_no_failure(tmp_path: Path) -> None:
    stored = dataclasses.replace(session(), path=tmp_path, derived={})
    (tmp_path / "events").mkdir()
    row = stored.trials.iloc[0]
    stored.trials["trial"] = [f"{place:04d}" for place in range(len(stored.trials))]
    (tmp_path / "events" / "0000.parquet").write_bytes(b"no parquet")
    seen = SessionView.of(stored)
    assert row["valid"]
    assert seen.orders == []
    assert "0000.parquet" in seen.no_orders
    out = io.StringIO()
    show_report(stored, file=out, width=200)
    assert "The order of recorded events was not analysed" in out.getvalue()


def test_the_command_on_a_file_and_on_the_reference(tmp_path: Path) -> None:
    Recipe(10_000, swaps=10).write(tmp_path / "events.parquet")
    done = CliRunner().invoke(cli, ["order", str(tmp_path / "events.parquet")])
    assert done.exit_code == 0, done.output
    assert "ringbuf-reserve:" in done.output
    assert "10. ringbuf-reserve: pid" in done.output
    document = json.loads(CliRunner().invoke(cli, ["order", str(tmp_path / "events.parquet"), "--json"]).output)
    (found,) = document["recordings"]
    assert found["transport"] == "ringbuf-reserve"
    assert found["causal_violations"] == found["causes"]["violations_transport"] > 0
    reference = json.loads(CliRunner().invoke(cli, ["order", "results/reference", "--json"]).output)
    paired = [each for each in reference["recordings"] if each["mode"] == "paired"]
    assert {each["transport"] for each in paired} == {"perf", "ringbuf-reserve"}
    assert all(each["workload"] for each in paired)
