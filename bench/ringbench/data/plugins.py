"""Plug-ins of other projects: transports, readers, workloads and metrics that come by entry points.

A distribution that is installed beside ringbench names an object, or a sequence of them, in one of the groups
``ringbench.transports``, ``ringbench.readers``, ``ringbench.workloads`` and ``ringbench.metrics``. docs/plugins.md has
an example. One that cannot be loaded is left out, with a line on stderr: it must not keep the rest from working.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar

from ringbench.text import one_line


class Named(Protocol):
    """What a registry holds."""

    @property
    def name(self) -> str:
        """Its name on the command line and in stored rows."""


T = TypeVar("T", bound=Named)


def with_plugins(group: str, kind: type[T], ours: Iterable[T]) -> dict[str, T]:
    """Return *ours* and what other projects bring to *group* of type *kind*, by name; ours come first.

    *group*: 'transports', 'readers', 'workloads' or 'metrics'. A name that is taken already is left out.
    """
    registry = {each.name: each for each in ours}
    for point in sorted(entry_points(group=f"ringbench.{group}"), key=lambda point: point.name):
        for each in _loaded(point, kind):
            if each.name in registry:
                _leave_out(point, f"the name {each.name!r} is taken")
            else:
                registry[each.name] = each
    return registry


def _loaded(point: EntryPoint, kind: type[T]) -> Sequence[T]:
    try:
        found = point.load()
    except Exception as error:  # whatever somebody else's module does when it is imported
        _leave_out(point, f"{type(error).__name__}: {error}")
        return ()
    several = found if isinstance(found, (list, tuple)) else (found,)
    fitting = [each for each in several if isinstance(each, kind)]
    if len(fitting) < len(several):
        _leave_out(point, f"{point.value} is no {kind.__name__}")
    return fitting


def _leave_out(point: EntryPoint, reason: str) -> None:
    whose = point.dist.name if point.dist is not None else "?"
    leave_out(f"plug-in {one_line(point.name, 60)} of {one_line(whose, 60)}", reason)


def leave_out(what: str, reason: str) -> None:
    """Say that *what* is left out, and the *reason*."""
    print(f"ringbench: {what} is left out: {one_line(reason, 200)}", file=sys.stderr)
