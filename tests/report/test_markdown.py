"""summary.md: short, whole, and nothing in it is obeyed."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from ringbench.analysis.view import SessionView
from ringbench.report.markdown.summary import escape, render
from tests.analysis import synthetic
from tests.analysis.synthetic import row, view

HOSTILE = "a|b <script>alert(1)</script> & [x](http://evil) `c` *d* _e_ ![i](j) ~~f~~ #1 \\ \x1b[31m\n# head\r- x"


def test_the_summary_is_short_and_has_every_answer(quick: SessionView) -> None:
    text = render(quick)
    assert len(text.splitlines()) < 60
    for name in ("memory", "drops", "throughput", "cost", "order", "latency"):
        assert f"- **{name}:** " in text
    assert "Smallest size tried that lost nothing" in text
    assert "ringbench run" not in text
    assert "\n\n\n" not in text


def test_every_row_of_the_table_has_five_cells(quick: SessionView) -> None:
    table = [line for line in render(quick).splitlines() if line.startswith("|")]
    assert len(table) == 16
    assert {line.replace("\\|", "").count("|") for line in table} == {6}


def test_an_interval_stays_readable() -> None:
    assert escape("3.1 % [2.0, 4.4]") == "3.1 % [2.0, 4.4]"


@pytest.mark.parametrize("meant", ["<", "|b", "](", " `", " *", " _", "&", "# head"])
def test_nothing_of_a_session_is_obeyed(meant: str) -> None:
    text = render(view([row(workload=HOSTILE, producer_ns_per_event=5.0)], notes=[HOSTILE], status=HOSTILE))
    escaped = {"<": "&lt;", "&": "&amp;"}.get(meant, "\\" + meant.strip())
    for line in text.splitlines():
        if "evil" in line:
            assert escaped in line
    assert "\x1b" not in text
    assert "\n# head" not in text
    assert "<script" not in text


LINKED = ["@someone", "(@some-one)", "http://evil.example", "HTTPS://evil", "www.evil.example"]
LINKED += ["#17", "someone/project#17", "GH-17", "gh-17"]


@pytest.mark.parametrize("name", LINKED)
def test_nobody_is_mentioned_and_nothing_linked(name: str) -> None:
    rendered = MarkdownIt("commonmark").parseInline(escape(f"a {name} b"))[0].children or []
    words = [token.content for token in rendered if token.type in ("text", "text_special")]
    assert "".join(words) == f"a {name} b", "it reads as before"
    apart = "".join(token.content if token.type != "html_inline" else "\0" for token in rendered)
    # github.github.com/gfm, autolinks (extension), and references to people, issues and pull requests.
    assert not re.search(r"(?<!\w)@\w|\w://|www\.|#\d|gh-\d", apart, re.IGNORECASE)


@pytest.mark.parametrize("ours", ["fork-exec@40%", "a@b.example", "12 %: perf", "a-b", "epoll:200us", "0-1", "1:2"])
def test_what_is_no_name_stays_readable(ours: str) -> None:
    assert escape(ours) == ours


def test_the_worst_session_is_short_too() -> None:
    rows = [
        row(workload=f"{'long ' * 400}{n}", block=b, transport=t, valid=bool(n % 2), invalid_reason=f"{n} {b}" * 500)
        | {"producer_ns_per_event": 5.0, "attempted": 9, "failed": 1, "delivered": 8, "drop_rate": 0.1}
        for n in range(20)
        for b in range(3)
        for t in ("perf", "ringbuf-output", "ringbuf-reserve", "x")
    ]
    rows += [{**r, "task_map_full": 1, "workload_exit_status": 2} for r in synthetic.whole()]
    rows += [{**r, "buffer_bytes": 5, "cpus": "7"} for r in synthetic.whole() if r["transport"] == "perf"]
    for number, r in enumerate(rows):
        r["trial"] = f"t{number}"
    changed = {"environment": {"emulated": True}, "status": "interrupted", "command_line": ["x"] * 9999}
    text = render(view(rows, notes=["note"] * 500, **changed))
    assert len(text.splitlines()) < 60
    assert max(map(len, text.splitlines())) < 2000


def test_an_empty_session_says_so() -> None:
    text = render(view([]))
    assert "No trial is stored" in text
    assert "There is no figure to show." in text
    assert synthetic.session([]).trials.empty
