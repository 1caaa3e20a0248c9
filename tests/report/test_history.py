"""History: lines of one machine and profile, their series and boundaries, and the page that shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ringbench.analysis.view import SessionView
from ringbench.data.store.folder import read_session
from ringbench.report.figures import history_figure
from ringbench.report.html import history_page
from tests.analysis.gate.stored import stored
from tests.analysis.gate.worlds import rows, slower

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"


def view(folder: Path, day: int, *, blocks: int = 2, change: Any = None, **more: Any) -> SessionView:
    started = f"2026-11-{day:02d}T00:00:00+00:00"
    path = stored(
        folder / f"{day}-{len(list(folder.iterdir()))}", rows(day, blocks, change=change), started=started, **more
    )
    return SessionView.of(read_session(path, path))


def changed(line: history_page.Line) -> list[tuple[int, list[str]]]:
    return line.series[0].boundaries


def test_two_machines_or_profiles_are_never_in_one_line(tmp_path: Path) -> None:
    views = [
        view(tmp_path, 1),
        view(tmp_path, 2, profile="quick"),
        view(tmp_path, 3, profile=None),
        view(tmp_path, 4, environment={"cpu_model": "Another"}),
        view(tmp_path, 5, environment={"governor": "powersave"}),
        view(tmp_path, 6, environment={"kernel": "6.19.0", "bcc": "0.31.0"}),
    ]
    assert sorted(len(line.views) for line in history_page.lines_of(views)) == [1, 1, 1, 1, 2]
    assert history_page.lines_of([]) == []
    assert "no session to show" in history_page.render([])


@pytest.mark.parametrize(
    ("later", "said"),
    [
        ({"environment": {"kernel": "6.19.0"}}, ["kernel 6.18.0 → 6.19.0"]),
        ({"environment": {"kernel_build": "#2 SMP"}}, ["kernel_build #1 SMP → #2 SMP"]),
        ({"environment": {"bcc": "0.31.0"}}, ["bcc 0.26.0 → 0.31.0"]),
        ({"environment": {"mitigations": {"spectre_v2": "Vulnerable"}}}, ["mitigations"]),
        ({"plan": {"duration_s": 1.0}}, ["duration_s 0.2 → 1.0"]),
        ({"plan": {"events_to": "disk"}}, ["events_to None → disk"]),
        ({"plan": {"events_to": "memory"}}, []),
        ({"environment": {"python": "3.13.1"}}, []),
    ],
)
def test_other_conditions_are_a_boundary_in_words(tmp_path: Path, later: dict[str, Any], said: list[str]) -> None:
    before = {"environment": {"mitigations": {"spectre_v2": "Mitigation: Retpolines"}}}
    after = {**before, **later, "environment": {**before["environment"], **later.get("environment", {})}}
    (line,) = history_page.lines_of(
        [view(tmp_path, 1, **before), view(tmp_path, 2, **after), view(tmp_path, 3, **after)]
    )
    assert changed(line) == ([(1, said)] if said else [])
    assert all(word in history_figure.words(line.series) for word in said)
    (document,) = history_page.document([line])
    assert document["series"][0]["boundaries"] == ([{"place": 1, "changed": said}] if said else [])


def test_what_was_not_measured_is_no_point(tmp_path: Path) -> None:
    def gone(_: int, row: dict[str, Any]) -> dict[str, Any]:
        return {"fill_ns_per_event": None} if row.get("fill_ns_per_event") is not None else {}

    (line,) = history_page.lines_of(
        [view(tmp_path, 1), view(tmp_path, 2, change=gone), view(tmp_path, 3)], ["fill_ns_per_event"]
    )
    assert [[m.started.day for m in series.moments] for series in line.series] == [[1, 3], [1, 3]]
    (line,) = history_page.lines_of([view(tmp_path, 4, change=gone)], ["fill_ns_per_event"])
    assert line.series == ()
    assert "<svg" not in history_page.render([line])


def test_figures_that_are_0_and_a_single_session_can_be_drawn(tmp_path: Path) -> None:
    (line,) = history_page.lines_of([view(tmp_path, 1)], ["drop_rate", "fill_ns_per_event"])
    drawn = history_figure.draw(line.series, "title", line.views[-1])
    assert drawn is not None
    for axes, series in zip(drawn.axes, line.series, strict=True):
        low, high = axes.get_ylim()
        assert low == 0 < high
        assert high >= max(v for values in series.repeats for v in values)
    assert history_figure.draw([], "title", line.views[-1]) is None


def test_a_page_of_several_machines_and_hostile_names(tmp_path: Path) -> None:
    slow = slower("fill_ns_per_event", 0.3, "ringbuf-reserve")
    views = [
        view(tmp_path, day, profile=HOSTILE, revision=HOSTILE, environment={"kernel": HOSTILE + str(day % 2)},
             change=slow if day > 5 else None)
        for day in range(1, 10)
    ]  # fmt: skip
    views += [view(tmp_path, 1, profile="a b"), view(tmp_path, 1, profile="a-b")]
    lines = history_page.lines_of(views)
    assert len(lines) == 3
    html, js = history_page.write(lines, tmp_path / "out")
    text = html.read_text()
    assert "<script" not in text
    assert "\x1b" not in text + js.read_text()
    assert "\u202e" not in text
    assert "default-src 'none'" in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    found = json.loads(js.read_text())
    assert sum(len(series["steps"]) for line in found for series in line["series"]) == 1
