"""The side of a comparison as its driver sees it: sides that answer, and sides that don't."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from ringbench.data.store.schema import SCHEMA_VERSION
from ringbench.errors import InvalidMeasurementError, MissingRequirementError, OptionError
from ringbench.run.interleave import worker as side_module
from ringbench.run.interleave import worker_client as peer_module
from ringbench.run.interleave.worker_client import WorkerClient

SCRIPT = """
import json, os, sys, time
def say(**what): print(json.dumps(what), flush=True)
say(protocol={protocol}, revision="beef"{more})
for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "echo": say(**asked)
    if asked["do"] == "fail": say(error="\\x1b[31mno such thing", exit_status=asked["status"], code="reader_full")
    if asked["do"] == "trial":
        say(rows=[{"trial": "1", "invalid_reason": "The account does not add up", "clerk_cpu_ns": 5}])
    if asked["do"] == "garbage": print("no JSON", flush=True)
    if asked["do"] == "list": print("[1]", flush=True)
    if asked["do"] == "die": print("these were my last words", file=sys.stderr, flush=True); os._exit(7)
"""


def start(folder: Path, script: str) -> WorkerClient:
    return WorkerClient("head", [sys.executable, "-c", script], folder, folder / "log")


def of_protocol(number: int = peer_module.PROTOCOL, more: str = "") -> str:
    return SCRIPT.replace("{protocol}", str(number)).replace("{more}", more)


@pytest.fixture
def client(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = start(tmp_path, of_protocol())
    yield made
    made.close()


def test_both_ends_speak_the_same_version() -> None:
    assert peer_module.PROTOCOL == side_module.PROTOCOL


def test_it_answers_and_names_its_revision(client: WorkerClient) -> None:
    assert client.revision == "beef"
    assert client.ask("echo", x=[1, "\xe9"])["x"] == [1, "\xe9"]


@pytest.mark.parametrize(("status", "error"), [(2, MissingRequirementError), (3, InvalidMeasurementError)])
def test_what_it_says_went_wrong_is_raised_as_it_was(client: WorkerClient, status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"head: .*no such thing"):
        client.ask("fail", status=status)
    assert client.ask("echo", still="there")["still"] == "there"


def test_the_code_of_an_invalid_measurement_arrives(client: WorkerClient) -> None:
    with pytest.raises(InvalidMeasurementError) as found:
        client.ask("fail", status=3)
    assert found.value.code == "reader_full"


def test_rows_of_an_older_side_are_upgraded_and_it_is_not_told_codes(client: WorkerClient) -> None:
    (row,) = client.rows("trial")
    assert (row["invalid_code"], row["controller_cpu_ns"]) == ("account_unbalanced", 5)
    assert not client.knows_codes


def test_rows_of_a_side_of_this_version_are_taken_as_they_are(tmp_path: Path) -> None:
    made = start(tmp_path, of_protocol(more=f", schema_version={SCHEMA_VERSION}"))
    try:
        (row,) = made.rows("trial")
        assert "invalid_code" not in row
        assert made.knows_codes
    finally:
        made.close()


@pytest.mark.parametrize("verb", ["garbage", "list"])
def test_an_answer_that_is_none_is_no_measurement(client: WorkerClient, verb: str) -> None:
    with pytest.raises(InvalidMeasurementError, match="head"):
        client.ask(verb)


def test_a_side_that_dies_is_told_with_its_last_words(client: WorkerClient) -> None:
    with pytest.raises(InvalidMeasurementError, match="these were my last words"):
        client.ask("die")
    with pytest.raises(InvalidMeasurementError):
        client.ask("echo")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (of_protocol(99), "version 99"),
        ("import sys; sys.exit('No such command side')", "No such command side"),
        ("print('hello')", "before `ab`"),
    ],
)
def test_what_is_no_side_of_this_protocol_is_refused(tmp_path: Path, script: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        start(tmp_path, script)


def test_one_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_module, "_PATIENCE_S", 0.2)
    stubborn = of_protocol()
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + stubborn + "\ntime.sleep(600)\n"
    made = start(tmp_path, stubborn)
    pid = made._process.pid
    began = time.monotonic()
    made.close()
    assert time.monotonic() - began < 60
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
