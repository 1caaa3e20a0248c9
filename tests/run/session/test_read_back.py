"""What a trial wrote to disk is read back for its columns, if it can be had at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ringbench.data.metrics import Recording, compute
from ringbench.data.store import events_parquet, events_writer
from ringbench.drivers.readers.blocks import Fed
from ringbench.errors import MissingRequirementError
from ringbench.run.session import read_back
from ringbench.run.trials.trial import Outcome, Share
from ringbench.spec.event import DELIVERED


def outcome(place: Path, waits: int = 0) -> Outcome:
    events = np.zeros(10, DELIVERED)
    events["ts_ns"], events["received_ns"] = np.arange(10) + 100, np.arange(10) + 150
    events_writer.store(place, {"perf": events, "ringbuf-output": events[:4]})
    shares = []
    for name, count in (("perf", 10), ("ringbuf-output", 4)):
        recording = Recording(
            wall_s=1.0,
            attempted=count,
            failed=0,
            delivered=count,
            residual=3 if name == "perf" else 0,
            record_bytes=56,
            rings=((0,), (1,)) if name == "perf" else ((0, 1),),
        )
        shares.append(Share(name, 4096, recording, {}, None, 0, Fed(1, waits, waits * 10**9)))
    return Outcome(tuple(shares), 0, 0, None, None, found_ns=1000)


def test_columns_are_those_of_events_kept_in_memory(tmp_path: Path) -> None:
    found = read_back.read_back("0001", outcome(tmp_path / "t"), tmp_path / "t")
    perf, ringbuf = (share.recording for share in found.shares)
    assert perf.events is not None
    assert compute(perf)["latency_p50_ns"] == 50
    assert perf.stranded_age_ns == 1000 - 107
    assert ringbuf.events is not None
    assert len(ringbuf.events) == 4
    assert ringbuf.stranded_age_ns is None
    assert found.notes == ()


def test_more_than_can_be_had_at_once_is_analysed_in_a_stream_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_parquet, "MAX_EVENTS", 13)
    found = read_back.read_back("0001", outcome(tmp_path / "t"), tmp_path / "t")
    assert all(share.recording.events is None for share in found.shares)
    monkeypatch.undo()
    whole = read_back.read_back("0001", outcome(tmp_path / "t"), tmp_path / "t")
    for share, at_once in zip(found.shares, whole.shares, strict=True):
        expected = compute(at_once.recording)
        assert share.streamed == {name: expected[name] for name in share.streamed or {}}
        assert {"latency_p999_ns", "causal_violations", "max_displacement"} <= set(share.streamed or {})
    (note,) = found.notes
    assert note == "trial 0001: 14 events are too many to be read at once, so the columns of backlog are null."


def test_without_the_loops_the_columns_are_null_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object, **__: object) -> None:
        raise MissingRequirementError("no compiler.")

    monkeypatch.setattr(events_parquet, "MAX_EVENTS", 13)
    monkeypatch.setattr(read_back, "analyse", lacking)
    found = read_back.read_back("0001", outcome(tmp_path / "t"), tmp_path / "t")
    assert all(share.streamed is None for share in found.shares)
    assert found.notes[0].endswith("order, latency and backlog are null: no compiler.")


@pytest.mark.parametrize(("kib", "most"), [("600", 1024), ("600000000", 50_000_000), ("", 50_000_000)])
def test_no_more_is_read_than_half_of_the_free_memory_holds(tmp_path: Path, kib: str, most: int) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable:   {kib} kB\n" if kib else "")
    assert read_back.most_events(tmp_path) == most


def test_waits_are_told(tmp_path: Path) -> None:
    assert read_back.waited("0001", outcome(tmp_path / "t").shares) == ()
    (note,) = read_back.waited("0001", outcome(tmp_path / "u", 2).shares)
    assert note.startswith("trial 0001: the reader waited 4 times, 4 s in all")
