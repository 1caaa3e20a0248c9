"""A session's folder from anybody: damaged, foreign or hostile, it is refused in one line that names the file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringbench.data.store import trials_parquet, upgrade
from ringbench.data.store.folder import SessionWriter, read_session
from ringbench.data.store.schema import REQUIRED_TRIAL_COLUMNS, TRIALS
from ringbench.errors import OptionError, RingbenchError, UnreadableSessionError
from ringbench.spec.event import Events

from .conftest import MakeRow

NOWHERE = Path("/nonexistent")


def test_what_is_no_session_is_said(tmp_path: Path, session: Path) -> None:
    (tmp_path / "file").touch()
    for path, seen in [
        (tmp_path / "x", "no such folder"),
        (tmp_path / "file", "not a session"),
        (tmp_path, "session.json"),
    ]:
        with pytest.raises(UnreadableSessionError, match=seen) as error:
            read_session(path, NOWHERE)
        assert len(str(error.value).splitlines()) == 1
    (session / "trials.parquet").unlink()
    with pytest.raises(UnreadableSessionError, match=r"trials\.parquet: No such file"):
        read_session(str(session), NOWHERE)
    with pytest.raises(OptionError, match="no session to resume"):
        SessionWriter.resume(tmp_path / "x")


@pytest.mark.parametrize("name", REQUIRED_TRIAL_COLUMNS)
def test_a_missing_column_is_named(session: Path, name: str) -> None:
    pq.write_table(pq.read_table(session / "trials.parquet").drop_columns([name]), session / "trials.parquet")
    with pytest.raises(UnreadableSessionError, match=rf"trials\.parquet: no column {name}$"):
        read_session(session, NOWHERE)


@pytest.mark.parametrize(
    ("name", "column", "seen"),
    [
        ("attempted", pa.array([1.0, 2.5, 3.0]), "column attempted has 2.5, which is no whole number"),
        ("attempted", pa.array(["1", "2", "3"]), "column attempted is dictionary<.*>, not int64"),
        ("valid", pa.array([1, 1, 1]), "column valid is int64, not bool"),
        ("reader", pa.array([1, 1, 1]), "column reader is int64, not string"),
        ("reader", pa.array([{"a": 1}] * 3), "column reader has type struct"),
        ("reader", pa.array([b"\xff"] * 3), "column reader is dictionary<values=binary.*, not string"),
        ("trial", pa.array(["t0", None, "t1"]), "column trial has nulls"),
        ("trial", pa.array(["t0", "../x", "t1"]), r"trial '\.\./x' is no name for a file"),
        ("trial", pa.array(["t0", "x\n", "t1"]), "is no name for a file"),
        ("trial", pa.array(["t0", ".x", "t1"]), "is no name for a file"),
        ("transport", pa.array(["perf", "perf", "perf"]), "trial t0 is there twice with perf"),
    ],
)
def test_a_foreign_table_is_refused(session: Path, name: str, column: pa.Array, seen: str) -> None:
    table = pq.read_table(session / "trials.parquet")
    changed = table.set_column(table.schema.get_field_index(name), name, column)
    pq.write_table(changed, session / "trials.parquet")
    with pytest.raises(UnreadableSessionError, match=rf"trials\.parquet: .*{seen}") as error:
        read_session(session, NOWHERE)
    assert len(str(error.value).splitlines()) == 1


def test_tolerated(session: Path) -> None:
    """Extra columns (nested too), absent optional ones, other widths, NaN and infinity, lying pandas metadata."""
    table = pq.read_table(session / "trials.parquet").drop_columns(["block", "arena_bytes"])
    table = table.append_column("mine", pa.array([[1], [2], [3]]))
    changes = {"attempted": pa.array([1, 2, 3], pa.uint8()), "drop_rate": pa.array([0.5, float("nan"), float("inf")])}
    for name, column in changes.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    table = table.replace_schema_metadata(
        {"pandas": '{"index_columns": ["trial"], "columns": [{"name": "__reduce__"}]}'}
    )
    pq.write_table(table, session / "trials.parquet")
    trials = read_session(session, NOWHERE).trials
    assert list(trials.columns) == TRIALS.names
    assert trials["block"].isna().all()
    assert trials["attempted"].tolist() == [1, 2, 3]
    assert trials["drop_rate"].isna().tolist() == [False, True, True]


def test_text_that_unpacks_to_terabytes_is_refused(session: Path) -> None:
    count = 1000
    rows = trials_parquet.table_of([{"trial": f"t{number}", "transport": "perf"} for number in range(count)])
    giant = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array(["x" * (1 << 20)]))
    pq.write_table(rows.set_column(rows.schema.get_field_index("reader"), "reader", giant), session / "trials.parquet")
    assert (session / "trials.parquet").stat().st_size < 1 << 20
    with pytest.raises(UnreadableSessionError, match="1048576000 bytes of text"):
        read_session(session, NOWHERE)


def test_events_never_come_from_elsewhere(session: Path, tmp_path: Path) -> None:
    stored = read_session(session, NOWHERE)
    for name in ("../trials", "/etc/passwd", "..", "", ".t0", "t0\n"):
        with pytest.raises(UnreadableSessionError, match="is no name for a file"):
            stored.events(name)
    (session / "events" / "t0.parquet").rename(tmp_path / "elsewhere.parquet")
    (session / "events" / "t0.parquet").symlink_to(tmp_path / "elsewhere.parquet")
    with pytest.raises(UnreadableSessionError, match="symbolic link"):
        stored.events("t0")


def test_nothing_is_written_through_a_link(session: Path, tmp_path: Path, row: MakeRow, events: Events) -> None:
    (session / "events").rename(tmp_path / "elsewhere")
    (session / "events").symlink_to(tmp_path / "elsewhere")
    writer = SessionWriter.resume(session)
    with pytest.raises(RingbenchError, match="symbolic link"):
        writer.add([row("t2")], {"perf": events})
    assert os.listdir(tmp_path / "elsewhere") == ["t0.parquet"]


def test_an_older_session_is_read_but_not_resumed(
    session: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renamed(old: str, new: str) -> Any:
        return lambda table: table.rename_columns([new if name == old else name for name in table.column_names])

    step = upgrade.Upgrade(trials=renamed("tries", "attempted"), events=renamed("time", "ts_ns"))
    monkeypatch.setitem(upgrade.UPGRADES, 0, step)
    manifest = json.loads((session / "session.json").read_text())
    (session / "session.json").write_text(json.dumps({**manifest, "schema_version": 0}))
    for path, change in [("trials.parquet", ("attempted", "tries")), ("events/t0.parquet", ("ts_ns", "time"))]:
        pq.write_table(renamed(*change)(pq.read_table(session / path)), session / path)
    stored = read_session(session, NOWHERE)
    assert stored.recorded_version == 0
    assert stored.trials["attempted"].dropna().tolist() == [4, 9]
    assert stored.event_arrays("t0")["perf"].tobytes() == events.tobytes()
    with pytest.raises(OptionError, match="schema version 0"):
        SessionWriter.resume(session)
