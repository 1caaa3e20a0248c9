"""A real browser for tests of pages: how it is started, how a page is opened in it, and what it says of itself."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver")
wait = pytest.importorskip("selenium.webdriver.support.wait")
keys = webdriver.Keys

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
_LONGEST_S = 60


class LoopbackService(webdriver.ChromeService):
    """The driver by its address: a minimal Debian has no /etc/hosts, and so no "localhost", by which selenium goes."""

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_connectable(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0


def started() -> Iterator[Any]:
    """Yield a browser that keeps its console and a log of its requests; skip where there is none."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("needs chromium and chromedriver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory(prefix="ringbench-browser-", ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        chrome = webdriver.Chrome(options=options, service=LoopbackService(driver))
        yield chrome
        chrome.quit()


def go(browser: Any, address: str) -> None:
    """Open *address* and wait until it is there: the driver alone comes back too early now and then."""
    browser.get("about:blank")  # else a new fragment would load nothing
    browser.get(address)
    there = ["complete", address]
    wait.WebDriverWait(browser, _LONGEST_S).until(
        lambda page: page.execute_script("return [document.readyState, location.href]") == there
    )


def show(
    browser: Any, folder: Path, *, width: int = 1100, dark: bool = False, page: str = "report.html", media: str = ""
) -> None:
    """Open *page* of *folder* as a screen of *width* shows it, or as *media* does; below 500 pixels on a phone."""
    look = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": look})
    screen = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    go(browser, (folder / page).as_uri())


def console(browser: Any) -> list[Any]:
    """Return what the pages complained of since this was last asked."""
    found: list[Any] = browser.get_log("browser")
    return found


def requested(browser: Any) -> set[str]:
    """Return the addresses that the browser has asked for since this was last asked; none is left out."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    return {
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    }
