"""Recordings with disorder of a known amount planted in them, of any length and on any number of CPUs.

Every life is a fork, an exec and an exit; some exec on another CPU than they were forked on; every tenth is a thread,
which doesn't exec. Pids are reused. Chunks are made one after the other from a seed, so a recording needs no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ringbench.data.store import events_writer
from ringbench.spec.event import DELIVERED, EXEC, EXIT, FORK, Events

LIVES = 1 << 16
"""Lives of a part. Parts don't overlap in time, so what is planted in one is known whatever comes after."""
GAP_NS = 1_000
PIDS = 32_000
DRAIN_NS = 10_000_000


@dataclass
class Planted:
    """What a recording has in it, exactly."""

    events: int = 0
    causal_violations: int = 0
    timestamp_inversions: int = 0
    kendall_inversions: int = 0
    late_events: int = 0
    max_lateness_ns: int = 0
    max_displacement: int = 0
    lives: int = 0
    cross_cpu_lives: int = 0


@dataclass(frozen=True)
class Recipe:
    """How to make a recording of at least one part."""

    lives: int
    cpus: int = 2
    swaps: int = 200
    """Of each part: neighbours of different lives that change places."""
    moved_forks: int = 200
    """Of each part: forks that are delivered right after their life's exit."""
    seed: int = 0

    def parts(self) -> Iterator[tuple[Events, Planted]]:
        """Yield the events of each part, in the order of delivery, and what was planted in all up to it."""
        planted, begin_ns, made = Planted(), 1_000_000, 0
        for number in range(-(-self.lives // LIVES)):
            lives = min(LIVES, self.lives - made)
            events = self._in_order(np.random.default_rng([self.seed, number]), lives, made, begin_ns)
            begin_ns = int(events["ts_ns"][-1]) + GAP_NS
            made += lives
            planted.events += len(events)
            planted.lives += lives
            yield self._disordered(events, np.random.default_rng([self.seed, number, 1]), planted), planted

    def _in_order(self, random: np.random.Generator, lives: int, before: int, begin_ns: int) -> Events:
        """Return lives of which about ten go on at a time, with stamps GAP_NS apart: no two are equal."""
        at = np.arange(lives, dtype=np.int64) * 10
        threads = random.random(lives) < 0.1
        when = np.concatenate([at, at + random.integers(11, 50, lives), at + random.integers(50, 100, lives)])
        kind = np.repeat(np.array([FORK, EXEC, EXIT], np.uint32), lives)
        life = np.tile(np.arange(lives), 3)
        kept = ~((kind == EXEC) & threads[life])
        order = np.lexsort((kind, life, when))
        order = order[kept[order]]
        events = np.zeros(len(order), DELIVERED)
        events["kind"], events["birth"] = kind[order], life[order] + before + 1
        events["ts_ns"] = begin_ns + np.arange(len(order)) * GAP_NS
        home = random.integers(0, self.cpus, lives)
        away = np.where(random.random(lives) < 0.1, random.integers(0, self.cpus, lives), home)
        events["cpu"] = np.where(events["kind"] == FORK, away[life[order]], home[life[order]])
        events["pid"] = 300 + (events["birth"] % PIDS)
        events["parent_pid"], events["comm"] = 1, b"planted"
        return events

    def _disordered(self, events: Events, random: np.random.Generator, planted: Planted) -> Events:
        """Plant swaps and moved forks at places of their own, a hundred and fifty events apart from each other."""
        rooms = len(events) // 300
        chosen = random.permutation(rooms)[: self.swaps + self.moved_forks] * 300 + 100
        order = np.arange(len(events))
        moved = 0
        for number, start in enumerate(chosen.tolist()):
            if number < self.swaps:
                pair = _strangers(events, start)
                order[[pair, pair + 1]] = pair + 1, pair
                planted.timestamp_inversions += 1
                planted.kendall_inversions += 1
                planted.late_events += 1
                planted.max_lateness_ns = max(planted.max_lateness_ns, GAP_NS)
                planted.max_displacement = max(planted.max_displacement, 1)
                continue
            fork, exit_ = _whole_life(events, start)
            order[fork:exit_] = np.arange(fork + 1, exit_ + 1)
            order[exit_] = fork
            of_life = events["birth"][fork : exit_ + 1] == events["birth"][fork]
            planted.causal_violations += int(of_life.sum()) - 1
            planted.timestamp_inversions += 1
            planted.kendall_inversions += exit_ - fork
            planted.late_events += 1
            planted.max_lateness_ns = max(planted.max_lateness_ns, (exit_ - fork) * GAP_NS)
            planted.max_displacement = max(planted.max_displacement, exit_ - fork)
            moved += 1
        delivered = events[order]
        delivered["received_ns"] = (events["ts_ns"] // DRAIN_NS + 1) * DRAIN_NS  # in stamp order: it never falls
        births = events["birth"] - events["birth"].min()
        lowest, highest = np.full(int(births.max()) + 1, self.cpus), np.full(int(births.max()) + 1, -1)
        np.minimum.at(lowest, births.astype(int), events["cpu"].astype(int))
        np.maximum.at(highest, births.astype(int), events["cpu"].astype(int))
        planted.cross_cpu_lives += int(np.count_nonzero(lowest < highest))
        return delivered

    def events(self) -> tuple[Events, Planted]:
        """Return all of it at once."""
        parts, planted = [], Planted()
        for part, so_far in self.parts():
            parts.append(part)
            planted = so_far
        return np.concatenate(parts), planted

    def write(self, path: Path, transport: str = "ringbuf-reserve") -> Planted:
        """Write it as an events file, part by part; return what is in it."""
        planted = Planted()
        with events_writer.replacing(path, [transport]) as writer:
            for part, planted in self.parts():  # noqa: B007 - the last one says it all
                writer.add(transport, part)
        return planted


def drained_by_cpu(events: Events, round_ns: int = DRAIN_NS) -> Events:
    """Return *events*, in stamp order, as a reader gets them that empties one CPU's ring after the other each round."""
    turn = events["ts_ns"] // round_ns
    out = events[np.lexsort((events["ts_ns"], events["cpu"], turn))].copy()
    out["received_ns"] = (out["ts_ns"] // round_ns + 1) * round_ns + out["cpu"] * 1_000
    return out


def _strangers(events: Events, start: int) -> int:
    """Return the first place from *start* on whose event and the next are of two lives."""
    place = start
    while events["birth"][place] == events["birth"][place + 1]:
        place += 1
    return place


def _whole_life(events: Events, start: int) -> tuple[int, int]:
    """Return where the first life from *start* on has its fork and its exit; it lasts 100 events at most."""
    fork = start + int(np.argmax(events["kind"][start : start + 20] == FORK))
    life = events["birth"][fork : fork + 100] == events["birth"][fork]
    return fork, fork + int(np.flatnonzero(life & (events["kind"][fork : fork + 100] == EXIT))[0])
