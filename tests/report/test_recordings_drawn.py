"""Figures of recorded events: the disorder itself, and curves by setting."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from matplotlib.figure import Figure

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.text import together
from ringbench.analysis.view import SessionView
from ringbench.report.figures import disorder, latency_distribution, window
from ringbench.report.figures.curves import panels, visible
from ringbench.report.figures.style import look
from tests.analysis import synthetic


def seen(recorded: list[Surveyed]) -> SessionView:
    return SessionView.of(synthetic.session(recorded=recorded))


def words(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.texts).replace("\n", " ")


def as_if(each: Surveyed, **changed: object) -> Surveyed:
    assert each.row is not None
    return replace(each, row={**each.row, **changed})


@pytest.fixture
def recorded() -> list[Surveyed]:
    return list(synthetic.orders())


def test_the_disorder_is_drawn_event_by_event_and_cpu_by_cpu(recorded: list[Surveyed]) -> None:
    figure = disorder.draw(seen(recorded))
    assert figure is not None
    for axes, each in zip(figure.axes, recorded, strict=True):
        scene = each.scene
        assert scene is not None
        for cpu, line in zip(np.unique(scene.cpu), axes.get_lines(), strict=True):
            assert list(line.get_xdata()) == list(scene.after_ns[scene.cpu == cpu])
            assert list(line.get_ydata()) == list(scene.place[scene.cpu == cpu])
        assert len(axes.get_lines()) == 2
        assert axes.get_xlim()[0] == axes.get_ylim()[0] == 0
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert "the same events with each transport" in words(figure)
    perf, ring = (each.scene for each in recorded)
    assert perf is not None
    assert ring is not None
    assert perf.late_events > ring.late_events > 0
    assert f"{perf.late_events:,} of {perf.events:,}" in words(figure)


def test_trials_of_their_own_are_not_called_the_same_events(recorded: list[Surveyed]) -> None:
    apart = [as_if(each, mode="isolated", trial=f"{number:04}") for number, each in enumerate(recorded)]
    figure = disorder.draw(seen(apart))
    assert figure is not None
    assert len(figure.axes) == 2
    assert "each transport had events of its own" in words(figure)


def test_many_cpus_take_turns_in_colour_and_the_legend_says_so() -> None:
    figure = disorder.draw(seen(list(synthetic.orders(cpus=9))))
    assert figure is not None
    (legend,) = figure.legends
    told = [text.get_text() for text in legend.get_texts()]
    assert told == [*(f"event of CPU {cpu}" for cpu in range(4)), "5 more CPUs, whose looks repeat"]


def test_what_is_shown_together_is_of_one_trial_and_lost_nothing(recorded: list[Surveyed]) -> None:
    lossy = [as_if(each, trial="0001", failed=7) for each in recorded]
    whole = [as_if(each, trial="0002") for each in recorded]
    alone = [as_if(recorded[0], trial="0003", mode="isolated")]
    for shuffled in (lossy + whole + alone, alone + whole + lossy, [*reversed(whole), *lossy]):
        assert [each.row and each.row["trial"] for each in together(shuffled)] == ["0002", "0002"]
        assert [each.order.transport for each in together(shuffled)] == ["perf", "ringbuf-reserve"]
    assert together(alone) == alone
    assert together([]) == []


def test_curves_of_one_setting_share_a_panel_and_panels_share_their_scales(recorded: list[Surveyed]) -> None:
    slow = [as_if(each, trial="0005", wakeup="every", wait="epoll", drain_interval_s=None) for each in recorded]
    again = [as_if(each, trial="0006", block=3) for each in recorded]
    every = panels([*slow, *recorded, *again])
    assert [[curve.transport for curve in panel] for panel in every] == [["perf", "ringbuf-reserve"]] * 2
    assert [panel[0].surveyed.row and panel[0].surveyed.row["wakeup"] for panel in every] == ["none", "every"]
    for kind in (latency_distribution, window):
        figure = kind.draw(seen([*slow, *recorded]))
        assert figure is not None
        assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1
        colors = {line.get_color() for axes in figure.axes for line in axes.get_lines()}
        assert {look("perf").color, look("ringbuf-reserve").color} <= colors


def test_settings_beyond_what_fits_and_events_that_were_lost_are_said(recorded: list[Surveyed]) -> None:
    many = [
        as_if(each, workload=f"stress-ng:{n}", failed=n == 0 and each.order.transport == "perf", attempted=200)
        for n, each in product(range(9), recorded)
    ]
    figure = latency_distribution.draw(seen(many))
    assert figure is not None
    assert len(figure.axes) == 6
    assert "3 more settings had no room here." in words(figure)
    assert "Without events that were lost: perf lost 0.5 % with 1 MiB." in words(figure)


def test_points_nobody_could_tell_apart_are_left_out_and_the_ends_are_not() -> None:
    points = [(1.0 + n / 1000, 1.0 - n / 2000) for n in range(1000)]
    kept = visible(points)
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert set(kept) <= set(points)
    assert 20 < len(kept) < 60
    assert visible([]) == []
    assert visible(points[:1]) == points[:1]
    assert visible(points[:2]) == points[:2]


def test_percentiles_are_named_where_they_are(recorded: list[Surveyed]) -> None:
    figure = latency_distribution.draw(seen(recorded))
    assert figure is not None
    (axes,) = figure.axes
    assert {"p50", "p90", "p99", "p99.9"} <= {text.get_text() for text in axes.texts}
    perf = recorded[0].order.delivered.latency
    marked = [(x, y) for line in axes.get_lines() for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)]
    assert (perf.p50, 0.5) in marked
    assert (perf.p999, 0.001) in marked
    assert axes.get_xscale() == axes.get_yscale() == "log"
