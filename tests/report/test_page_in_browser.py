"""The page in a real browser: it opens from disk, without network, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ringbench.analysis.gate.compare import of_sessions
from ringbench.analysis.view import SessionView
from ringbench.data.store.folder import read_session
from ringbench.report import gate_files, write_report
from ringbench.report.figures import FIGURES
from ringbench.report.html import history_page as history
from tests.analysis import synthetic
from tests.analysis.gate.stored import stored
from tests.analysis.gate.worlds import rows, slower, wander
from tests.analysis.synthetic import session
from tests.report.browser import go, show
from tests.report.hostile import EVIL, shows_and_does_nothing
from tests.report.test_page import HOSTILE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = synthetic.quick()
    for r in rows:
        r["workload"] = HOSTILE + "x" * 300
    out = tmp_path_factory.mktemp("hostile")
    write_report(session(rows, notes=[HOSTILE], command_line=["ringbench", "run", "y" * 2000]), out)
    return out


@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_opens_without_a_complaint_and_without_scrolling_sideways(
    browser: Any, written: Path, width: int, dark: bool
) -> None:
    show(browser, written, width=width, dark=dark)
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    measure = "map(s => [s.getBoundingClientRect().width, s.getBBox().width])"
    figures, timelines = (
        browser.execute_script(f"return [...document.querySelectorAll('{which}')].{measure}")
        for which in ("figure svg", "details[open] > .figure > svg")
    )
    assert len(figures) == len(FIGURES)
    assert len(timelines) == 1  # the worst violation's; the others wait to be opened
    sizes = figures + timelines
    assert all(width > 300 and drawn > 300 for width, drawn in sizes)
    resources = browser.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
    assert [name for name in resources if not name.startswith("data:")] == []


def test_the_style_sheet_is_applied_and_the_dark_is_dark(browser: Any, written: Path) -> None:
    colours = "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"
    show(browser, written)
    light = browser.execute_script(colours)
    assert light == ["rgb(31, 35, 40)", "rgb(255, 255, 255)"]
    show(browser, written, dark=True)
    assert browser.execute_script(colours) == ["rgb(230, 237, 243)", "rgb(20, 24, 29)"]
    ink = "return getComputedStyle(document.querySelector('svg [fill=\"#1f2328\"]')).fill"
    assert browser.execute_script(ink) == "rgb(230, 237, 243)"


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages: a comparison, and figures over time, of sessions that call themselves bad names."""
    out, drift = tmp_path_factory.mktemp("compared"), wander(1)
    views = []
    for day in range(1, 11):
        change = slower("fill_ns_per_event", 0.3, "ringbuf-reserve") if day > 5 else None
        evil = [{**row, "workload": row["workload"] + EVIL} for row in rows(day, drift=drift, change=change)]
        named = [{**row, "trial": f"t{number}"} for number, row in enumerate(evil)]
        times = {"started": f"2026-11-{day:02d}T00:00:00+00:00", "ended": f"2026-11-{day:02d}T01:00:00+00:00"}
        path = stored(
            out / str(day), named, environment={"cpu_model": EVIL}, revision=EVIL, notes=[EVIL],
            sides={"id": "one", "blocks": 20}, **times,
        )  # fmt: skip
        views.append(SessionView.of(read_session(path, out)))
    gate_files.write(of_sessions(views[0], views[-1]), out)
    history.write(history.lines_of(views), out)
    return out


@pytest.mark.parametrize("page", ["compare", "history"])
@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_comparison_and_a_history_do_nothing_but_show(
    browser: Any, compared: Path, page: str, width: int, dark: bool
) -> None:
    text = shows_and_does_nothing(browser, compared, page=f"{page}.html", width=width, dark=dark)
    assert ("regressed" if page == "compare" else "worse") in text.lower()
    wide = browser.execute_script("return document.querySelector('figure svg').getBoundingClientRect().width")
    assert wide > 300


@pytest.mark.parametrize("width", [1100, 390])
def test_a_hostile_session_does_nothing(browser: Any, hostile: Path, width: int) -> None:
    show(browser, hostile, width=width)
    assert browser.get_log("browser") == []
    assert browser.execute_script("return [document.scripts.length, document.images.length]") == [1, 0]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def rows_shown(browser: Any) -> list[str]:
    rows = "[...document.querySelectorAll('#trials tbody tr')].filter(row => !row.hidden)"
    return browser.execute_script(f"return {rows}.map(row => row.cells[1].textContent)")


def choose(browser: Any, factor: str, value: str) -> None:
    browser.execute_script(
        "const s = document.querySelector(`#choose select[name=${arguments[0]}]`); s.value = arguments[1];"
        "s.dispatchEvent(new Event('change'))",
        factor,
        value,
    )


def test_rows_are_chosen_and_the_address_keeps_what_was(browser: Any, written: Path) -> None:
    show(browser, written)
    every = rows_shown(browser)
    choose(browser, "transport", "perf")
    assert set(rows_shown(browser)) == {"perf"}
    assert 0 < len(rows_shown(browser)) < len(every)
    address = browser.current_url
    assert address.endswith("report.html#?transport=perf")
    show(browser, written)
    assert rows_shown(browser) == every
    go(browser, address)
    assert set(rows_shown(browser)) == {"perf"}
    assert browser.get_log("browser") == []


def test_trials_are_sorted_by_numbers_as_numbers(browser: Any, written: Path) -> None:
    show(browser, written)
    press = "document.querySelectorAll('#trials th button')[3].click();"
    column = "return [...document.querySelectorAll('#trials tbody tr')].map(r => r.cells[3].dataset.value)"
    up = browser.execute_script(press + column)
    numbers = [int(value) for value in up if value.isdigit()]
    assert len(set(numbers)) > 2
    assert numbers == sorted(numbers)
    down = [int(value) for value in browser.execute_script(press + column) if value.isdigit()]
    assert down == sorted(down, reverse=True)
    assert "sort=trials" in browser.current_url


def test_without_scripts_everything_is_there(browser: Any, written: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(browser, written)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert browser.execute_script("return document.querySelector('#choose').hidden")
    assert len(rows_shown(browser)) > 100


def test_an_address_of_somebody_else_does_nothing(browser: Any, written: Path) -> None:
    evil = "#?transport=%3Cimg%20src=x%20onerror=alert(1)%3E&reader=nobody&sort=trials,99,%3Cb%3E&sort=__proto__,0,up"
    show(browser, written, page="report.html")
    every = rows_shown(browser)
    go(browser, (written / "report.html").as_uri() + evil)
    assert rows_shown(browser) == every
    assert browser.execute_script("return document.images.length") == 0
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("width", [1100, 390])
def test_the_answer_stands_on_the_first_screen(browser: Any, written: Path, width: int) -> None:
    show(browser, written, width=width)
    bottom = "return document.querySelector('h1').getBoundingClientRect().bottom"
    assert 0 < browser.execute_script(bottom) < 844
    assert browser.execute_script("return document.querySelectorAll('.card').length") == 4
