"""What a figure is drawn from stands in the page as CSV, and under the pointer."""

from __future__ import annotations

import base64
import csv
import io
import re
from pathlib import Path

import pytest

from ringbench.analysis.view import SessionView
from ringbench.report.figures import FIGURES, FigureKind, style
from ringbench.report.figures.data import as_link
from ringbench.report.figures.svg import inline, tip
from tests.analysis import synthetic
from tests.analysis.synthetic import session


def rows_of(link: str) -> list[dict[str, str]]:
    head, _, coded = link.partition(",")
    assert head == "data:text/csv;charset=utf-8;base64"
    return list(csv.DictReader(io.StringIO(base64.b64decode(coded).decode())))


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)
def test_each_figure_has_its_data(kind: FigureKind, whole: SessionView) -> None:
    rows = rows_of(as_link(kind.data(whole)))
    assert len(rows) > 1
    assert len({tuple(row) for row in rows}) == 1
    assert kind.data(SessionView.of(session([]))) == []


def test_the_values_are_those_of_the_trials(whole: SessionView) -> None:
    (drops,) = [kind for kind in FIGURES if kind.name == "drops"]
    told = {f"{float(row['value']):.6g}" for row in rows_of(as_link(drops.data(whole)))}
    stored = {f"{row['drop_rate']:.6g}" for row in whole.figures if row["drop_rate"] is not None}
    assert told
    assert told <= stored


def test_what_a_spreadsheet_would_run_is_made_harmless() -> None:
    (row,) = rows_of(as_link([{"workload": "=cmd|'/c calc'!A1", "value": -1.5}]))
    assert row == {"workload": "'=cmd|'/c calc'!A1", "value": "-1.5"}


def test_the_page_links_the_data_of_each_figure(tmp_path: Path, written: Path) -> None:
    html = (written / "report.html").read_text()
    links = re.findall(r'<a download="([a-z_]+)\.csv" href="(data:text/csv[^"]+)">', html)
    assert [name for name, _ in links] == [name for name in dict.fromkeys(name for name, _ in links)]
    assert {name for name, _ in links} == {kind.name for kind in FIGURES}
    assert all(rows_of(link) for _, link in links)


def test_a_median_tells_its_value_under_the_pointer(whole: SessionView) -> None:
    (cost,) = [kind for kind in FIGURES if kind.name == "cost"]
    figure = cost.draw(whole)
    assert figure is not None
    svg = str(inline(style.render(figure, "svg").decode(), "cost", "words"))
    titles = re.findall(r"<g><title>([^<]+)</title>", svg)
    assert any(re.match(r"perf, .*: [\d.]+ ns .*n = 5$", title) for title in titles)
    assert "tip-" not in svg


def test_hostile_words_under_the_pointer_are_text() -> None:
    svg = f'<svg viewBox="0 0 1 1"><g id="{tip("<script>é</script>")}"><path/></g></svg>'
    assert "<title>&lt;script&gt;é&lt;/script&gt;</title>" in inline(svg, "x", "w")


def test_the_svg_of_a_page_draws_the_same_with_names_of_its_own(whole: SessionView) -> None:
    (cost,) = [kind for kind in FIGURES if kind.name == "cost"]
    figure = cost.draw(whole)
    assert figure is not None
    raw = style.render(figure, "svg").decode()
    svg = str(inline(raw, "cost", "words"))
    assert len(svg) < 0.7 * len(raw)
    for tag in ("use", "path", "clipPath"):
        assert len(re.findall(rf"<{tag}\b", svg)) == len(re.findall(rf"<{tag}\b", raw))
    named, used = re.findall(r' id="([^"]*)"', svg), re.findall(r'(?:href="#|url\(#)([^")]*)', svg)
    assert sorted(named) == sorted(set(used))
    assert all(name.startswith("cost-") for name in named)
    marks = re.findall(r'<use xlink:href="#[^"]*" x="([\d.]+)" y="([\d.]+)"', raw)
    kept = re.findall(r'<use href="#[^"]*" x="([\d.]+)" y="([\d.]+)"', svg)
    assert len(kept) == len(marks) > 50
    for old, new in zip(marks, kept, strict=True):
        assert [float(each) for each in old] == pytest.approx([float(each) for each in new], abs=0.01)


def test_what_marks_share_is_said_once_and_glyphs_keep_their_places() -> None:
    marks = "".join(f'<use xlink:href="#m" x="1.23456" y="{y}.999999" style="fill: #ff0000"/>' for y in (1, 2))
    text = '<g transform="scale(0.075 -0.075)"><use xlink:href="#g" transform="translate(63.623047 0)"/></g>'
    svg = inline(
        f'<svg viewBox="0 0 1 1"><defs><path id="m" d="M 0 1.23456 \nL -2 3 \nz"/><path id="g"/></defs>'
        f'<g clip-path="url(#p)">{marks}</g>{text}</svg>',
        "x",
        "w",
    )
    assert '<g clip-path="url(#x-0)" fill="#ff0000"><use href="#x-1" x="1.23" y="1.99"/>' in svg
    assert 'd="M0 1.23L-2 3z"' in svg
    assert '<g transform="scale(0.075 -0.075)"><use href="#x-2" x="64"/></g>' in svg


def test_no_row_of_a_hostile_session_is_a_formula() -> None:
    rows = synthetic.quick()
    for row in rows:
        row["workload"] = "@SUM(1+1)*cmd|' /C calc'!A0"
    view = SessionView.of(session(rows))
    for kind in FIGURES:
        for row in rows_of(as_link(kind.data(view))) if kind.data(view) else []:
            assert not any(str(cell).startswith(("=", "@", "+")) for cell in row.values())
