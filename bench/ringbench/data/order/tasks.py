"""Effects delivered before their causes: exact, in one pass, 16 bytes a life.

What counts is the contract's: within one life a fork comes before every exec, and both before the exit; an event
counts once, however many came too late. ringbench.data.metrics.ordering says the same of whole arrays, and tests
compare the two. A life is known by its key: its birth, or, to see what a tool would count that doesn't know births, its
pid.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import Chunk
from ringbench.data.order.compiled import LIFE, LivesState, address, at, library

_FEWEST = 1 << 12


@dataclass(frozen=True)
class Violation:
    """A life with an effect before its cause: how late the cause was, whose it is, and where it was delivered."""

    lateness_ns: int
    key: int
    place: int


class Lives:
    """Follows lives through a stream."""

    def __init__(self) -> None:
        # Anybody can have made a file: births that all want the same place must not be foreseeable.
        self.state = LivesState(seed=secrets.randbits(64) | 1)
        self._early: list[npt.NDArray[np.uint64]] = []
        self._table = np.zeros(0, LIFE)
        self._grow()

    def feed(self, chunk: Chunk, seen: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]) -> None:
        """Take the next chunk, with what Lateness.feed said of it. *keys*: u8, one for each event; 0 is no life."""
        early = np.empty(len(chunk), np.uint64)
        done = 0
        while done < len(chunk):
            before = int(self.state.early)
            done += library().lives_feed(
                address(self.state),
                *(at(keys, done), at(chunk.cpu, done), at(chunk.kind, done), at(chunk.ts_ns, done), at(seen, done)),
                *(len(chunk) - done, chunk.first + done, at(early)),
            )
            if found := int(self.state.early) - before:
                self._early.append(early[:found].copy())
            if done < len(chunk):
                self._grow()

    def _grow(self) -> None:
        table = np.zeros(max(_FEWEST, 2 * len(self._table)), LIFE)
        library().lives_move(address(self.state), at(table), len(table))
        self._table = table
        self.state.table, self.state.slots = at(table), len(table)

    def close(self) -> None:
        """Let the table go; the figures stay."""
        self._table = np.zeros(0, LIFE)
        self.state.table = self.state.slots = 0

    @property
    def violations(self) -> int:
        """Events that were delivered before one that must have happened earlier in the same life."""
        return int(self.state.violations)

    @property
    def judged(self) -> int:
        """Lives with two events or more."""
        return int(self.state.again)

    @property
    def moved(self) -> int:
        """Lives with events from more than one CPU."""
        return int(self.state.moved)

    @property
    def used_twice(self) -> int:
        """Forks of a life whose fork was delivered before."""
        return int(self.state.forked_twice)

    @property
    def early(self) -> npt.NDArray[np.uint64]:
        """Keys of the lives with a violation (u8), each once."""
        return np.concatenate(self._early) if self._early else np.empty(0, np.uint64)

    @property
    def worst(self) -> list[Violation]:
        """Up to ten lives, those whose cause came latest first."""
        return [Violation(v.lateness, v.key, v.place) for v in self.state.worst[: self.state.n_worst]]


class Chosen:
    """Finds the events of chosen lives in a stream."""

    def __init__(self, keys: npt.NDArray[np.uint64]) -> None:
        """Choose *keys*: u8, none of them 0, none twice, shape n."""
        self._keys = np.ascontiguousarray(keys)
        self._seed = secrets.randbits(64) | 1
        slots = 1 << max(4, (2 * len(keys)).bit_length())
        self._table = np.zeros(slots, np.uint32)
        library().choose_keys(at(self._table), slots, self._seed, at(self._keys), len(self._keys))

    def find(self, birth: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
        """Return where in *birth* (u8, shape n) one of them stands, and which: two arrays of one length."""
        where, index = np.empty(len(birth), np.uint64), np.empty(len(birth), np.uint32)
        found = library().find_chosen(
            *(at(self._table), len(self._table), self._seed, at(self._keys)),
            *(at(birth), len(birth), at(where), at(index)),
        )
        return where[:found], index[:found]
