"""What ringbench.data.order counts, said again as slowly and as plainly as can be: every pair, every step."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from ringbench.spec.event import DELIVERED, EXEC, EXIT, FORK, Events


def events_of(rows: list[tuple[int, int, int, int, int]]) -> Events:
    """Return events from (ts, received, cpu, kind, birth); a life's pid is its birth modulo 5, so pids are reused."""
    out = np.zeros(len(rows), DELIVERED)
    for place, (ts, received, cpu, kind, birth) in enumerate(rows):
        out[place] = (ts, place, birth, cpu, birth % 5, 0, kind, b"made", received)
    return out


def seen(stamps: list[int]) -> list[int]:
    """Return the highest stamp up to each event, its own included."""
    return [max(stamps[: place + 1]) for place in range(len(stamps))]


def kendall(stamps: list[int]) -> int:
    """Count the pairs that came against their stamps."""
    return sum(a > b for a, b in itertools.combinations(stamps, 2))


def inversions(events: Events) -> tuple[int, int, list[int]]:
    """Return inversions of neighbours, how many are of one CPU, and the distances of the others."""
    pairs = [(a, b) for a, b in itertools.pairwise(events) if int(b["ts_ns"]) < int(a["ts_ns"])]
    apart = [int(a["ts_ns"]) - int(b["ts_ns"]) for a, b in pairs if a["cpu"] != b["cpu"]]
    return len(pairs), len(pairs) - len(apart), apart


def displacements(stamps: list[int]) -> list[int]:
    """Return how far each event is from its place in stamp order; ties keep their order."""
    places = sorted(range(len(stamps)), key=lambda place: (stamps[place], place))
    return [abs(rank - place) for rank, place in enumerate(places)]


def needed(stamps: list[int]) -> list[int]:
    """Return the shortest window behind which each event comes out in order: tried one after the other."""
    candidates = {0} | {
        high - stamp + extra for high in stamps for stamp in stamps for extra in (0, 1) if high >= stamp
    }
    found = [-1] * len(stamps)
    for window in sorted(candidates):
        late = set(hold(stamps, stamps, window).late)
        for place in range(len(stamps)):
            if found[place] < 0 and place not in late:
                found[place] = window
    return found


@dataclass
class Held:
    """What a consumer did that holds events back."""

    out: list[int] = field(default_factory=list)
    """Places in delivery order, as they came out; those that never did at the end of it, by stamp."""
    late: list[int] = field(default_factory=list)
    latencies: list[int] = field(default_factory=list)
    most: int = 0
    at_end: int = 0


def hold(stamps: list[int], received: list[int], window: int) -> Held:
    """Go through events one by one, as a consumer would that lets go what lies *window* below the highest stamp."""
    found, waiting, highest = Held(), [], None
    for place, stamp in enumerate(stamps):
        highest = stamp if highest is None else max(highest, stamp)
        waiting.append(place)
        waiting.sort(key=lambda at: (stamps[at], at))
        while waiting and highest >= stamps[waiting[0]] + window:
            gone = waiting.pop(0)
            found.out.append(gone)
            found.latencies.append(max(0, received[place] - stamps[gone]))
        found.most = max(found.most, len(waiting))
    found.at_end = len(waiting)
    found.out += waiting
    best = -1
    for place in found.out:
        if stamps[place] < best:
            found.late.append(place)
        best = max(best, stamps[place])
    return found


def early(events: Events, order: list[int], key: str = "birth") -> set[int]:
    """Return which events (places in delivery order) come before a cause of theirs when read in *order*."""
    causes = {FORK: (), EXEC: (FORK,), EXIT: (FORK, EXEC)}
    found = set()
    for at, place in enumerate(order):
        event = events[place]
        if key == "birth" and not event["birth"]:
            continue
        later = (events[other] for other in order[at + 1 :])
        if any(o[key] == event[key] and o["kind"] in causes[int(event["kind"])] for o in later):
            found.add(place)
    return found


def passes(events: Events, *, blocks: bool) -> list[list[int]]:
    """Return the places that each pass of a reader took."""
    found: list[list[int]] = []
    read: set[int] = set()
    for place, event in enumerate(events):
        cpu, before = int(event["cpu"]), events[place - 1]
        again = cpu in read and (cpu != before["cpu"] or (blocks and event["received_ns"] != before["received_ns"]))
        if not found or again:
            found.append([])
            read = set()
        read.add(cpu)
        found[-1].append(place)
    return found


def merged(events: Events, *, blocks: bool) -> list[int]:
    """Return the places as they come when each pass's streams are merged, always the head with the lowest stamp."""
    out = []
    for taken in passes(events, blocks=blocks):
        streams: dict[int, list[int]] = {}
        for place in taken:
            streams.setdefault(int(events[place]["cpu"]), []).append(place)
        while any(streams.values()):
            heads = [stream for stream in streams.values() if stream]
            first = min(heads, key=lambda stream: (int(events[stream[0]]["ts_ns"]), stream[0]))
            out.append(first.pop(0))
    return out


def nearest_rank(values: list[int], per_mille: int) -> int:
    """Return the nearest-rank quantile."""
    return sorted(values)[max(1, -(-per_mille * len(values) // 1000)) - 1]


def batching(events: Events) -> list[int]:
    """Return how much older each event is than the youngest that was received with it."""
    out = []
    for _, block in itertools.groupby(events, key=lambda event: int(event["received_ns"])):
        stamps = [int(event["ts_ns"]) for event in block]
        out += [max(stamps) - stamp for stamp in stamps]
    return out
