"""For other projects: a pytest fixture that measures the event path of their own BPF program. docs/pytest.md.

Loaded into every pytest run where ringbench is installed, so it imports nothing until the fixture is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ringbench.tools.event_path import EventPath, Found

_REQUIRED = "RINGBENCH_REQUIRE_BPF"


class Path:
    """What ``with event_path(…) as path`` gives: the program while the block runs, its figures afterwards.

    The figures are attributes: attempted, delivered, failed, drop_rate, timestamp_inversions, late_events,
    max_lateness_ns, producer_ns_per_event, consumer_cpu_ns_per_event. ringbench.tools.event_path.Found says what they
    mean.
    """

    def __init__(self, path: EventPath) -> None:
        self._path = path

    @property
    def bpf(self) -> Any:
        """BCC's object, to attach more in the block."""
        return self._path.bpf

    def __enter__(self) -> Path:
        self._path.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        """End the measurement. Fails the test where the account doesn't add up: its figures would mean nothing."""
        __tracebackhide__ = True
        self._path.__exit__(*raised)
        if raised[0] is None and (missing := self._path.found.balance):
            found = self._path.found
            what = f"{missing} missing" if missing > 0 else f"{-missing} too many"
            pytest.fail(
                f"the account does not add up: {found.attempted} attempted, {found.delivered} delivered + "
                f"{found.failed} failed ({what}). Does every submission go through ringbench_count(), once?",
                pytrace=False,
            )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found: Found = self._path.found
        return getattr(found, name)


@pytest.fixture
def event_path(request: pytest.FixtureRequest) -> Iterator[Callable[..., Path]]:
    """Return what measures a BCC program's event path: ``event_path(TEXT, table="events", stamp="ts_ns")``.

    The test is skipped, with the reason, where BPF cannot be used; with RINGBENCH_REQUIRE_BPF=1 it fails there.
    """
    reason = _why_not()
    if reason is not None:
        if os.environ.get(_REQUIRED) == "1" or request.config.getoption("--require-bpf", default=False):
            pytest.fail(f"BPF is required here ({_REQUIRED}), and cannot be used: {reason}", pytrace=False)
        pytest.skip(reason)
    from ringbench.tools.event_path import EventPath

    opened: list[EventPath] = []

    def make(text: str, table: str = "events", **options: Any) -> Path:
        opened.append(EventPath(text, table, **options))
        return Path(opened[-1])

    yield make
    for path in opened:
        path.close()


def _why_not() -> str | None:
    """Return why BPF can't be used here; None where it can, as far as can be told without trying."""
    if os.geteuid() != 0:
        return "an event path needs root (BPF): sudo pytest"
    from ringbench.errors import MissingRequirementError
    from ringbench.kernel.program import bcc_module

    try:
        bcc_module()
    except MissingRequirementError as error:
        return str(error)
    return None
