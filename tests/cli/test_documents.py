"""Every document that a command prints for programs is what its schema says, with no key too many."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jsonschema.exceptions import best_match

from ringbench.analysis.questions import QUESTIONS
from ringbench.analysis.view import SessionView
from ringbench.data.store import schemas
from ringbench.data.store.folder import StoredSession, read_session
from ringbench.data.store.schema import TRIALS
from ringbench.report.document import session_document
from ringbench.spec.codes import AnswerCode, DisturbedCode, InvalidCode, NoteCode, SessionVerdict
from tests import ROOT
from tests.analysis import synthetic
from tests.cli.inside import inside

REFERENCE = ROOT / "results" / "reference"
COMMANDS = [
    ("compare", ["compare", "--json", "{r}/gate/base", "{r}/gate/tenth"]),
    ("compare", ["compare", "--json", "{r}/gate/base", "{r}/gate/base"]),
    ("compare", ["compare", "--json", "--first-run", "nothing", "{r}/gate/base"]),
    ("order", ["order", "--json", "{r}/ftrace"]),
    ("claims", ["claims", "--json", "--list"]),
    ("claims", ["claims", "--json", "--from", "{copy}"]),
    ("list", ["list", "--json"]),
    ("selftest_aa", ["selftest", "aa", "--json", "--from", "{r}/injection"]),
    ("nesting", ["nesting", "--json", "--from", "{r}/nested/nested.json"]),
    ("ringdump", ["ringdump", "--json", "{r}/anatomy/rings.json"]),
    ("history", ["history", "--json", "{r}/gate/base", "{r}/gate/again", "{r}/gate/tenth"]),
    ("plan", ["run", "--dry-run", "--json"]),
    ("plan", ["run", "--dry-run", "--json", "--profile", "frontier"]),
    ("plan", ["run", "--dry-run", "--json", "--precision", "5%", "--workload", "fork-exec"]),
    ("plan", ["run", "--dry-run", "--json", "--", "true"]),
]


def fault(name: str, document: Any) -> str | None:
    error = best_match(schemas.validator(name).iter_errors(document))
    return None if error is None else f"{error.json_path}: {error.message[:300]}"


@pytest.mark.parametrize(("name", "arguments"), COMMANDS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(COMMANDS)])
def test_what_a_command_prints(tmp_path: Path, name: str, arguments: list[str]) -> None:
    copy = tmp_path / "copy"
    if "{copy}" in arguments:  # claims.md is written into it
        copy.mkdir()
        for file in ("session.json", "trials.parquet"):
            (copy / file).write_bytes((REFERENCE / "claims" / file).read_bytes())
    done = inside(*[word.format(r=REFERENCE, copy=copy) for word in arguments], cwd=tmp_path)
    document = json.loads(done.stdout)
    assert fault(name, document) is None, done.stderr
    assert document


def test_the_list_of_baselines(tmp_path: Path) -> None:
    assert inside("baseline", "save", str(REFERENCE / "gate" / "base"), cwd=tmp_path).returncode == 0
    document = json.loads(inside("baseline", "list", "--json", cwd=tmp_path).stdout)
    assert (fault("baselines", document), len(document)) == (None, 1)
    shown = json.loads(inside("baseline", "show", "latest", "--json", cwd=tmp_path).stdout)
    assert fault("report", shown) is None


def test_what_doctor_says_to_others_than_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    document = json.loads(inside("doctor", "--json", cwd=tmp_path).stdout)
    assert fault("doctor", document) is None
    assert document["designs"] is None
    document["designs"] = [{"name": "one", "able": False, "said": "no"}]
    assert fault("doctor", document) is None


def test_what_gatecheck_has_written() -> None:
    assert fault("selftest_gate", json.loads((REFERENCE / "gate" / "checked.json").read_text())) is None


def recorded(name: str) -> StoredSession:
    return read_session(REFERENCE / name, REFERENCE)


def broken() -> StoredSession:
    codes = {"invalid_code": "timed_out", "disturbed_codes": ["host_steal", "throttled"]}
    return synthetic.session([synthetic.row(valid=False, **codes)])


SESSIONS: dict[str, Callable[[], StoredSession]] = {
    **{name: partial(recorded, name) for name in (".", "overhead", "sched-switch", "gate-disturbed/base")},
    "nothing": partial(synthetic.session, []),
    "interrupted": partial(synthetic.session, synthetic.capacity(), status="interrupted"),
    "broken": broken,
    "whole": synthetic.whole_session,
}


@pytest.mark.parametrize("stored", SESSIONS.values(), ids=SESSIONS)
def test_a_session(stored: Callable[[], StoredSession]) -> None:
    session = stored()
    document = json.loads(session_document.dumps(session_document.as_json(session)))
    assert fault("report", document) is None
    assert list(document["answers"]) == [question.name for question in QUESTIONS]
    named = session_document.as_json(session, identify=True)
    assert fault("report", {"sessions": [document, json.loads(session_document.dumps(named))]}) is None
    assert len(document["trials"]) == len(SessionView.of(session).rows)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict):
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_is_one_and_leaves_nothing_open(name: str) -> None:
    schema = schemas.schema(name)
    schemas.validator(name).check_schema(schema)
    assert schema["title"]
    if name == "session":  # a key that a later version adds to session.json is no fault of a file
        return
    for each in objects(schema):
        assert each["additionalProperties"] is False
        assert set(each["required"]) <= set(each["properties"])


@pytest.mark.parametrize("change", [{"more": 1}, {"verdict": "fine"}, {"trials": [{"trial": "1"}]}, {"caveats": None}])
def test_a_document_that_differs_is_no_session(whole: SessionView, change: dict[str, Any]) -> None:
    assert whole.session is not None
    assert fault("report", {**session_document.as_json(whole.session), **change}) is not None


def test_the_schemas_know_every_column_and_every_code() -> None:
    report, session = schemas.schema("report"), schemas.schema("session")
    trial = report["$defs"]["trial"]
    assert list(trial["properties"]) == trial["required"] == TRIALS.names
    assert set(trial["properties"]["invalid_code"]["enum"]) == {*InvalidCode, None}
    assert set(trial["properties"]["disturbed_codes"]["items"]["enum"]) == set(DisturbedCode)
    of_session = session["properties"]
    of_document = report["$defs"]["session"]["properties"]
    for found in (of_session, of_document):
        assert set(found["verdict"]["enum"]) == set(SessionVerdict)
    assert set(of_session["answers"]["additionalProperties"]["enum"]) == set(AnswerCode)
    assert set(of_document["answers"]["additionalProperties"]["enum"]) == set(AnswerCode)
    assert set(of_session["note_codes"]["items"]["enum"]) == set(NoteCode)


def test_a_recording_is_the_same_in_both_documents_that_have_one() -> None:
    order, report = (schemas.schema(name)["$defs"] for name in ("order", "report"))
    assert {name: report[name] for name in order} == order
