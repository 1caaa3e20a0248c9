from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from ringbench.report.terminal.session_screen import show
from tests.analysis import synthetic
from tests.analysis.synthetic import Row, cells, row, session

QUESTIONS = ("memory", "drops", "throughput", "cost", "order", "latency")
HOSTILE = "evil\x1b[31m\x07\r\n[bold red]markup[/] :smiley: \u202etxt"


def printed(
    rows: list[Row] | None = None, width: int | None = 80, paths: tuple[Path, ...] = (), **changed: object
) -> str:
    out = io.StringIO()
    show(session(rows, **changed), paths, out, width)
    return out.getvalue()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [80, 60, 110, 200])
def test_it_fits_its_width(width: int) -> None:
    text = printed(width=width)
    assert max(map(len, text.splitlines())) <= width


def test_at_80_columns_each_question_has_its_figures_side_by_side_and_a_sentence() -> None:
    text = printed()
    blocks = re.split(rf"^(?=(?:{'|'.join(QUESTIONS)})  )", text, flags=re.MULTILINE)[1:]
    assert [block.split()[0] for block in blocks] == list(QUESTIONS)
    assert "perf             ringbuf-reserve  against perf     n" in blocks[0]
    for block in blocks:
        assert "bulk reader, no wake-ups" in flat(block)
        assert re.search(r"^  [A-Z].*\.\s*$", block, re.MULTILINE | re.DOTALL)
    assert re.search(r"Producer time per +\d+ ns +\d+ ns +0\.\d+ × +5", blocks[3])
    assert re.search(r"event +\[\d+, \d+\] +\[\d+, \d+\] +\[0\.\d+, 0\.\d+\]", blocks[3])


def test_no_control_character_and_no_markup_of_a_session_gets_through() -> None:
    rows = synthetic.quick()
    for r in rows:
        r["workload"] = r["reader"] = HOSTILE
    rows.append(row(block=99, valid=False, invalid_reason=HOSTILE))
    text = printed(rows, notes=[HOSTILE], environment={"cpu_model": HOSTILE}, status=HOSTILE)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    assert "[bold red]markup[/] :smiley:" in flat(text)
    assert "\\x1b[31m" in text


def test_colour_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[" not in printed()
    out = Terminal()
    show(session(), (), out, 80)
    assert "\x1b[1m" in out.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    show(session([row(valid=False)]), (), out, 80)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", out.getvalue())


def test_not_a_terminal_has_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert max(map(len, printed(width=None).splitlines())) <= 80


def test_an_output_that_knows_no_greek_gets_a_question_mark() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    show(session(), (), out, 80)
    out.flush()
    assert b" ?s" in raw.getvalue()


def test_where_the_rest_is_comes_last_and_unbroken() -> None:
    folder = Path("/a/rather/long/path/to/where/the/results/of/this/project/are/kept/2026-11-01T10-00-00")
    paths = (folder / "report.html", folder / "summary.md", folder / "plots" / "a.png", folder / "plots" / "a.svg")
    last = printed(paths=paths).rstrip().splitlines()[-3:]
    assert [line.split()[-1] for line in last] == [str(paths[0]), str(paths[1]), str(folder / "plots")]


def test_a_session_with_nothing_says_so_in_few_lines() -> None:
    text = printed([])
    assert "No trial is stored: there is nothing to report." in text
    assert len(text.splitlines()) < 25


def many() -> list[Row]:
    """Return rows of a session as large as they come: each reader with each wake-up and each length of record."""
    rows = synthetic.quick()
    for reader in ("bulk", "bulk-view", "compiled", "libbpf", "callback-bare", "callback"):
        for nbytes in (8, 16, 32, 64, 128, 256, 512, 1024):
            some = [r for r in synthetic.capacity() if r["reader"] == "bulk" and r["record_bytes"] == 8]
            rows += [{**r, "reader": reader, "record_bytes": nbytes} for r in some]
            for wakeup in ("every", "batch:64", "batch:500", "bytes:16K", "none"):
                kind = [r for r in synthetic.firehose() if r["reader"] == "bulk" and r["wakeup"] == "batch:500"]
                rows += [{**r, "reader": reader, "wakeup": wakeup, "record_bytes": nbytes} for r in kind]
    return [{**r, "trial": f"t{n}"} if r["mode"] != "paired" else r for n, r in enumerate(rows)]


def test_many_settings_stay_short_and_the_page_has_the_rest() -> None:
    text = printed(many())
    assert len(text.splitlines()) <= 140
    assert re.search(r"Settings that only the page shows: .*capacity 47, wakeups 239, order 1, latency 1\.", flat(text))


def test_what_was_not_asked_is_one_line() -> None:
    text = printed(synthetic.capacity())
    assert not re.search(r"^(drops|throughput|cost|wakeups|order|latency)  ", text, re.MULTILINE)
    assert "Not asked: drops, throughput, cost, overhead, wakeups, order and latency." in flat(text)
    assert "in 45 accounts not all numbers were read." in flat(text)
    assert len(text.splitlines()) < 50


def test_caveats_come_before_any_figure() -> None:
    text = printed(environment={"emulated": True})
    assert text.index("emulated") < text.index("memory  ")
    assert "not ranked" in text


def bars(text: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the bars: by figure and transport, the bar and the value."""
    found, title = {}, ""
    for line in text.splitlines():
        match = re.fullmatch(r"  (.{24}) (perf|ringbuf-reserve) +([█▏▎▍▌▋▊▉#]*) +(\d.*?) *", line)
        if match:
            title = match[1].strip() or title
            found[title, match[2]] = (match[3], match[4])
    return found


def test_bars_are_as_long_as_their_figures() -> None:
    text = printed(
        cells({"perf": {"producer_ns_per_event": 800.0}, "ringbuf-reserve": {"producer_ns_per_event": 200.0}})
    )
    assert bars(text) == {
        ("Producer time per event", "perf"): ("█" * 18, "800 ns"),
        ("Producer time per event", "ringbuf-reserve"): ("█" * 4 + "▌", "200 ns"),
    }


def test_a_bar_of_nothing_is_empty_and_of_little_is_seen() -> None:
    found = bars(
        printed(cells({"perf": {"late_events": 1_000_000}, "ringbuf-reserve": {"late_events": 1}}, mode="paired"))
    )
    assert found["Late events", "ringbuf-reserve"][0] == "▏"
    found = bars(printed(cells({"perf": {"late_events": 9}, "ringbuf-reserve": {"late_events": 0}}, mode="paired")))
    assert found["Late events", "ringbuf-reserve"] == ("", "0 events")


def test_there_are_no_bars_where_there_is_nothing_to_compare() -> None:
    assert bars(printed(cells({"perf": {"producer_ns_per_event": 800.0}}))) == {}
    assert bars(printed([])) == {}


def test_where_blocks_cannot_be_shown_bars_are_of_ascii() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    show(session(), (), out, 80)
    out.flush()
    found = bars(raw.getvalue().decode())
    assert found["Producer time per event", "perf"][0] == "#" * 18


def test_what_to_take_comes_first() -> None:
    text = flat(printed())
    assert re.search(r"On this machine, for this load: (take|either|nothing)", text)
    assert text.index("On this machine") < text.index("memory bulk reader")
