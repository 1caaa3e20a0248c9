"""Sizes, times and shares on the command line: 65536, 64K, 1M; 0.01, 10ms, 20us; 5%."""

from __future__ import annotations

import click

from ringbench.units import parse_bytes, parse_seconds


def size(text: str | int) -> int:
    """Return a number of bytes, with K, M or G for powers of 1024; click.BadParameter when it is no size."""
    try:
        return parse_bytes(str(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def seconds(text: str | float) -> float:
    """Return a time in seconds; click.BadParameter when it is none."""
    try:
        return parse_seconds(str(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def share(text: str | float) -> float:
    """Return a share like 5% or 0.05; click.BadParameter when it is none."""
    plain = str(text).strip()
    try:
        return float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError as error:
        raise click.BadParameter(f"{plain!r} is not a share: write it like 5%.") from error
