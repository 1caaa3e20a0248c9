"""Sessions in which everything has a bad name, in a real browser: they are shown, and nothing of them is obeyed."""

from __future__ import annotations

import base64
import csv
import html
import io
import re
from pathlib import Path
from typing import Any

import pytest

from ringbench.analysis.view import SessionView
from ringbench.cli.write_report import written
from ringbench.data.store.folder import StoredSession, read_session
from ringbench.report.document.session_document import as_json, dumps
from ringbench.report.html import session_page
from ringbench.report.html import side_by_side_page as beside_page
from ringbench.report.markdown import summary
from ringbench.report.terminal import order_screen as order
from ringbench.report.terminal import session_screen
from ringbench.report.terminal import side_by_side_screen as beside_terminal
from tests.report import hostile
from tests.report.browser import show
from tests.report.hostile import FORBIDDEN, OWN, SHOWN, shows_and_does_nothing

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile.session(tmp_path_factory.mktemp("hostile") / "<b>x")


@pytest.fixture(scope="module")
def session(stored: Path) -> StoredSession:
    return read_session(stored, stored.parent)


@pytest.fixture(scope="module")
def identified(session: StoredSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report that says whose it is."""
    out = tmp_path_factory.mktemp("identified")
    written(session, out, identify=True)
    return out


@pytest.fixture(scope="module")
def printed(session: StoredSession) -> str:
    out = io.StringIO()
    session_screen.show(session, [session.path / "report.html"], out, width=100)
    return out.getvalue()


@pytest.mark.parametrize("width", [1100, 390])
def test_bad_names_are_shown_and_not_obeyed(browser: Any, identified: Path, width: int) -> None:
    text = shows_and_does_nothing(browser, identified, scripts=1, width=width)
    for name in SHOWN:
        assert f"({name}): its fork was delivered after its exit" in text
        assert re.search(rf"\t\d+ {re.escape(name)}\t", text), name
    assert "host-7 <script>window.pwned=1</script>" in text
    assert (
        r"\x1b]8;;http://evil.example/\x07\x1b[31m\u202e\u2066\u200b</td></table>]]>{{ 7 * 7 }}\x0d\x0a\x09&lt;|!"
        in text
    )
    assert OWN["command"] in text
    assert OWN["token"] in text


def test_whose_it_is_stands_nowhere_unasked(session: StoredSession, printed: str, identified: Path) -> None:
    view = SessionView.of(session)
    told = (printed, session_page.render(view, {}), summary.render(view), dumps(as_json(session)))
    own = ["host-7", "ada &lt;", OWN["command"], OWN["token"]]
    for text in (*told, *(html.unescape(text) for text in told)):
        assert [word for word in (*own, "ada <") if word in text] == []
    known = (identified / "report.html").read_text()
    assert [word for word in own if word not in known] == []


def test_nothing_that_is_printed_moves_a_cursor_or_turns_text_round(session: StoredSession, printed: str) -> None:
    out = io.StringIO()
    order.show(SessionView.of(session).orders, out, width=100)
    for text in (printed, out.getvalue(), dumps(as_json(session, identify=True))):
        assert re.findall(FORBIDDEN, text) == []
    unbroken = "".join(line.strip() for line in out.getvalue().splitlines())
    assert [name for name in SHOWN if name not in unbroken] == []


def test_nothing_of_the_summary_is_markup(identified: Path) -> None:
    text = (identified / "summary.md").read_text()
    assert re.findall(FORBIDDEN, text) == []
    assert "host-7" in text
    assert set(re.findall(r"<[^>]*>", text)) == {"<!-- -->"}  # within what GitHub would link
    assert re.findall(r"(?<!\\)(?:\]\(|!\[|`)", text) == []
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 10
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {6}


def test_a_spreadsheet_takes_nothing_of_the_data_for_a_formula(browser: Any, identified: Path) -> None:
    show(browser, identified)
    links = browser.execute_script("return [...document.querySelectorAll('a[download]')].map(a => a.href)")
    assert len(links) == browser.execute_script("return document.querySelectorAll('figure').length") > 8
    begin = set()
    for link in links:
        head, _, data = link.partition(",")
        assert head == "data:text/csv;charset=utf-8;base64"
        table = list(csv.reader(io.StringIO(base64.b64decode(data).decode())))
        assert len({len(line) for line in table}) == 1
        for cell in (cell for line in table for cell in line):
            assert re.findall(FORBIDDEN + "|\n", cell) == []
            begin |= {cell[:2]} if not _is_number(cell) else set()
    assert not {start[0] for start in begin if start} & set("=+-@\t\r\n＝＋－＠")
    assert {"'=", "'+", "'-", "'@"} <= begin


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_page_of_two_does_nothing_but_show(
    browser: Any, session: StoredSession, identified: Path, tmp_path: Path
) -> None:
    view = SessionView.of(session, identify=True)
    drawn = {path.stem: path.read_text() for path in (identified / "plots").glob("*.svg")}
    both = beside_page.render((view, view), {name: (svg, svg) for name, svg in drawn.items()})
    (tmp_path / "report.html").write_text(both)
    assert "<script>window.pwned=1</script>" in shows_and_does_nothing(browser, tmp_path, width=390)
    out = io.StringIO()
    beside_terminal.show((view, view), tmp_path, out)
    assert re.findall(FORBIDDEN, out.getvalue()) == []
