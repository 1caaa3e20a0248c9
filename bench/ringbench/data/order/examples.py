"""The worst violations as a person can look at them: all events of a life, who was where, and what came when."""

from __future__ import annotations

import numpy as np

from ringbench.data.order.chunk import Chunk, Source
from ringbench.data.order.result import Example, Seen
from ringbench.data.order.tasks import Chosen, Violation
from ringbench.spec.event import KINDS

MOST_EVENTS = 12
"""Of one life: one that execs a thousand times is shown by its first and last."""


class Worst:
    """Where the events of the worst violations lie, found while the recording is read for something else."""

    def __init__(self, worst: list[Violation]) -> None:
        self._worst = worst
        self._chosen = Chosen(np.array([violation.key for violation in worst], np.uint64))
        self._places: list[list[int]] = [[] for _ in worst]

    def feed(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        if self._worst:
            where, which = self._chosen.find(chunk.birth)
            for at, life in zip(where.tolist(), which.tolist(), strict=True):
                self._places[life].append(chunk.first + at)

    def examples(self, source: Source) -> tuple[Example, ...]:
        """Return them with their events, the worst first."""
        shown = [_some(places, violation.place) for places, violation in zip(self._places, self._worst, strict=True)]
        wanted = np.array(sorted({place for of_life in shown for place in of_life}), np.int64)
        found = dict(zip(wanted.tolist(), source.events(wanted), strict=True))
        return tuple(
            _example(violation, [(place, found[place]) for place in of_life])
            for violation, of_life in zip(self._worst, shown, strict=True)
        )


def _some(places: list[int], cause: int) -> list[int]:
    """Return at most MOST_EVENTS of a life's places, the first, the last and the cause's among them."""
    if len(places) <= MOST_EVENTS:
        return places
    half = MOST_EVENTS // 2
    return sorted({*places[:half], *places[-(half - 1) :], cause})


def _example(violation: Violation, events: list[tuple[int, np.void]]) -> Example:
    begin = min(int(event["ts_ns"]) for _, event in events)
    return Example(
        violation.lateness_ns,
        violation.key,
        violation.place,
        tuple(
            Seen(
                place,
                KINDS[int(event["kind"])],
                int(event["cpu"]),
                int(event["pid"]),
                bytes(event["comm"]),
                int(event["ts_ns"]) - begin,
                int(event["received_ns"]) - begin,
            )
            for place, event in events
        ),
    )
