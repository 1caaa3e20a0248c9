"""Amounts as people write them: bytes like 64K or 1M, times like 20us or 0.01, shares like 5%."""

from __future__ import annotations

import re

_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SECONDS = {"": 1.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_NUMBER = r"((?:[0-9]{1,15}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:e[+-]?[0-9]{1,2})?)"
"""A number without a sign, in lower case; bounded, as some come out of files that anybody may have made."""


def parse_bytes(text: str) -> int:
    """Return a number of bytes, with K, M or G for powers of 1024; ValueError, in words, when it is none."""
    match = re.fullmatch(r"([0-9]{1,15})\s*([kmg]?)(i?b)?", text.strip().lower(), re.ASCII)
    if not match:
        raise ValueError(f"{text!r} is not a size: write it like 65536, 64K or 1M.")
    return int(match.group(1)) * _BYTES[match.group(2)]


def parse_seconds(text: str) -> float:
    """Return a time in seconds, with ns, us, ms, s, m, h or nothing behind it; ValueError, in words, if it is none."""
    match = re.fullmatch(_NUMBER + r"\s*(ns|us|ms|s|m|h|)", text.strip().lower(), re.ASCII)
    if not match:
        raise ValueError(f"{text!r} is not a time: write it like 0.01, 10ms, 20us or 30m.")
    return float(match.group(1)) * _SECONDS[match.group(2)]


def parse_share(text: str) -> float:
    """Return a share of 1, written as it is or with % behind it; ValueError, in words, if it is none."""
    match = re.fullmatch(_NUMBER + r"\s*(%?)", text.strip().lower(), re.ASCII)
    if not match:
        raise ValueError(f"{text!r} is not a share: write it like 5% or 0.05.")
    return float(match.group(1)) / (100 if match.group(2) else 1)


def show_bytes(nbytes: int) -> str:
    """Return *nbytes* as parse_bytes() reads it: 64K where that is exact."""
    for unit in ("g", "m", "k"):
        if nbytes and nbytes % _BYTES[unit] == 0:
            return f"{nbytes // _BYTES[unit]}{unit.upper()}"
    return str(nbytes)


def show_seconds(seconds: float) -> str:
    """Return *seconds* as parse_seconds() reads it, in the largest unit that leaves a whole number, to the ns."""
    whole = round(seconds * 1e9)
    for unit, ns in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if whole % ns == 0:
            return f"{whole // ns}{unit}"
    return f"{whole}ns"
