"""Two sessions side by side: what meets, what is said of it, and what is not."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringbench.analysis.findings import findings
from ringbench.analysis.side_by_side import Pair, differences, pairs, reading
from ringbench.analysis.view import SessionView
from ringbench.cli import cli
from ringbench.errors import OptionError
from ringbench.report.figures import FIGURES
from ringbench.report.side_by_side import write_side_by_side
from ringbench.report.terminal import side_by_side_screen
from tests import ROOT
from tests.analysis import synthetic
from tests.analysis.synthetic import Row, cells, row, session, view

HOSTILE = "<script>hit()</script>\x1b[31m\u202e"


def costs(perf: float, ringbuf: float, **setting: object) -> list[Row]:
    """Return five repeats with a difference that shows, or where both cost the same none."""
    spread = [1.0, 1.01, 0.99, 1.02, 0.98]
    figures = {"perf": perf, "ringbuf-reserve": ringbuf}
    return cells(
        {name: {"producer_ns_per_event": [value * by for by in spread]} for name, value in figures.items()}, **setting
    )


def pairs_of(first: list[Row], second: list[Row]) -> list[Pair]:
    return [pair for pair in pairs((findings(view(first)), findings(view(second)))) if pair.rows]


def the_reading(first: list[Row], second: list[Row]) -> str:
    (pair,) = pairs_of(first, second)
    (lines,) = pair.rows
    return reading(lines)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ((800, 500), (900, 600), "ringbuf-reserve in both"),
        ((800, 500), (500, 800), "ringbuf-reserve in A; perf in B"),
        ((800, 500), (500, 500), "ringbuf-reserve in A; the same in every repeat in B"),
        ((500, 500), (500, 500), "the same in every repeat in both"),
    ],
)
def test_each_is_judged_by_its_own_interval(first: tuple[int, int], second: tuple[int, int], said: str) -> None:
    assert the_reading(costs(*first), costs(*second)) == said


def test_with_too_few_repeats_nothing_is_claimed_of_that_one() -> None:
    few = [r for r in costs(800, 500) if r["block"] == 0]
    assert the_reading(costs(800, 500), few) == "ringbuf-reserve in A; too few repeats for an interval in B"


def test_what_was_read_otherwise_does_not_meet() -> None:
    for other in ({"reader": "callback"}, {"wakeup": "every"}, {"workload": "burst"}, {"asked_bytes": 4096}):
        assert pairs_of(costs(800, 500), costs(800, 500, **other)) == []
    alone = [r for r in costs(800, 500) if r["transport"] == "perf"]
    assert pairs_of(costs(800, 500), alone) == []


def test_other_cpus_meet_and_it_is_said() -> None:
    (pair,) = pairs_of(costs(800, 500), costs(800, 500, cpus="0-63"))
    assert pair.where.endswith("(B: fork-exec on CPUs 0-63)")
    (same,) = pairs_of(costs(800, 500), costs(800, 500))
    assert "B:" not in same.where


def test_what_differs_is_told_and_nothing_else() -> None:
    old = view([], environment={"kernel": "6.1", "cpus_online": 2}, started="2026-01-01T00:00:00Z")
    new = view([], environment={"kernel": "6.18", "cpus_online": 2, "smt": True}, started="2026-02-01T00:00:00Z")
    assert differences((old, new)) == [("kernel", "6.1", "6.18"), ("smt", "", "True")]
    assert differences((old, old)) == []


def test_the_page_has_both_and_no_two_parts_of_one_name(tmp_path: Path) -> None:
    whole = synthetic.whole_session()
    page = write_side_by_side((SessionView.of(whole), SessionView.of(whole)), tmp_path / "new").read_text()
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids)) > 100
    for target in re.findall(r'href="#([^"]*)"', page):
        assert target in ids
    assert "In nothing that is recorded of machine, versions and plan." in page
    assert page.count("<figure>") == 2 * len(FIGURES)
    assert "ringbuf-reserve in both" in page
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]


def test_nothing_in_common_is_said(tmp_path: Path) -> None:
    both = (view(costs(800, 500)), view(costs(800, 500, reader="callback")))
    assert "no setting in common" in write_side_by_side(both, tmp_path).read_text()
    out = io.StringIO()
    side_by_side_screen.show(both, tmp_path / "report.html", out)
    assert "no setting in common" in out.getvalue()


def test_nothing_of_either_is_obeyed(tmp_path: Path) -> None:
    rows = [row(reader=HOSTILE, workload=HOSTILE, events_per_s=5.0, transport=name) for name in ("perf", HOSTILE)]
    bad = view(
        rows,
        environment={"kernel": HOSTILE, HOSTILE: 1}, notes=[HOSTILE], status=HOSTILE, profile=HOSTILE,
    )  # fmt: skip
    page = write_side_by_side((bad, view([])), tmp_path).read_text()
    assert "<script" not in page
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", page)
    out = io.StringIO()
    side_by_side_screen.show((bad, view([])), tmp_path / "report.html", out)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", out.getvalue())


def test_a_page_of_two_names_nobody_unasked(tmp_path: Path) -> None:
    owned = session(measured_by={"host": "build-7.example.org", "user": "ada-lovelace"})
    for identify in (False, True):
        views = SessionView.of(owned, identify=identify), SessionView.of(session(), identify=identify)
        assert ("build-7.example.org" in write_side_by_side(views, tmp_path).read_text()) == identify


REFERENCE = ROOT / "results" / "reference"


def test_report_takes_two_and_no_more(tmp_path: Path) -> None:
    two = [str(REFERENCE), str(REFERENCE / "frontier")]
    done = CliRunner().invoke(cli, ["report", *two, "--out", str(tmp_path / "both")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "both" / "report.html").exists()
    assert done.stdout.startswith("A  reference (complete)")
    done = CliRunner().invoke(cli, ["report", *two, "--out", str(tmp_path / "both"), "--json"])
    assert [each["session"] for each in json.loads(done.stdout)["sessions"]] == two
    done = CliRunner().invoke(cli, ["report", *two, str(REFERENCE), "--out", str(tmp_path / "three")])
    assert isinstance(done.exception, OptionError)
    assert not (tmp_path / "three").exists()
