from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ringbench.cli.write_report import written
from ringbench.report import write_report
from ringbench.report.figures import FIGURES, style
from ringbench.report.html import template as html_module
from tests.analysis import synthetic
from tests.analysis.synthetic import row, session

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}&amp;"
SCRIPT = (Path(html_module.__file__).parent / "templates" / "report.js").read_text()
VOID = {"meta", "link", "path", "use", "image", "br", "img", "rect", "line"}


class Reader(HTMLParser):
    """Collects what a browser would see: elements with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def html(written: Path) -> str:
    return (written / "report.html").read_text()


@pytest.fixture(scope="module")
def page(html: str) -> Reader:
    return Reader(html)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = synthetic.quick()
    for r in rows:
        r["workload"] = r["reader"] = HOSTILE
    rows += [row(block=9, trial="t9", valid=False, invalid_reason=HOSTILE)]
    out = tmp_path_factory.mktemp("hostile")
    environment = {"cpu_model": HOSTILE, HOSTILE: {HOSTILE: HOSTILE}}
    plan = {**synthetic.manifest()["plan"], "command": ["sh", "-c", HOSTILE]}
    write_report(
        session(rows, notes=[HOSTILE], environment=environment, command_line=["ringbench", "run", HOSTILE], plan=plan),
        out,
    )
    return (out / "report.html").read_text()


def test_elements_are_closed(page: Reader, hostile: str) -> None:
    assert page.open == Reader(hostile).open == []


def test_nothing_is_fetched_from_anywhere(html: str, page: Reader) -> None:
    for name, attributes in page.elements:
        for key, value in attributes.items():
            if key.split(":")[-1] in ("href", "src", "srcset", "action", "data", "poster"):
                assert value.startswith(("#", "data:")), (name, key, value)
    urls = set(re.findall(r"https?://[^\s\"'<>]+", html))
    assert urls <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"@import|url\((?!#)", html)


def test_one_script_of_ours_and_no_inline_style(html: str, page: Reader) -> None:
    assert re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL) == [SCRIPT]
    assert page.all("script") == [{}]
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_the_policy_allows_one_style_sheet_and_one_script_by_their_hashes_and_nothing_else(
    html: str, page: Reader
) -> None:
    (policy,) = [a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    (sheet,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    style_digest, script_digest = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (sheet, SCRIPT)
    )
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style_digest}'; script-src 'sha256-{script_digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    first = next(name for name, a in page.elements if name in ("style", "link") or "http-equiv" in a)
    assert first == "meta", "what stands before the policy isn't bound by it"


def test_the_dark_knows_every_colour_of_the_figures(html: str) -> None:
    named = [style.look(name).color for name in ("perf", "ringbuf-output", "ringbuf-reserve")]
    for colour in (style.INK, style.QUIET, style.RULE, style.PAPER, *named):
        assert f'[fill="{colour}"]' in html
        assert f'[stroke="{colour}"]' in html


def test_every_figure_has_words_and_a_caption(page: Reader) -> None:
    images = page.all("svg")
    timelines = [image for image in images if image["aria-label"].startswith("pid ")]
    assert (len(images), len(timelines)) == (len(FIGURES) + 10, 10)
    assert all(image["role"] == "img" and len(image["aria-label"]) > 60 for image in images)
    assert len(page.all("figcaption")) == len(FIGURES)


def test_identifiers_are_unique_and_what_refers_to_them_finds_them(html: str, page: Reader) -> None:
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', html)) <= set(names)
    assert {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a} <= set(names)


def test_it_has_headings_answers_accounts_and_the_command(html: str, page: Reader) -> None:
    text = " ".join(" ".join(page.text).split())
    assert len(page.all("h1")) == 1
    assert (
        html.index("The answer") < html.index("How much memory does the buffer take?</h2>") < html.index("The account")
    )
    assert "ringbuf-reserve is cheaper" in text
    assert "sudo ./with-env ringbench run --seed 1" in text
    assert "360 of 360 are valid. The sum of sequence numbers agrees in 170 accounts; in 45 accounts not all" in text
    assert "Answered here" not in text, "there is nothing that wasn't asked"
    assert "mitigations, spectre_v2 Mitigation: Retpolines" in text
    assert "not measured" in text
    assert page.all("html")[0]["lang"] == "en"
    assert any(a.get("name") == "viewport" for a in page.all("meta"))


def test_each_account_says_what_its_checksum_did(page: Reader) -> None:
    text = " ".join(" ".join(page.text).split())
    numbers = "1,000,000 1,000,000 0 0"
    assert re.search(
        rf"callback-bare-none-None-firehose:8-8-1048576-0-perf perf [^;]*? {numbers} not all numbers were read", text
    )
    assert re.search(rf"bulk-none-None-firehose:8-8-1048576-0-perf perf [^;]*? {numbers} agrees yes", text)


def test_a_session_of_before_has_no_column_of_checksums(tmp_path: Path) -> None:
    write_report(session(), tmp_path)
    html = (tmp_path / "report.html").read_text()
    assert "Checksum" not in html
    assert (
        "Answered here: memory, drops, throughput, cost, order and latency. Not asked: overhead, capacity and wakeups."
        in html
    )


def test_a_question_without_an_answer_leads_nowhere(tmp_path: Path) -> None:
    write_report(session([row(producer_ns_per_event=5.0)]), tmp_path)
    page = Reader((tmp_path / "report.html").read_text())
    targets = {a["href"].removeprefix("#") for a in page.all("a") if "download" not in a}
    assert targets == {"cost"}
    assert targets <= {a["id"] for _, a in page.elements if "id" in a}


def test_a_sentence_of_another_setting_than_the_first_names_it(page: Reader) -> None:
    text = " ".join(" ".join(page.text).split())
    assert re.search(r"a repeat\S* \(bulk reader, no wake-ups \(drained every 1 ms\), burst on CPU 0, paired", text)


def test_many_settings_wait_to_be_opened(page: Reader) -> None:
    assert "6 more in words" in page.text


def test_a_hostile_session_is_shown_and_not_obeyed(hostile: str) -> None:
    page = Reader(hostile)
    assert page.all("script") == [{}]
    assert page.all("img") == []
    assert not [a for _, a in page.elements if "onerror" in a]
    assert "\x1b" not in hostile
    assert "\u202e" not in hostile
    text = " ".join(page.text)
    assert "<script>alert(1)</script>\\x1b[31m\\u202e" in text
    assert "{{ 7 * 7 }}&amp;" in text
    assert "49" not in re.findall(r"alert\(1\)>(\S+)", text)


def test_the_invalid_are_listed_with_their_reason(tmp_path: Path) -> None:
    reason = "The account does not add up: 3 missing."
    bad = row(block=9, trial="broken", valid=False, invalid_reason=reason, attempted=9)
    write_report(session([*synthetic.quick(), bad]), tmp_path)
    text = " ".join(" ".join(Reader((tmp_path / "report.html").read_text()).text).split())
    assert re.search(rf"broken perf [^;]*? 9 not measured not measured not measured no: {re.escape(reason)}", text)
    assert "105 of 106 are valid; the others are in no figure" in text


def test_published_statements_are_judged_where_the_session_can_tell(tmp_path: Path) -> None:
    written(synthetic.session(), tmp_path, identify=False)
    page = (tmp_path / "report.html").read_text()
    assert "7. " in page
    (told,) = re.findall(r"Of the 15 statements (\d+) can&#39;t be told from what was measured here", page)
    assert 0 < int(told) < 15


def test_without_evidence_no_statement_is_judged(tmp_path: Path) -> None:
    written(session([row(producer_ns_per_event=5.0)]), tmp_path, identify=False)
    page = (tmp_path / "report.html").read_text()
    assert "None of the 15 statements can be told from what was measured here" in page
    assert "A verdict follows from" not in page
