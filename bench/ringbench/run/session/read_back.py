"""What a trial wrote to disk while it ran, read back for the columns that are made of events."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from ringbench.data.order import analyse
from ringbench.data.order.file import EventsFile, Stream
from ringbench.data.store import events_parquet
from ringbench.errors import MissingRequirementError
from ringbench.machine.files import field
from ringbench.run.trials.reader_account import stranded_age_ns
from ringbench.run.trials.trial import Outcome, Share

_BYTES_AN_EVENT = 300
"""What reading a file as a whole takes for each event, and the metrics after it."""


def read_back(trial: str, outcome: Outcome, place: Path) -> Outcome:
    """Return *outcome* with the events at *place*, the account of whose writing it holds.

    More than can be had at once stay where they are: their order and latency are analysed in a stream. Raises
    UnreadableSessionError for a damaged file.
    """
    events = sum(share.recording.delivered or 0 for share in outcome.shares)
    most = most_events()
    if events > most:
        return _streamed(outcome, place, f"trial {trial}: {events:,} events are too many to be read at once")
    found = events_parquet.read(place)
    shares = []
    for share in outcome.shares:
        recording, own = share.recording, found[share.transport]
        age_ns = None if outcome.found_ns is None else stranded_age_ns(own, recording.residual or 0, outcome.found_ns)
        recording = dataclasses.replace(recording, events=own, stranded_age_ns=age_ns)
        shares.append(dataclasses.replace(share, recording=recording))
    return dataclasses.replace(outcome, shares=tuple(shares))


def _streamed(outcome: Outcome, place: Path, many: str) -> Outcome:
    try:
        streams = EventsFile(place).streams()
        shares = tuple(dataclasses.replace(share, streamed=_columns(share, streams)) for share in outcome.shares)
        null = "the columns of backlog are null."
    except MissingRequirementError as error:
        shares, null = outcome.shares, f"the columns of order, latency and backlog are null: {error}"
    return dataclasses.replace(outcome, shares=shares, notes=(*outcome.notes, f"{many}, so {null}"))


def _columns(share: Share, streams: Mapping[str, Stream]) -> dict[str, int | None] | None:
    if share.transport not in streams:  # it delivered nothing
        return None
    shared = len(share.recording.rings) == 1
    return analyse(streams[share.transport], share.transport, shared_ring=shared).as_row()


def most_events(root: Path = Path("/")) -> int:
    """Return how many events may be read at once: MAX_EVENTS, or fewer where half of the free memory holds fewer."""
    available = (field(root, "proc/meminfo", "MemAvailable", ":") or "").split(" ")[0]
    room = int(available) * 1024 // 2 // _BYTES_AN_EVENT if available.isdecimal() else events_parquet.MAX_EVENTS
    return min(events_parquet.MAX_EVENTS, room)


def waited(trial: str, shares: tuple[Share, ...]) -> tuple[str, ...]:
    """Return a note where the reader had to wait for the disk: drops of that trial are partly the disk's."""
    waits = sum(share.feed.waits for share in shares if share.feed is not None)
    if not waits:
        return ()
    wait_s = sum(share.feed.wait_ns for share in shares if share.feed is not None) / 1e9
    return (
        f"trial {trial}: the reader waited {waits} times, {wait_s:.3g} s in all, for blocks to be written to disk; "
        "what was dropped meanwhile is in its drops.",
    )
