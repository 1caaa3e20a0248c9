"""Whether everybody can read the page: by keyboard, with other eyes or none, on a phone. The recorded session's."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.report.browser import keys, show

pytestmark = pytest.mark.browser

OPEN = "for (const each of document.querySelectorAll('details')) each.open = true;"
LOWEST_CONTRAST = 4.5
CONTRASTS = """
const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const ratio = (one, other) => {
  const [low, high] = [light(numbers(one)), light(numbers(other))].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const behind = e => {
  for (; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor, [, , , alpha] = numbers(colour);
    if (alpha === undefined || alpha > 0) return colour;
  }
};
const found = [];
for (const e of document.body.querySelectorAll("*:not(script)")) {
  if (e.closest("svg") || !e.getClientRects().length || getComputedStyle(e).opacity !== "1") continue;
  if (![...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;
  const where = `${e.localName}.${e.className} ${e.textContent.slice(0, 40)}`;
  found.push([ratio(getComputedStyle(e).color, behind(e)), getComputedStyle(e).color, where]);
}
const inside = (e, box) => {
  const {left, right, top, bottom} = e.getBoundingClientRect();
  return left >= box.left && right <= box.right && top >= box.top && bottom <= box.bottom;
};
const onField = e => [...e.closest("svg").querySelectorAll("image")].some(i => inside(e, i.getBoundingClientRect()));
const words = [...document.querySelectorAll("svg text, svg g[transform*='scale'] use")].filter(e => !onField(e));
const drawn = words.map(e => {
  const own = getComputedStyle(e), where = e.closest("[id]")?.id || e.textContent;
  return [ratio(own.fill, behind(e.closest("svg").parentElement)), own.fill, where];
});
const faint = [...found, ...drawn].filter(([contrast]) => !(contrast >= arguments[0]));
return [found.length, drawn.length, faint.slice(0, 9)];
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(browser: Any, reference: Path, dark: bool) -> None:
    show(browser, reference, dark=dark)
    browser.execute_script(OPEN)
    texts, drawn, faint = browser.execute_script(CONTRASTS, LOWEST_CONTRAST)
    assert faint == []
    assert texts > 1000
    assert drawn > 1000


def test_numbers_on_a_picture_are_those_of_the_light_also_in_the_dark(browser: Any, reference: Path) -> None:
    fills = "[...document.querySelectorAll('svg:has(image) use')].map(e => getComputedStyle(e).fill)"
    found = []
    for dark in (False, True):
        show(browser, reference, dark=dark)
        found.append(browser.execute_script(f"return {fills}"))
    assert found[0] == found[1]
    assert {"rgb(31, 35, 40)", "rgb(255, 255, 255)"} <= set(found[0])


def test_headings_lead_through_the_page_and_none_is_skipped(browser: Any, reference: Path) -> None:
    show(browser, reference)
    headings = "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]"
    levels = browser.execute_script(f"return {headings}.map(h => Number(h.localName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert [(a, b) for a, b in itertools.pairwise(levels) if b > a + 1] == []
    assert all(browser.execute_script(f"return {headings}.map(h => h.textContent.trim())"))
    assert browser.execute_script("return document.documentElement.lang") == "en"
    assert browser.title == "ringbench: reference"
    unnamed = "section:not([aria-label], [aria-labelledby]), form:not([aria-label]), [role=region]:not([aria-label])"
    assert browser.execute_script(f"return document.querySelectorAll('{unnamed}').length") == 0


def test_every_picture_and_table_says_what_it_is(browser: Any, reference: Path) -> None:
    show(browser, reference)
    browser.execute_script(OPEN)
    pictures = browser.execute_script(
        "return [...document.querySelectorAll('svg')].map(s => [s.getAttribute('role'), s.getAttribute('aria-label')])"
    )
    assert len(pictures) > 15
    assert [each for each in pictures if each[0] != "img" or not each[1]] == []
    tables = browser.execute_script(
        "return [...document.querySelectorAll('table')].map(t => [[...t.querySelectorAll('th')].map(h => [h.scope, "
        "h.textContent.trim()]), t.caption?.textContent || t.closest('[aria-label]').getAttribute('aria-label')])"
    )
    assert len(tables) > 15
    for heads, name in tables:
        assert name
        assert {scope for scope, _ in heads} >= {"col", "row"}
        assert [head for head in heads if head[0] not in ("col", "row", "colgroup") or not head[1]] == [], name


def test_all_that_can_be_used_can_be_reached_with_tab_and_it_is_seen_where_one_is(
    browser: Any, reference: Path
) -> None:
    show(browser, reference)
    everything = browser.execute_script(
        "window.usable = [...document.querySelectorAll('a[href], button, select, summary, [tabindex=\"0\"]')]"
        ".filter(e => e.checkVisibility()); window.reached = [];"
        "document.addEventListener('focusin', ({target}) => { const s = getComputedStyle(target); reached.push("
        "[usable.indexOf(target), s.outlineStyle, parseFloat(s.outlineWidth) >= 2]) }); return usable.length"
    )
    assert everything > 50
    browser.find_element("tag name", "body").send_keys(keys.TAB * everything)
    assert browser.execute_script("return reached") == [[place, "solid", True] for place in range(everything)]


def test_details_and_sorting_work_with_the_keyboard(browser: Any, reference: Path) -> None:
    show(browser, reference)
    summary = browser.find_element("css selector", "#account ~ details > summary")
    details = "return document.querySelector('#account ~ details').open"
    assert not browser.execute_script(details)
    summary.send_keys(keys.ENTER)
    assert browser.execute_script(details)
    head = browser.find_elements("css selector", "#trials thead th")[3]
    button = head.find_element("css selector", "button")
    for key, way in ((keys.ENTER, "ascending"), (keys.SPACE, "descending")):
        button.send_keys(key)
        assert head.get_attribute("aria-sort") == way
    assert browser.execute_script("return document.querySelectorAll('[aria-sort]').length") == 1


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_needs_no_scrolling_sideways_and_no_thin_fingers(browser: Any, reference: Path, width: int) -> None:
    show(browser, reference, width=width)
    browser.execute_script(OPEN)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    sizes = browser.execute_script(
        "return [...document.querySelectorAll('select, summary, button')].map(e => e.getBoundingClientRect())"
        ".map(r => [r.width, r.height])"
    )
    assert len(sizes) > 30
    assert [size for size in sizes if min(size) < 24] == []


def test_what_would_do_nothing_without_scripts_is_not_there_without_them(browser: Any, reference: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(browser, reference)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert not browser.find_element("id", "choose").is_displayed()
    assert browser.find_elements("css selector", "button, select, input") == []
    text = browser.execute_script(OPEN + "return document.body.innerText")
    assert [said for said in ("The answers", "Every comparison", "0050", "Measure it again") if said not in text] == []
