"""Files that pandas wrote again: an integer column with gaps is double there, and text has other types. Every number
is read as before, and what a double can't tell is refused or null.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringbench.data.order.file import EventsFile
from ringbench.data.store import events_parquet
from ringbench.data.store.folder import read_session
from ringbench.data.store.schema import TRIALS
from ringbench.errors import UnreadableSessionError
from ringbench.spec.event import Events
from tests import ROOT

NOWHERE = Path("/nonexistent")
REFERENCE = ROOT / "results" / "reference"
INTEGERS = [field.name for field in TRIALS if pa.types.is_integer(field.type)]


def as_it_comes(path: Path) -> None:
    pd.read_parquet(path).to_parquet(path)


def with_categories(path: Path) -> None:
    found = pd.read_parquet(path)
    texts = [name for name in found if any(isinstance(value, (str, bytes)) for value in found[name])]
    found.astype(dict.fromkeys(texts, "category")).to_parquet(path)


def with_nothing_but_categories(path: Path) -> None:
    found = pd.read_parquet(path)
    plain = [name for name in found if not any(isinstance(value, np.ndarray) for value in found[name])]
    found.astype(dict.fromkeys(plain, "category")).to_parquet(path)


def with_large_strings(path: Path) -> None:
    table = pa.Table.from_pandas(pd.read_parquet(path))
    large = {pa.string(): pa.large_string(), pa.binary(): pa.large_binary()}
    large |= {pa.list_(pa.string()): pa.large_list(pa.large_string())}
    fields = [pa.field(field.name, large.get(field.type, field.type)) for field in table.schema]
    pq.write_table(table.cast(pa.schema(fields)), path)


def with_an_index(path: Path) -> None:
    found = pd.read_parquet(path)
    found.index = pd.Index(range(100, 100 + len(found)))
    found.to_parquet(path)


def with_nan_for_null(path: Path) -> None:
    """As fastparquet does, and whoever calls pa.Table.from_pandas(safe=False) with numpy's own columns."""
    found = pd.read_parquet(path)
    table = pa.Table.from_pandas(found)
    for index, name in enumerate(table.column_names):
        if pa.types.is_floating(table.schema.field(index).type):
            table = table.set_column(index, name, pa.array(found[name].to_numpy(), from_pandas=False))
    pq.write_table(table, path)


WAYS: list[Callable[[Path], None]] = [
    as_it_comes,
    with_categories,
    with_nothing_but_categories,
    with_large_strings,
    with_an_index,
    with_nan_for_null,
]
ways = pytest.mark.parametrize("write_again", WAYS, ids=lambda way: way.__name__)


@pytest.fixture
def changed(session: Path) -> Callable[[str, pa.Array], Path]:
    """Return what writes the trials of a session with another column."""

    def change(name: str, column: pa.Array) -> Path:
        table = pq.read_table(session / "trials.parquet")
        pq.write_table(table.set_column(table.column_names.index(name), name, column), session / "trials.parquet")
        return session

    return change


@ways
@pytest.mark.parametrize("name", ["", "order", "gate/base", "frontier"])
def test_trials_that_pandas_wrote_again_are_the_same(
    tmp_path: Path, name: str, write_again: Callable[[Path], None]
) -> None:
    for file in ("session.json", "trials.parquet"):
        (tmp_path / file).write_bytes((REFERENCE / name / file).read_bytes())
    before = read_session(tmp_path, NOWHERE).trials
    write_again(tmp_path / "trials.parquet")
    written = [field for field in pq.read_schema(tmp_path / "trials.parquet") if "double" in str(field.type)]
    assert {field.name for field in written} & set(INTEGERS), "no integer column has gaps: nothing is tested"
    pd.testing.assert_frame_equal(read_session(tmp_path, NOWHERE).trials, before)


@ways
@pytest.mark.parametrize("codes", [[["host"], [], None], [[], [], None], [None, None, None]])
def test_lists_that_pandas_wrote_again_are_the_same(
    changed: Callable[[str, pa.Array], Path], write_again: Callable[[Path], None], codes: list[list[str] | None]
) -> None:
    session = changed("disturbed_codes", pa.array(codes, pa.list_(pa.string())))
    before = read_session(session, NOWHERE).trials
    write_again(session / "trials.parquet")
    pd.testing.assert_frame_equal(read_session(session, NOWHERE).trials, before)


