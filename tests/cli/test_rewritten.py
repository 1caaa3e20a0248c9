"""A session whose files pandas wrote again: every command that reads one prints every number as before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringbench.data.store import events_parquet
from tests import ROOT
from tests.cli.inside import inside

REFERENCE = ROOT / "results" / "reference"


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two sessions and, under other names, the same as pandas writes them."""
    folder = tmp_path_factory.mktemp("sessions")
    for name, source in {"kept": "", "other": "gate/again"}.items():
        where = folder / name
        where.mkdir()
        for file in ("session.json", "trials.parquet"):
            shutil.copy(REFERENCE / source / file, where)
        (where / "events").mkdir()
    source = min((REFERENCE / "events").glob("*.parquet"))
    found = events_parquet.read(source)
    for events in found.values():
        events["birth"][::9] = events["parent_pid"][::9] = 0  # null in the file: pandas makes doubles of it
    pq.write_table(events_parquet.to_table(found), folder / "kept" / "events" / source.name)
    for name in ("kept", "other"):
        shutil.copytree(folder / name, folder / "again" / name)
    for path in (folder / "again").rglob("*.parquet"):
        before = pq.read_schema(path)
        pd.read_parquet(path).to_parquet(path)
        after = pq.read_schema(path)
        assert [each.name for each in after if each.type == pa.float64() and before.field(each.name).type == pa.int64()]
    return folder


def printed(folder: Path, *arguments: str) -> Any:
    done = inside(*arguments, cwd=folder)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "kept", "--json", "--out", "out"],
        ["report", "other", "--json", "--out", "out"],
        ["order", "kept", "--json"],
        ["order", "kept/events/0001.parquet", "--json"],
        ["compare", "kept", "kept", "--json"],
        ["compare", "other", "other", "--json"],
    ],
    ids=" ".join,
)
def test_it_prints_every_number_as_before(sessions: Path, arguments: list[str]) -> None:
    before, after = printed(sessions, *arguments), printed(sessions / "again", *arguments)
    assert before == after
    assert len(json.dumps(before)) > 100


@pytest.mark.parametrize("file_format", ["csv", "json", "parquet"])
def test_it_exports_every_number_as_before(sessions: Path, file_format: str) -> None:
    exported = []
    for folder in (sessions, sessions / "again"):
        done = inside("export", "kept", "--format", file_format, "--out", f"exported-{file_format}", cwd=folder)
        assert done.returncode == 0, done.stderr
        files = sorted((folder / f"exported-{file_format}").rglob(f"*.{file_format}"))
        assert [file.stem for file in files] == ["0001", "trials"]
        exported.append([pq.read_table(file) if file_format == "parquet" else file.read_text() for file in files])
    assert exported[0] == exported[1]


def test_a_fraction_where_a_whole_number_belongs_is_refused_in_one_line(sessions: Path, tmp_path: Path) -> None:
    shutil.copytree(sessions / "again" / "kept", tmp_path / "kept")
    path = tmp_path / "kept" / "trials.parquet"
    found = pd.read_parquet(path)
    found["delivered"] = found["delivered"] + 0.5
    found.to_parquet(path)
    for arguments in (["report", "kept"], ["export", "kept", "--format", "csv"], ["compare", "kept", "kept"]):
        done = inside(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "trials.parquet: column delivered has" in done.stderr
        assert "which is no whole number" in done.stderr
