"""Export: the same numbers for other programs, and nothing that acts when it is opened."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from ringbench.cli.export import export as command
from ringbench.data.store.export import export, harmless
from ringbench.data.store.folder import read_session
from ringbench.data.store.schema import EVENTS, TRIALS
from ringbench.errors import OptionError, UnreadableSessionError
from ringbench.spec.event import Events


def exported(session: Path, file_format: str, out: Path) -> list[Path]:
    return export(read_session(session, Path("results")), file_format, out)


def test_csv_is_harmless(session: Path, tmp_path: Path) -> None:
    assert exported(session, "csv", tmp_path / "out") == [
        tmp_path / "out" / "trials.csv",
        tmp_path / "out" / "events" / "t0.csv",
    ]
    with (tmp_path / "out" / "trials.csv").open(newline="") as file:
        trials = list(csv.DictReader(file))
    assert list(trials[0]) == TRIALS.names
    assert trials[0]["attempted"] == "4"
    assert trials[1]["attempted"] == ""  # not measured: nothing, not 0
    assert trials[1]["invalid_reason"] == r"'=cmd|\x1b[2J"
    with (tmp_path / "out" / "events" / "t0.csv").open(newline="") as file:
        events = list(csv.DictReader(file))
    assert list(events[0]) == EVENTS.names
    assert [event["comm"] for event in events[:4]] == ["bash", r"'=\x1b[31m\xff", r"a\x00b", ""]
    assert [event["birth"] for event in events[2:4]] == [str((1 << 48) | 1), ""]
    assert [event["transport"] for event in events] == ["perf"] * 4 + ["ringbuf-output"] * 2


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\uff1d1"])
def test_formulas_are_neutralised(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "bash", "a=b", "'quoted", "0-1"])
def test_other_text_is_not_touched(cell: str) -> None:
    assert harmless(cell) == cell


def test_json_has_nulls_and_printable_names(session: Path, tmp_path: Path) -> None:
    exported(session, "json", tmp_path / "out")
    trials = json.loads((tmp_path / "out" / "trials.json").read_text())
    assert [row["attempted"] for row in trials] == [4, None, 9]
    assert list(trials[0]) == TRIALS.names
    events = json.loads((tmp_path / "out" / "events" / "t0.json").read_text())
    assert [event["comm"] for event in events[:4]] == ["bash", r"=\x1b[31m\xff", r"a\x00b", ""]
    assert events[3]["birth"] is None


def test_json_of_nothing_is_an_empty_list(session: Path, tmp_path: Path) -> None:
    stored = read_session(session, Path("results"))
    empty = dataclasses.replace(stored, trials=stored.trials.iloc[:0])
    assert [path.read_text() for path in export(empty, "json", tmp_path / "out")] == ["[]\n"]


def test_parquet_is_exact(session: Path, tmp_path: Path, events: Events) -> None:
    exported(session, "parquet", tmp_path / "out")
    assert pq.read_schema(tmp_path / "out" / "trials.parquet") == TRIALS
    assert pq.read_table(tmp_path / "out" / "trials.parquet") == pq.read_table(session / "trials.parquet")
    assert pq.read_table(tmp_path / "out" / "events" / "t0.parquet") == pq.read_table(session / "events" / "t0.parquet")
    assert pq.read_table(session / "events" / "t0.parquet").column("comm").to_pylist()[:4] == events["comm"].tolist()


def test_a_session_is_not_written_over(session: Path) -> None:
    with pytest.raises(OptionError, match="choose another --out"):
        exported(session, "parquet", session / "events" / "..")


def test_the_command_names_its_files(session: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(command, [str(session), "--format", "csv"])
    assert (ran.exit_code, ran.output.split()) == (
        0,
        [f"{session}/export/trials.csv", f"{session}/export/events/t0.csv"],
    )
    ran = CliRunner().invoke(command, [str(session), "--format", "json", "--out", str(tmp_path / "out")])
    assert (ran.exit_code, (tmp_path / "out" / "trials.json").exists()) == (0, True)


def test_the_commands_errors_are_ours(tmp_path: Path) -> None:
    assert isinstance(CliRunner().invoke(command, [str(tmp_path), "--format", "csv"]).exception, UnreadableSessionError)
    assert CliRunner().invoke(command, [str(tmp_path), "--format", "pickle"]).exit_code == 2


def test_help_has_an_example() -> None:
    shown = CliRunner().invoke(command, ["--help"]).output
    assert "ringbench export latest --format csv --out tables" in shown
    assert "default: SESSION/export" in shown
