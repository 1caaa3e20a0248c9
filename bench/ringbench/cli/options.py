"""Amounts on the command line, written the same way in every command: 10ms or 30m, 64K or 1M, 5%."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringbench.errors import OptionError
from ringbench.units import parse_bytes, parse_seconds, parse_share

if TYPE_CHECKING:
    from typing import TypeAlias

    Type: TypeAlias = click.ParamType[Any, Any]
    """click's base of types, which is generic in newer versions only."""
else:
    Type = click.ParamType


class Amount(Type):
    """An amount of one kind, between two limits; what is none, or outside of them, is refused as a wrong call."""

    def __init__(self, name: str, parse: Callable[[str], float], allowed: Callable[[float], bool], limits: str) -> None:
        """*parse* raises ValueError, in words, for what it can't read; *limits* says in words what is *allowed*."""
        self.name = name
        self._parse, self._allowed, self._limits = parse, allowed, limits

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the amount that *value* says, or *value* itself if it is a number already (a default)."""
        if not isinstance(value, str):
            return float(value)
        try:
            amount = self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not self._allowed(amount):
            self.fail(f"{value!r}: {self._limits}.", param, ctx)
        return amount


class _Bytes(Amount):
    """A number of bytes is whole."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes that *value* says."""
        return int(super().convert(value, param, ctx))


DURATION = Amount("time", parse_seconds, lambda s: 0 < s <= 86400, "more than 0, at most a day (86400 s)")
"""A time in seconds: 2, 0.5, 10ms, 20us or 30m."""
SIZE = _Bytes("size", parse_bytes, lambda nbytes: nbytes > 0, "at least 1 byte")
"""A number of bytes: 65536, 64K or 1M."""
SHARE = Amount("share", parse_share, lambda part: 0 < part < 1, "more than 0 and less than 100 %")
"""A share: 5% or 0.05."""

REPEATS = click.IntRange(1, 10_000)
SEED = click.IntRange(min=0)
"""Of a random order; Python takes -1 for 1."""

TIMES = "Seconds, or like 10ms, 30m."
"""What the help of an option of type DURATION says of its form; the sizes' and shares' examples stand in their own."""


def refuse_beside(option: str, *others: str) -> None:
    """Refuse the parameters *others* of the command at work where any was given: beside *option* it would do nothing.

    *option*: as it is written, like ``--from``; *others*: names of the command's parameters. Raises OptionError.
    """
    context = click.get_current_context()
    written = {param.name: param.opts[0] for param in context.command.params}
    given = [
        written[name] for name in others if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    ]
    if given:
        raise OptionError(f"{given[0]} does nothing beside {option}: leave one of them out.")


class OutputFile(click.Path):
    """A file to be written once all is done: a place where that cannot work is refused before anything is done."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False, writable=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path *value*, which is no folder, and whose own folder is there or can be made."""
        path = super().convert(value, param, ctx)
        above = next(folder for folder in Path(os.fsdecode(path)).absolute().parents if folder.exists())
        if not above.is_dir():
            self.fail(f"{str(above)!r} is not a folder.", param, ctx)
        return path
