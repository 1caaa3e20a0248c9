"""The page on paper: all of it, in light colours, and nothing cut off."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.report.browser import show

pytestmark = pytest.mark.browser

WIDTHS = {"A4": 703, "A5": 469}
HEIGHT = 1032
"""CSS pixels between the margins; the height is that of A4."""
UNOPENED = "return document.querySelectorAll('details:not([open])').length"


def of_all(browser: Any, selector: str, what: str) -> set[Any]:
    """Return *what* each element *e* of *selector* says."""
    return set(browser.execute_script(f"return [...document.querySelectorAll('{selector}')].map(e => {what})"))


@pytest.mark.parametrize("paper", WIDTHS.values(), ids=WIDTHS)
def test_without_scripts_paper_has_all_in_light_colours_and_nothing_is_cut(
    browser: Any, reference: Path, paper: int
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(browser, reference, width=paper, dark=True, media="print")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert browser.execute_script(UNOPENED) > 20
    assert of_all(browser, "details > *", "e.checkVisibility({contentVisibilityAuto: true})") == {True}
    colours = "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"
    assert browser.execute_script(colours) == ["rgb(31, 35, 40)", "rgb(255, 255, 255)"]
    assert browser.execute_script("return document.documentElement.scrollWidth") <= paper
    assert max(of_all(browser, "table, svg, th, td, pre", "e.getBoundingClientRect().right")) <= paper
    assert of_all(browser, "figure, .figure, .card, tr", "getComputedStyle(e).breakInside") == {"avoid"}
    assert max(of_all(browser, "svg", "e.getBoundingClientRect().height")) < 0.8 * HEIGHT


def test_printing_opens_what_is_closed_and_closes_it_again(browser: Any, reference: Path) -> None:
    show(browser, reference)
    count = f"addEventListener('beforeprint', () => {{ window.left = (() => {{ {UNOPENED} }})() }});"
    before = browser.execute_script(count + UNOPENED)
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF-")
    assert browser.execute_script("return left") == 0
    assert browser.execute_script(UNOPENED) == before > 20
