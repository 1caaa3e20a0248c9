"""What a process calls itself, shown without obeying it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.text import one_line, printable


@pytest.mark.parametrize(
    "plain", ["", "bash", "kworker/0:1-events", r"a\b", "Grüße", "日本語", "a b", "'=1'", "é", "🙂"]
)
def test_plain_text_is_untouched(plain: str) -> None:
    assert printable(plain) == plain
    assert printable(plain.encode()) == plain


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b[31mred", r"\x1b[31mred"),
        (b"a\nb\tc\r", r"a\x0ab\x09c\x0d"),
        (b"nul\x00", r"nul\x00"),
        (b"\xff\xfe", r"\xff\xfe"),
        ("\udcff", r"\xff"),
        ("\ud800", r"\ud800"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\u2028", r"\u2028"),
        ("\x9b2J", r"\x9b2J"),
        ("\u3164", r"\u3164"),
        ("\U000e0041", r"\U000e0041"),
        ("\u00a0", r"\xa0"),
    ],
)
def test_what_does_not_print_is_escaped(raw: bytes | str, shown: str) -> None:
    assert printable(raw) == shown


@given(st.one_of(st.binary(max_size=32), st.text(max_size=32)))
def test_nothing_unprintable_is_left(raw: bytes | str) -> None:
    shown = printable(raw)
    assert shown.isprintable()
    assert shown.encode().decode() == shown
    assert printable(shown) == shown


@given(st.text(), st.integers(20, 200))
def test_one_line_is_one_short_line(raw: str, limit: int) -> None:
    assert len(one_line(raw, limit)) <= limit
    assert len(one_line(raw, limit).splitlines()) <= 1


def test_one_line_keeps_both_ends() -> None:
    assert one_line("what " + "x" * 1000 + " is not of type 'string'").startswith("what xxx")
    assert one_line("what " + "x" * 1000 + " is not of type 'string'").endswith("is not of type 'string'")
