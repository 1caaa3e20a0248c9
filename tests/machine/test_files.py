"""Reading what a system says of itself: absent, unreadable, hostile."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.machine import files


def test_what_is_absent_is_none(tmp_path: Path) -> None:
    assert files.read(tmp_path, "no/such") is None
    assert files.line(tmp_path, "no/such") is None
    assert files.number(tmp_path, "no/such") is None
    assert files.field(tmp_path, "no/such", "key") is None
    assert files.matching(tmp_path, "no/such*") == []
    assert files.members(tmp_path, "no/such") is None
    assert files.package_version(tmp_path, "bash") is None


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert files.read(tmp_path, ".") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("1\n", 1), ("-1\n", -1), ("0x10", None), ("", None), ("one", None), ("٣", None), ("9" * 5000, None)],
)
def test_a_number_is_digits(tmp_path: Path, text: str, number: int | None) -> None:
    (tmp_path / "file").write_text(text)
    assert files.number(tmp_path, "file") == number


@given(st.binary(max_size=500))
def test_any_bytes_become_one_printable_line(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "bytes").write_bytes(content)
    text = files.line(folder, "bytes")
    assert text is None or (text.isprintable() and len(text) <= 200)
    assert files.field(folder, "bytes", "a") is None or b"a" in content


def test_escapes_are_shown_not_obeyed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("\x1b]0;title\x07\x1b[31mred \u202erow\nmore")
    assert files.line(tmp_path, "file") == r"\x1b]0;title\x07\x1b[31mred \u202erow"


@pytest.mark.parametrize(
    ("text", "members"),
    [("0-2,8\n", {0, 1, 2, 8}), ("0", {0}), ("\n", set()), ("", set()), ("0-", None), ("3-1", None), ("a", None)],
)
def test_a_kernel_list_is_taken_apart(tmp_path: Path, text: str, members: set[int] | None) -> None:
    (tmp_path / "list").write_text(text)
    assert files.members(tmp_path, "list") == members


def test_a_package_that_was_removed_has_no_version(tmp_path: Path) -> None:
    status = tmp_path / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    status.write_text(
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
        "Package: here\nStatus: install ok installed\nVersion: 2\n\n"
        "Package: here-too\nStatus: install ok installed\nVersion: 3\n"
    )
    assert [files.package_version(tmp_path, name) for name in ("gone", "here", "here-too", "never")] == [
        None,
        "2",
        "3",
        None,
    ]
