"""The command, on findings made here and on this machine."""

from __future__ import annotations

import json
import os

import pytest
from click.testing import CliRunner, Result

from ringbench import machine
from ringbench.cli import doctor as command
from ringbench.drivers import features
from ringbench.drivers.features import Feature
from ringbench.machine import Finding

GOOD = Finding("BPF JIT", "on", "ok", "cost")
ODD = Finding(
    "governor",
    "[red]powersave[/red]",
    "matters",
    "cost spreads",
    "cpupower frequency-set -g performance",
    ("cost", "latency"),
)
TRIED = [Feature("arena", True, "created"), Feature("linked list", False, "tracing progs cannot use [b]it[/b] yet")]
BAD = Finding("BCC", "not installed", "blocks", "it compiles", "sudo ./with-env true")


def doctor(monkeypatch: pytest.MonkeyPatch, findings: list[Finding], *args: str, columns: int = 200) -> Result:
    monkeypatch.setattr(machine, "examine", lambda: findings)
    monkeypatch.setattr(features, "features", lambda: TRIED)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return CliRunner().invoke(command.doctor, list(args), env={"COLUMNS": str(columns), "NO_COLOR": "1"})


def test_what_only_matters_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    result = doctor(monkeypatch, [GOOD, ODD])
    assert result.exit_code == 0
    assert "governor: cost spreads." in result.stdout
    assert "metrics it touches: cost, latency\n" in result.stdout
    assert "to change it: cpupower frequency-set -g performance" in result.stdout
    assert "[red]powersave[/red]" in result.stdout


def test_what_blocks_is_status_2_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    result = doctor(monkeypatch, [GOOD, BAD])
    assert result.exit_code == 2
    assert "Cannot measure here: BCC." in result.stdout
    assert "metrics it touches" not in result.stdout  # it touches none: it decides whether there are any


def test_a_command_to_copy_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    command = "echo " + " ".join(["0-1"] * 40)
    result = doctor(monkeypatch, [Finding("interrupts", "on", "matters", "latency", command)], columns=40)
    assert f"to change it: {command}\n" in result.stdout


def test_json_is_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    result = doctor(monkeypatch, [GOOD, BAD, ODD], "--json")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert document["can_measure"] is False
    assert document["findings"][0] == {
        "name": "BPF JIT",
        "seen": "on",
        "verdict": "ok",
        "why": "cost",
        "fix": None,
        "metrics": [],
    }
    assert document["findings"][2]["metrics"] == ["cost", "latency"]


def test_what_designs_are_made_of_is_told_in_the_words_of_who_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = doctor(monkeypatch, [GOOD]).stdout.splitlines()
    assert ["arena", "can", "created"] in [line.split() for line in lines]
    (refused,) = (line for line in lines if "linked list" in line)
    assert refused.split("cannot", 1)[1].strip() == "tracing progs cannot use [b]it[/b] yet"
    told = json.loads(doctor(monkeypatch, [GOOD], "--json").stdout)["designs"]
    assert told == [
        {"name": "arena", "able": True, "said": "created"},
        {"name": "linked list", "able": False, "said": "tracing progs cannot use [b]it[/b] yet"},
    ]


def test_without_root_no_design_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "examine", lambda: [GOOD])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "only root can try" in CliRunner().invoke(command.doctor, []).stdout
    assert json.loads(CliRunner().invoke(command.doctor, ["--json"]).stdout)["designs"] is None


def test_help_has_an_example() -> None:
    assert "./with-env ringbench doctor" in CliRunner().invoke(command.doctor, ["--help"]).stdout


def test_on_this_machine_it_agrees_with_itself() -> None:
    result = CliRunner().invoke(command.doctor, ["--json"])
    document = json.loads(result.stdout)
    assert document["can_measure"] == (result.exit_code == 0)
    assert document["can_measure"] == all(finding["verdict"] != "blocks" for finding in document["findings"])
    assert os.geteuid() == 0 or not document["can_measure"]
