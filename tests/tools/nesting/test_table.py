"""The tables of `ringbench nesting`: those of the docs are those of the recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ringbench.cli import cli
from ringbench.cli.nesting import _available
from ringbench.drivers import features
from ringbench.drivers.transports import TRANSPORTS, transports_carrying
from ringbench.spec.record import NESTED
from ringbench.tools.nesting.table import markdown, read
from tests import ROOT

RECORDED = ROOT / "results" / "reference" / "nested" / "nested.json"


def test_the_docs_have_the_tables_of_the_recording() -> None:
    assert markdown(read(RECORDED)) in (ROOT / "docs" / "nesting.md").read_text()


def test_the_recording_is_exact_whole_and_of_every_transport() -> None:
    found = read(RECORDED)
    assert {each["transport"] for each in found["nested"]} == set(transports_carrying(NESTED.struct))
    assert {each["transport"] for each in found["depth"]} == set(transports_carrying(NESTED.struct))
    for each in found["nested"]:
        assert each["account_error"] is None
        assert each["interruptions"]["torn"] == 0
        assert each["interruptions"]["interrupted"] > (1000 if each["buffer_bytes"] >= 1 << 20 else 100)


def test_the_command_shows_what_is_stored_without_measuring() -> None:
    done = CliRunner().invoke(cli, ["nesting", "--from", str(RECORDED)], env={"COLUMNS": "300"})
    assert "EBUSY at 4" in done.output
    told = CliRunner().invoke(cli, ["nesting", "--from", str(RECORDED), "--json"])
    assert json.loads(told.output) == read(RECORDED)


@pytest.mark.parametrize("spoilt", ["account_error", "torn"])
def test_a_wrong_account_or_a_torn_record_ends_with_status_3(tmp_path: Path, spoilt: str) -> None:
    found: Any = read(RECORDED)
    assert _status(tmp_path, found) == 0
    if spoilt == "torn":
        found["nested"][0]["interruptions"]["torn"] = 1
    else:
        found["nested"][0]["account_error"] = "1 missing"
    assert _status(tmp_path, found) == 3


def _status(tmp_path: Path, document: Any) -> int:
    path = tmp_path / "nested.json"
    path.write_text(json.dumps(document))
    return cli.main(["nesting", "--from", str(path)], standalone_mode=False) or 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 2}', "not JSON"])
def test_what_is_no_such_document_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    done = CliRunner().invoke(cli, ["nesting", "--from", str(path)])
    assert done.exit_code != 0
    assert "ringbench nesting --out" in str(done.exception) or "schema version 2" in str(done.exception)


def test_what_cannot_carry_its_records_is_not_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "missing", lambda transport: None)
    assert set(_available(())) == set(transports_carrying(NESTED.struct)) == set(TRANSPORTS) - {"ftrace"}
