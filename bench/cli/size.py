"""Sizes as people write them: 65536, 64K, 64KiB, 1M."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def size(text: str | int) -> int:
    """Return a number of bytes, with K, M or G for powers of 1024; click.BadParameter when it is no size."""
    match = re.fullmatch(r"([0-9]{1,15})\s*([kmg]?)(i?b)?", str(text).strip().lower())
    if not match:
        raise click.BadParameter(f"{text!r} is not a size: write it like 65536, 64K or 1M.")
    return int(match.group(1)) * _UNITS[match.group(2)]
