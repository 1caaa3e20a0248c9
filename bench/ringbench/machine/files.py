"""Reading the small files in which a system describes itself.

Any of them may be absent, unreadable, or hold text that a device's firmware or another user chose: a read gives
printable text or None, and never raises.
"""

from __future__ import annotations

import re
from pathlib import Path

from ringbench.errors import OptionError
from ringbench.spec import cpu_list
from ringbench.text import one_line

_WIDE = 300
"""Characters of a line kept: the kernel answers some vulnerabilities at length."""

_LONGEST = 1 << 20
"""Bytes read at most: dpkg's list of packages is the largest file asked for."""


def read(root: Path, path: str) -> str | None:
    """Return the whole text of *path* under *root*, or None if it can't be read."""
    try:
        with (root / path).open("rb") as file:
            return file.read(_LONGEST).decode("utf-8", "replace")
    except (OSError, ValueError):
        return None


def line(root: Path, path: str) -> str | None:
    """Return the first line of *path*, printable, or None if there is none."""
    text = read(root, path)
    return one_line(text.split("\n", 1)[0], _WIDE) or None if text else None


def number(root: Path, path: str) -> int | None:
    """Return the integer that *path* holds, or None."""
    text = line(root, path)
    return int(text) if text and re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else None


def field(root: Path, path: str, name: str, separator: str = ":") -> str | None:
    """Return the value of the first line ``name<separator>value`` in *path*, printable and unquoted, or None."""
    for row in (read(root, path) or "").split("\n"):
        key, found, value = row.partition(separator)
        if found and key.strip() == name:
            return one_line(value.strip().strip('"')) or None
    return None


def matching(root: Path, pattern: str) -> list[Path]:
    """Return the paths under *root* that match *pattern*, sorted; none where a folder can't be read."""
    try:
        return sorted(root.glob(pattern))
    except OSError:
        return []


def members(root: Path, path: str) -> frozenset[int] | None:
    """Return the numbers in a kernel list such as ``0-3,8``, none where it is blank; None if *path* holds no list."""
    text = read(root, path)
    if text is None or not text.strip():
        return None if text is None else frozenset()
    try:
        return frozenset(cpu_list.parse(text))
    except OptionError:
        return None


def package_version(root: Path, package: str) -> str | None:
    """Return the version of an installed Debian package, or None."""
    try:
        with (root / "var/lib/dpkg/status").open(encoding="utf-8", errors="replace") as file:
            inside = False
            for row in file:
                if row.startswith("Package: "):
                    inside = row[9:].strip() == package
                elif inside and row.startswith("Status: ") and not row.rstrip().endswith(" installed"):
                    inside = False
                elif inside and row.startswith("Version: "):
                    return one_line(row[9:])
    except OSError:
        pass
    return None
