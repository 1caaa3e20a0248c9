"""Progress of an analysis on standard error, where a person watches it and it takes long enough."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from rich.console import Console

from ringbench.data.order.readings import Tell

_EVERY_S = 0.25
_AFTER_S = 1.0


@contextlib.contextmanager
def reading() -> Iterator[Tell]:
    """Yield what an analysis tells how far it is; nothing is shown in the first second, and nothing to a file."""
    if not sys.stderr.isatty():
        yield lambda what, events: None
        return
    began = shown = time.monotonic()
    console = Console(stderr=True, highlight=False, markup=False)
    with console.status("") as status:
        status.stop()

        def tell(what: str, events: int) -> None:
            nonlocal shown
            now = time.monotonic()
            if now - began > _AFTER_S and now - shown > _EVERY_S:
                status.start()
                status.update(f"{what}: {events:,} events")
                shown = now

        yield tell
