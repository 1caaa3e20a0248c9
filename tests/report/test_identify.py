"""Whose session it is stands in no page, summary or document, unless that was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringbench.analysis.view import SessionView
from ringbench.cli import cli
from ringbench.data.store.folder import SessionWriter
from ringbench.machine.measured_by import measured_by
from ringbench.report.document.session_document import as_json, dumps
from tests.analysis import synthetic

OWN = {
    "host": "build-7.example.org",
    "user": "ada-lovelace",
    "command": "/home/ada/bin/ringbench",
    "workload": "--token=hush",
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored session that knows whose it is."""
    folder = tmp_path_factory.mktemp("sessions") / "one"
    manifest = synthetic.manifest(
        command_line=[OWN["command"], "run", "--repeats", "5", "--", "make", OWN["workload"]],
        measured_by={"host": OWN["host"], "user": OWN["user"]},
        plan={**synthetic.manifest()["plan"], "command": ["make", OWN["workload"]]},
    )
    writer = SessionWriter.create(folder, manifest)
    for trial in dict.fromkeys(row["trial"] for row in synthetic.quick()):
        writer.add([row for row in synthetic.quick() if row["trial"] == trial], {})
    writer.finish("complete")
    return folder


def told(stored: Path, out: Path, *more: str) -> dict[str, str]:
    """Return all that `report` says of *stored*: what it writes and what it prints."""
    texts = {}
    for name, arguments in (("terminal", more), ("document", ("--json", *more))):
        done = CliRunner().invoke(cli, ["report", str(stored), "--out", str(out), *arguments])
        assert done.exit_code == 0, done.output
        texts[name] = done.stdout
    return texts | {path.name: path.read_text() for path in out.rglob("*") if path.suffix in (".html", ".md", ".svg")}


def test_nothing_of_it_is_told_unasked(stored: Path, tmp_path: Path) -> None:
    texts = told(stored, tmp_path / "out")
    assert {"report.html", "summary.md", "terminal", "document", "cost.svg"} <= set(texts)
    for name, text in texts.items():
        assert [own for own in OWN.values() if own in text] == [], name
    assert "ringbench run --repeats 5 --seed 1 -- COMMAND" in texts["report.html"]


def test_it_is_told_where_it_was_asked_for(stored: Path, tmp_path: Path) -> None:
    texts = told(stored, tmp_path / "out", "--identify")
    for name in ("report.html", "document"):
        assert [own for own in OWN.values() if own not in texts[name]] == [], name
    for own in ("host", "user"):
        assert OWN[own] in texts["summary.md"]


def test_an_older_session_knows_no_host() -> None:
    session = synthetic.session()
    assert "host" not in SessionView.of(session, identify=True).identity
    assert json.loads(dumps(as_json(session)))["session"] == "synthetic"


def test_what_is_recorded_is_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import pwd

    monkeypatch.delenv("SUDO_UID", raising=False)
    found = measured_by()
    assert found["user"] == pwd.getpwuid(os.geteuid()).pw_name
    assert found["host"] == os.uname().nodename
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        monkeypatch.setenv("SUDO_UID", str(nobody.pw_uid))
        assert measured_by()["user"] == "nobody"
        for unknown in ("2000000000", "99999999999999999999", "-1", "x", ""):
            monkeypatch.setenv("SUDO_UID", unknown)
            assert measured_by()["user"] == "root"
