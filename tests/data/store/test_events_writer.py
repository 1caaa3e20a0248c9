"""Events come in pieces and lie in row groups of one transport; what is read is what was added, in its order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbench.data.store import events_parquet, events_writer
from ringbench.data.store.schema import EVENTS
from ringbench.errors import RingbenchError
from ringbench.spec.event import DELIVERED, Events

from .test_events_parquet import ARRAYS, lifelike

NAMES = ("perf", "ringbuf-output", "ringbuf-reserve")


def groups(path: Path) -> list[tuple[str, int]]:
    """Return whose each row group is and how many events it holds; one with several transports fails."""
    parquet = pq.ParquetFile(path)
    found = []
    for number in range(parquet.num_row_groups):
        column = parquet.read_row_group(number, ["transport"]).column("transport")
        (name,) = column.unique().to_pylist()
        found.append((name, len(column)))
    return found


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), ARRAYS), max_size=12),
    st.permutations(NAMES),
    st.integers(1, 30),
)
@settings(deadline=None, max_examples=60)
def test_pieces_of_several_transports_come_back_each_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[str, Events]], names: list[str], row_group: int
) -> None:
    path = tmp_path_factory.mktemp("events") / "t.parquet"
    with events_writer.replacing(path, names, row_group) as writer:
        for name, piece in pieces:
            writer.add(name, piece)
    back = events_parquet.read(path)
    assert list(back) == names
    for name in names:
        added = np.concatenate([np.empty(0, DELIVERED), *(piece for whose, piece in pieces if whose == name)])
        assert back[name].tobytes() == added.tobytes()
        sizes = [size for whose, size in groups(path) if whose == name]
        # All are full but the last, so that a small last one is the only waste.
        assert all(size == row_group for size in sizes[:-1])
        assert sum(sizes) == len(added)
    assert pq.read_schema(path).names == EVENTS.names


def test_a_piece_may_change_once_it_was_added(tmp_path: Path, events: Events) -> None:
    wanted = events.tobytes()
    with events_writer.replacing(tmp_path / "t.parquet", ["perf"]) as writer:
        writer.add("perf", events)
        events["seq"] = 99  # a block of memory is used again
    assert events_parquet.read(tmp_path / "t.parquet")["perf"].tobytes() == wanted


def test_a_row_group_holds_a_mebi_of_events_of_one_transport(tmp_path: Path) -> None:
    many = np.resize(lifelike(30_000), events_writer.ROW_GROUP + 5)
    events_writer.store(tmp_path / "t.parquet", {"perf": many[:3], "ringbuf-output": many, "ringbuf-reserve": many[:0]})
    assert groups(tmp_path / "t.parquet") == [
        ("ringbuf-output", 1 << 20),
        ("perf", 3),
        ("ringbuf-output", 5),
    ]
    back = events_parquet.read(tmp_path / "t.parquet")
    assert {name: len(array) for name, array in back.items()} == {
        "perf": 3,
        "ringbuf-output": len(many),
        "ringbuf-reserve": 0,
    }
    assert back["ringbuf-output"].tobytes() == many.tobytes()


def test_encodings_are_those_of_a_whole_table(tmp_path: Path) -> None:
    events = lifelike(3000)
    with events_writer.replacing(tmp_path / "t.parquet", ["perf"], 1000) as writer:
        writer.add("perf", events)
    footer = pq.read_metadata(tmp_path / "t.parquet")
    for number in range(footer.num_row_groups):
        columns = [footer.row_group(number).column(index) for index in range(footer.num_columns)]
        assert {column.compression for column in columns} == {"ZSTD"}
        delta = {column.path_in_schema for column in columns if "DELTA_BINARY_PACKED" in column.encodings}
        assert delta == {"ts_ns", "received_ns", "seq", "pid", "birth"}
    assert json.loads(footer.metadata[b"ringbench.transports"]) == ["perf"]


def test_files_with_one_transport_after_the_other_in_one_row_group_are_still_read(
    tmp_path: Path, events: Events
) -> None:
    both = {"perf": events, "ringbuf-output": events[:2]}
    pq.write_table(events_parquet.to_table(both), tmp_path / "old.parquet")  # as version 3 wrote them
    assert pq.read_metadata(tmp_path / "old.parquet").num_row_groups == 1
    for version in (1, 2, 3):
        back = events_parquet.read(tmp_path / "old.parquet", version)
        assert {name: array.tobytes() for name, array in back.items()} == {n: a.tobytes() for n, a in both.items()}


def test_what_the_schema_has_no_room_for_leaves_the_old_file(tmp_path: Path, events: Events) -> None:
    path = tmp_path / "t.parquet"
    events_writer.store(path, {"perf": events})
    before = path.read_bytes()
    events["pid"][1] = 2**31
    with pytest.raises(ValueError, match="pid"):
        events_writer.store(path, {"perf": events})
    with pytest.raises(KeyError), events_writer.replacing(path, ["perf"]) as writer:
        writer.add("ringbuf-output", events[:1])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_refuses_is_one_line(tmp_path: Path, events: Events) -> None:
    with pytest.raises(RingbenchError, match=r"^cannot write /proc/[^\n]*$"):
        events_writer.store(Path("/proc/ringbench/t.parquet"), {"perf": events})


def test_the_file_stays_the_callers(tmp_path: Path, events: Events) -> None:
    file: BinaryIO
    with (tmp_path / "t.parquet").open("wb") as file:
        writer = events_writer.EventsWriter(file, ["perf"])
        writer.add("perf", events)
        writer.close()
        assert not file.closed
    assert isinstance(pq.read_table(tmp_path / "t.parquet"), pa.Table)
