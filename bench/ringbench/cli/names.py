"""Names on the command line: those of transports, readers and the rest, as their registries have them.

A registry is loaded when a name is given, completed, or listed in a command's own help: `ringbench --help` needs none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ringbench.cli.options import Type
from ringbench.errors import OptionError
from ringbench.spec.modes import MODES

if TYPE_CHECKING:
    from typing import TypeAlias


Registry: TypeAlias = tuple[Iterable[str], Callable[[str], object]]
"""How each name is written, like ``batch:N``, and what finds the thing of a name, or raises OptionError."""


class Name(Type):
    """A name out of a registry."""

    def __init__(self, name: str, load: Callable[[], Registry]) -> None:
        """*name* says what it is a name of; *load* returns the registry, which may take a while the first time."""
        self.name = name
        self._load = load

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value* if there is something of that name; else it is refused as a wrong call."""
        _, find = self._load()
        try:
            find(value)
        except OptionError as error:
            self.fail(str(error), param, ctx)
        return str(value)

    def usages(self) -> list[str]:
        """Return how each name is written."""
        return list(self._load()[0])

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin with *incomplete*, up to where an amount follows."""
        starts = (re.match(r"[^\[A-Z]*", usage) for usage in self.usages())
        return [CompletionItem(start[0]) for start in starts if start and start[0].startswith(incomplete)]


class _NamingOption(click.Option):
    """An option whose help ends with the names that its type knows."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help, names included."""
        plain = self.help
        if isinstance(self.type, Name):
            self.help = f"{plain or ''} {', '.join(self.type.usages())}.".strip()
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = plain


def option(*declarations: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return click's decorator for an option whose type is a :class:`Name`; its help lists the names."""
    return click.option(*declarations, cls=_NamingOption, **attributes)


def _transports() -> Registry:
    from ringbench.drivers.transports import TRANSPORTS, USER_SPACE, find_transport

    return [*TRANSPORTS, *USER_SPACE], find_transport


def _nested_transports() -> Registry:
    from ringbench.drivers.transports import find_transport, transports_carrying
    from ringbench.spec.record import NESTED

    able = transports_carrying(NESTED.struct)

    def find(name: str) -> object:
        found = find_transport(name)
        if name.partition("~")[0] not in able:
            raise OptionError(f"{name} carries no records of programs that interrupt each other: {', '.join(able)} do.")
        return found

    return able, find


def _readers() -> Registry:
    from ringbench.drivers.readers import READERS, reader

    return [kind.usage or kind.name for kind in READERS.values()], reader


def _wakeups() -> Registry:
    from ringbench.spec.wakeups import WAKEUPS, wakeup

    return [kind.usage for kind in WAKEUPS.values()], wakeup


def _waits() -> Registry:
    from ringbench.drivers.waits import WAITS, wait

    return [kind.usage for kind in WAITS.values()], lambda name: wait(name, 1.0)


def _placements() -> Registry:
    from ringbench.spec.placement import PLACEMENTS, placement

    return PLACEMENTS, placement


def _workloads() -> Registry:
    from ringbench.drivers.workloads import WORKLOADS, offered, probe

    return [kind.usage for kind in WORKLOADS.values()], lambda name: (probe(name), offered(name))


def _profiles() -> Registry:
    from ringbench.run.planner.profiles import PROFILES, profile

    return PROFILES, profile


def _places_for_events() -> Registry:
    from ringbench.run.planner.options import EVENTS_TO, place_for_events

    return EVENTS_TO, place_for_events


TRANSPORT = Name("transport", _transports)
NESTED_TRANSPORT = Name("transport", _nested_transports)
READER = Name("reader", _readers)
WAKEUP = Name("wake-up", _wakeups)
WAIT = Name("wait", _waits)
PLACEMENT = Name("placement", _placements)
WORKLOAD = Name("workload", _workloads)
PROFILE = Name("profile", _profiles)
PLACE_FOR_EVENTS = Name("place", _places_for_events)
MODE = click.Choice(tuple(MODES))
MODE_HELP = " ".join(f"{name}: {what}." for name, what in MODES.items())
