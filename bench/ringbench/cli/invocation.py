"""The call that this process was started with, as its command line was parsed."""

from __future__ import annotations

from dataclasses import dataclass

import click


@dataclass
class Invocation:
    """One call of ``ringbench``: click's contexts carry it as their object."""

    arguments: tuple[str, ...] = ()
    """As they were typed, without the program's name."""
    debug: bool = False
    """Whether a person wants to see the traceback of an error."""


def command_line() -> list[str]:
    """Return the command line that is running, as a session stores it: 'ringbench' and its arguments."""
    call = click.get_current_context().find_object(Invocation)
    return ["ringbench", *(call.arguments if call else ())]