@ways
def test_events_that_pandas_wrote_again_are_the_same(tmp_path: Path, write_again: Callable[[Path], None]) -> None:
    source = next(iter(sorted((REFERENCE / "events").glob("*.parquet"))))
    path = tmp_path / "events.parquet"
    before = events_parquet.read(source)
    for events in before.values():
        for name in ("birth", "parent_pid"):
            events[name][::7] = 0  # of lives that began before the session: null in the file
    pq.write_table(events_parquet.to_table(before), path)
    streamed = streams(path)
    write_again(path)
    assert "double" in str(pq.read_schema(path).field("birth").type)
    after = events_parquet.read(path)
    assert list(after) == list(before)
    for transport, events in before.items():
        assert len(events) > 1000
        np.testing.assert_array_equal(after[transport], events)
    assert streams(path) == streamed


def streams(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return each transport's columns, chunk by chunk, as `ringbench order` reads them."""
    names = ("ts_ns", "received_ns", "cpu", "kind", "pid", "birth")
    return {
        transport: [(chunk.first, *(getattr(chunk, name).tolist() for name in names)) for chunk in stream.chunks()]
        for transport, stream in EventsFile(path).streams().items()
    }


def test_a_whole_number_in_a_double_is_that_number(changed: Callable[[str, pa.Array], Path]) -> None:
    session = changed("attempted", pa.array([2.0**53 - 1, None, float("nan")]))
    assert read_session(session, NOWHERE).trials["attempted"].tolist() == [2**53 - 1, pd.NA, pd.NA]


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
def test_of_a_trial_what_a_float_cannot_tell_is_null(
    changed: Callable[[str, pa.Array], Path], kind: pa.DataType
) -> None:
    digits = {pa.float16(): 11, pa.float32(): 24, pa.float64(): 53}[kind]
    values = np.array([2**digits - 1, 2**digits, np.inf], kind.to_pandas_dtype())
    session = changed("started_ns", pa.array(values))
    assert read_session(session, NOWHERE).trials["started_ns"].tolist() == [2**digits - 1, pd.NA, pd.NA]


@pytest.mark.parametrize("value", [0.5, -1e-9, 1e9 + 0.25])
def test_a_fraction_is_no_integer(changed: Callable[[str, pa.Array], Path], value: float) -> None:
    session = changed("attempted", pa.array([1.0, value, None]))
    with pytest.raises(UnreadableSessionError, match=r"column attempted has .*, which is no whole number") as error:
        read_session(session, NOWHERE)
    assert len(str(error.value).splitlines()) == 1


def test_a_column_without_one_number_is_null(changed: Callable[[str, pa.Array], Path]) -> None:
    for column in (pa.nulls(3, pa.float64()), pa.nulls(3), pa.array([float("nan")] * 3)):
        assert read_session(changed("attempted", column), NOWHERE).trials["attempted"].isna().all()


@pytest.mark.parametrize(
    ("name", "values", "seen"),
    [
        ("birth", [1.0, 2.0**53, 3.0], "column birth is double, which doesn't hold 9.0072e\\+15 to the last digit"),
        ("birth", [1.0, float("inf"), 3.0], "column birth is double, which doesn't hold inf"),
        ("birth", [1.0, 1.5, 3.0], "column birth has 1.5, which is no whole number"),
        ("seq", [1.0, None, 3.0], "column seq has nulls"),
        ("ts_ns", [1.0, float("nan"), 3.0], "column ts_ns has nulls"),
        ("cpu", [0.0, 2.0**40, 1.0], "1099511627776 not in range"),
        ("ts_ns", [1.0, -2.0, 3.0], "column ts_ns has negative numbers"),
    ],
)
def test_of_an_event_what_a_double_cannot_tell_is_refused(
    tmp_path: Path, events: Events, name: str, values: list[float | None], seen: str
) -> None:
    path = tmp_path / "events.parquet"
    table = events_parquet.to_table({"perf": events[:3]})
    pq.write_table(table.set_column(table.column_names.index(name), name, pa.array(values, pa.float64())), path)
    with pytest.raises(UnreadableSessionError, match=seen) as error:
        events_parquet.read(path)
    assert len(str(error.value).splitlines()) == 1
    if name != "seq":  # which the analysis of order does not read
        with pytest.raises(UnreadableSessionError, match=seen):
            streams(path)


def test_a_birth_of_a_fork_is_a_number_of_its_cpu_and_no_stamp() -> None:
    for path in sorted((REFERENCE / "events").glob("*.parquet")):
        for events in events_parquet.read(path).values():
            forks = events[events["kind"] == 0]
            assert len(forks)
            assert (forks["birth"] >> np.uint64(48) == forks["cpu"] + 1).all()
            assert (forks["birth"] & np.uint64(2**48 - 1) < forks["ts_ns"]).all()
