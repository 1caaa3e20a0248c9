"""The page in a real browser: it opens from disk, without network, on a desk and on a phone."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.compare import of_sessions
from bench.gate.report import files
from bench.history import page as history
from bench.report import write_report
from bench.report.view import SessionView
from bench.store.folder import read_session
from tests.gate.stored import stored
from tests.gate.worlds import rows, slower, wander
from tests.report import synthetic
from tests.report.synthetic import session
from tests.report.test_page import HOSTILE

pytestmark = pytest.mark.browser

webdriver = pytest.importorskip("selenium.webdriver")

FLAGS = (
    "--headless",
    "--remote-debugging-pipe",  # not by TCP: the driver would look for the browser at "localhost"
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class LoopbackService(webdriver.ChromeService):
    """The driver by its address: a minimal Debian has no /etc/hosts, and so no "localhost", by which selenium goes."""

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_connectable(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("needs chromium and chromedriver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory(prefix="ringbench-browser-", ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        chrome = webdriver.Chrome(options=options, service=LoopbackService(driver))
        yield chrome
        chrome.quit()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = synthetic.quick()
    for r in rows:
        r["workload"] = HOSTILE + "x" * 300
    out = tmp_path_factory.mktemp("hostile")
    write_report(session(rows, notes=[HOSTILE], command_line=["ringbench", "run", "y" * 2000]), out)
    return out


def show(browser: Any, folder: Path, *, width: int = 1100, dark: bool = False, page: str = "report.html") -> None:
    media = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    screen = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get((folder / page).as_uri())


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
    assert len(figures) == 13
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
        evil = [{**row, "workload": row["workload"] + HOSTILE} for row in rows(day, drift=drift, change=change)]
        named = [{**row, "trial": f"t{number}"} for number, row in enumerate(evil)]
        times = {"started": f"2026-11-{day:02d}T00:00:00+00:00", "ended": f"2026-11-{day:02d}T01:00:00+00:00"}
        path = stored(
            out / str(day), named, environment={"cpu_model": HOSTILE}, revision=HOSTILE, notes=[HOSTILE],
            sides={"id": "one", "blocks": 20}, **times,
        )  # fmt: skip
        views.append(SessionView.of(read_session(path, out)))
    files.write(of_sessions(views[0], views[-1]), out)
    history.write(history.lines_of(views), out)
    return out


@pytest.mark.parametrize("page", ["compare", "history"])
@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_comparison_and_a_history_do_nothing_but_show(
    browser: Any, compared: Path, page: str, width: int, dark: bool
) -> None:
    show(browser, compared, width=width, dark=dark, page=f"{page}.html")
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.scripts.length + document.images.length") == 0
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    wide = browser.execute_script("return document.querySelector('figure svg').getBoundingClientRect().width")
    assert wide > 300
    text = browser.execute_script("return document.body.innerText")
    assert ("regressed" if page == "compare" else "worse") in text.lower()
    resources = browser.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
    assert [name for name in resources if not name.startswith("data:")] == []


@pytest.mark.parametrize("width", [1100, 390])
def test_a_hostile_session_does_nothing(browser: Any, hostile: Path, width: int) -> None:
    show(browser, hostile, width=width)
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.scripts.length + document.images.length") == 0
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
