"""Events files as a stream: ours, others', damaged and hostile ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringbench.data.order import analyse
from ringbench.data.order.chunk import CHUNK, COLUMNS
from ringbench.data.order.file import EventsFile
from ringbench.data.store import events_parquet
from ringbench.errors import UnreadableSessionError
from ringbench.spec.event import EXIT, FORK
from tests.data.order.planted import Recipe
from tests.data.order.recorded import Recorded
from tests.data.order.reference import events_of

ROWS = [(1, 9, 0, FORK, 1), (4, 9, 1, EXIT, 1), (3, 9, 1, FORK, 2)]


def table(**changed: object) -> pa.Table:
    """Return a file's table of three events; None leaves a column out."""
    found = events_parquet.to_table({"perf": events_of(ROWS)})
    for name, column in changed.items():
        place = found.column_names.index(name)
        found = found.remove_column(place) if column is None else found.set_column(place, name, column)
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.parquet"


def test_each_transport_has_its_own_stream_in_its_own_order(path: Path) -> None:
    one, other = (Recipe(2_000, seed=seed).events()[0] for seed in (1, 2))
    with pq.ParquetWriter(path, events_parquet.to_table({"perf": one}).schema) as writer:
        for start in range(0, len(one), 1500):  # the two take turns, and share a row group
            parts = {"perf": one[start : start + 1500], "ringbuf-reserve": other[start : start + 700]}
            writer.write_table(events_parquet.to_table(parts).cast(writer.schema))
    streams = EventsFile(path).streams()
    assert list(streams) == ["perf", "ringbuf-reserve"]
    for name, stream in streams.items():
        kept = one if name == "perf" else np.concatenate([other[at : at + 700] for at in range(0, len(one), 1500)])
        assert analyse(stream, name, shared_ring=True) == analyse(Recorded(kept), name, shared_ring=True)
        for column in ("ts_ns", "received_ns", "cpu", "birth"):
            read = np.concatenate([getattr(chunk, column) for chunk in stream.chunks()])
            assert (read == kept[column]).all()
        assert (stream.events(np.array([0, 1600]))["comm"] == kept["comm"][[0, 1600]]).all()


def test_a_file_of_others_needs_only_what_order_is_made_of(path: Path) -> None:
    pq.write_table(table().select(COLUMNS), path)
    (stream,) = EventsFile(path).streams().values()
    order = analyse(stream, "unnamed", shared_ring=None)
    assert (order.events, order.delivered.late_events) == (3, 1)


def test_text_that_is_not_coded_and_narrow_numbers_do(path: Path) -> None:
    found = table(kind=table().column("kind").cast(pa.string()), cpu=pa.array([0, 1, 1], pa.uint8()))
    pq.write_table(found, path, use_dictionary=False)
    (stream,) = EventsFile(path).streams().values()
    assert analyse(stream, "perf", shared_ring=False).events == 3


def test_no_event(path: Path) -> None:
    pq.write_table(table().slice(0, 0), path)
    assert EventsFile(path).streams() == {}


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_unreadable(path: Path, kept: float) -> None:
    Recipe(3_000).write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(UnreadableSessionError, match=r"events\.parquet"):
        EventsFile(path).streams()


def test_damage_within_is_seen_when_it_is_read(path: Path) -> None:
    Recipe(30_000).write(path)
    content = bytearray(path.read_bytes())
    begin = pq.read_metadata(path).row_group(0).column(1).data_page_offset
    content[begin + 200 : begin + 260] = b"\xff" * 60
    path.write_bytes(bytes(content))
    with pytest.raises(UnreadableSessionError):
        for stream in EventsFile(path).streams().values():
            analyse(stream, "perf", shared_ring=True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cpu": pa.array([0, 9000, 1], pa.int32())}, "CPU 9000"),
        ({"cpu": pa.array([0, -1, 1], pa.int32())}, "negative"),
        ({"cpu": pa.array([0, None, 1], pa.int32())}, "nulls"),
        ({"ts_ns": pa.array([1.0, 2.5, 3.0])}, "ts_ns has 2.5, which is no whole number"),
        ({"ts_ns": pa.array([1, -2, 3])}, "negative"),
        ({"kind": pa.array(["fork", "spoon", "exit"])}, "spoon"),
        ({"kind": pa.array([0, 1, 2])}, "kind is int64"),
        ({"birth": None}, "no column birth"),
        ({"ts_ns": pa.array([[1], [2], [3]])}, "ts_ns"),
        ({"transport": pa.array(["perf", None, "perf"])}, "transport has nulls"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_line(path: Path, changed: dict[str, object], said: str) -> None:
    pq.write_table(table(**changed), path)
    with pytest.raises(UnreadableSessionError, match=said) as caught:
        for stream in EventsFile(path).streams().values():
            analyse(stream, "perf", shared_ring=True)
    assert "\n" not in str(caught.value)


def test_names_that_are_too_long_are_refused_where_they_would_be_shown(path: Path) -> None:
    rows = events_parquet.to_table({"perf": events_of([(3, 9, 0, EXIT, 1), (1, 9, 1, FORK, 1)])})
    place = rows.column_names.index("comm")
    pq.write_table(rows.set_column(place, "comm", pa.array([b"x" * 17] * 2)), path)
    (stream,) = EventsFile(path).streams().values()
    with pytest.raises(UnreadableSessionError, match="longer than 16"):
        analyse(stream, "perf", shared_ring=True)


def test_a_file_that_changes_between_two_readings_is_told(path: Path) -> None:
    Recipe(2_000, seed=1).write(path)
    (stream,) = EventsFile(path).streams().values()
    events, _ = Recipe(2_000, seed=1).events()
    events["ts_ns"] -= 500_000
    pq.write_table(events_parquet.to_table({"ringbuf-reserve": events}), path)
    with pytest.raises(UnreadableSessionError, match="changed"):
        list(stream.chunks())


def test_a_pipe_or_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSessionError):
        EventsFile(tmp_path)
    with pytest.raises(UnreadableSessionError):
        EventsFile(Path("/dev/null"))


def test_chunks_are_of_one_length_and_know_what_is_still_to_come(path: Path) -> None:
    Recipe(200_000).write(path)
    (stream,) = EventsFile(path).streams().values()
    chunks = list(stream.chunks())
    assert [len(chunk) for chunk in chunks[:-1]] == [CHUNK] * (len(chunks) - 1)
    lowest = [int(chunk.ts_ns.min()) for chunk in chunks]
    assert [chunk.floor_ns for chunk in chunks[:-1]] == [min(lowest[at + 1 :]) for at in range(len(chunks) - 1)]


def test_reading_stops_when_nobody_wants_more(path: Path) -> None:
    Recipe(200_000).write(path)
    (stream,) = EventsFile(path).streams().values()
    import threading

    before = threading.active_count()
    for _ in stream.chunks():
        break
    assert threading.active_count() == before
