"""What `ringbench nesting` found, as tables: on a terminal, and in Markdown for the docs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ringbench.errors import OptionError
from ringbench.units import show_bytes

Document = Mapping[str, Any]
"""The JSON document: ``nested`` and ``depth``, lists of ringbench.tools.nesting.nested.Nested and
ringbench.tools.nesting.depth.Depth as plain values."""
_Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]


def read(path: Path) -> Document:
    """Return what was stored at *path*; OptionError where it is no such document."""
    try:
        found: Document = json.loads(path.read_text())
        version = found["schema_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OptionError(f"{path} is not what `ringbench nesting --out` writes: {error}.") from error
    if version != 1:
        raise OptionError(f"{path} has schema version {version}; this ringbench reads 1. Measure it again.")
    return found


def show(document: Document) -> None:
    """Print the tables on the terminal."""
    console = Console(highlight=False, markup=False)
    for title, headings, rows in tables(document):
        table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for place, heading in enumerate(headings):
            table.add_column(heading, justify="right" if place else "left", overflow="fold", no_wrap=not place)
        for row in rows:
            table.add_row(*row)
        console.print(table)
        console.print()


def markdown(document: Document) -> str:
    """Return the tables in Markdown."""
    parts = []
    for title, headings, rows in tables(document):
        lines = [headings, ["---"] * len(headings), *rows]
        parts.append(f"**{title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def tables(document: Document) -> list[_Table]:
    """Return title, headings and rows of each table."""
    volumes = document["nested"]
    roomy = [each for each in volumes if not each["failed"]]
    tight = [each for each in volumes if each["failed"]]
    return [
        (
            "Nothing was refused",
            (
                "Transport, buffer",
                "Outer",
                "Inner",
                "Interrupted",
                "Torn",
                "Account",
                "Inner behind its outer",
                "Read before its outer was submitted",
                "In the submission",
                "Late against begin",
                "Late against submission",
            ),
            [_whole(each) for each in roomy],
        ),
        (
            "A buffer that is full",
            (
                "Transport, buffer",
                "Outer tried",
                "refused",
                "Inner tried",
                "refused",
                "Overwritten",
                "Torn",
                "Account",
                "Inner behind its outer",
            ),
            [_full(each) for each in tight],
        ),
        (
            "Depth",
            ("Transport", "Under way", "In the submission"),
            [(d["transport"], _codes(d["under_way"]), _codes(d["inside"])) for d in document["depth"]],
        ),
    ]


def _whole(each: Mapping[str, Any]) -> list[str]:
    seen = each["interruptions"]
    return [
        _name(each),
        f"{each['attempted_by_level']['outer']:,}",
        f"{each['attempted_by_level']['inner']:,}",
        f"{seen['interrupted']:,}",
        f"{seen['torn']:,}",
        _account(each),
        _behind(seen),
        f"{seen['seen_meanwhile']:,}",
        f"{seen['in_submission']:,}",
        _late(seen["by_begin"]),
        _late(seen["by_submission"]),
    ]


def _full(each: Mapping[str, Any]) -> list[str]:
    seen, tried, refused = each["interruptions"], each["attempted_by_level"], each["failed_by_level"]
    return [
        _name(each),
        f"{tried['outer']:,}",
        _refused(refused["outer"]),
        f"{tried['inner']:,}",
        _refused(refused["inner"]),
        f"{each['overwritten']:,}",
        f"{seen['torn']:,}",
        _account(each),
        _behind(seen),
    ]


def _name(each: Mapping[str, Any]) -> str:
    return f"{each['transport']}, {show_bytes(each['buffer_bytes'])}"


def _account(each: Mapping[str, Any]) -> str:
    return "exact" if each["account_error"] is None else "WRONG"


def _behind(seen: Mapping[str, Any]) -> str:
    return f"{seen['open_behind']:,} of {seen['open_pairs']:,}"


def _late(late: Mapping[str, Any]) -> str:
    if not late["records"]:
        return "0"
    return f"{late['records']:,} by {late['median_ns'] / 1000:.2g} µs"


def _refused(codes: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {code}" for code, count in codes.items()) or "0"


def _codes(codes: Sequence[str] | None) -> str:
    """Say how deep it went, and what stopped it."""
    if codes is None:
        return "not provoked"
    passed = sum(code == "ok" for code in codes)
    refused = [f"{code} at {depth}" for depth, code in enumerate(codes, 1) if code != "ok"]
    return ", ".join([f"{passed} deep", *refused]) if refused else f"{passed} deep, none refused"
