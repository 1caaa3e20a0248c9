from __future__ import annotations

import pytest

from ringbench.analysis.account import account, answered, checksums
from ringbench.analysis.caveats import caveats
from ringbench.analysis.findings import findings
from ringbench.analysis.view import SessionView
from ringbench.report.reproduce_command import again
from tests.analysis import synthetic
from tests.analysis.synthetic import KIB, Row, row, session, view

PLANNED = {"plan": {**synthetic.manifest()["plan"], "trials": [{}] * 60}}


def said(rows: list[Row] | None, **changed: object) -> str:
    session = view(rows, **changed)
    return " ".join(caveats(session, findings(session)))


def test_a_whole_session_has_no_caveat(quick: SessionView) -> None:
    assert caveats(quick, findings(quick)) == []


def test_what_was_not_asked_is_told_apart_from_what_was_not_measured(quick: SessionView, whole: SessionView) -> None:
    assert caveats(whole, findings(whole)) == []
    assert answered(findings(whole)) == ""
    assert answered(findings(quick)).endswith("Not asked: overhead, capacity and wakeups.")
    filled = view(synthetic.capacity())
    assert caveats(filled, findings(filled)) == []
    assert answered(findings(filled)) == (
        "Answered here: memory and capacity. Not asked: drops, throughput, cost, overhead, wakeups, order and latency."
    )
    assert answered(findings(view([]))) == ""


def test_the_checksum_of_an_account() -> None:
    counted = {"attempted": 4, "failed": 0, "placement": "free"}
    rows = [row(seq_checked=True, block=n, **counted) for n in range(2)]
    rows += [row(seq_checked=None, reader="callback-bare", **counted), row(valid=False, placement="free", trial="x")]
    rows += [row(seq_checked=False, valid=False, block=9, **counted)]
    session = view(rows)
    assert [entry.checksum for entry in account(session)] == [
        *("agrees", "agrees", "not all numbers were read", "not recorded", "differs")
    ]
    assert checksums(session) == (
        "The sum of sequence numbers agrees in 2 accounts; differs in 1 account; "
        "in 1 account not all numbers were read."
    )


def test_a_session_of_before_has_no_checksums(quick: SessionView) -> None:
    assert checksums(quick) == ""
    assert {entry.checksum for entry in account(quick)} == {"not recorded"}


def test_every_row_is_accounted_for(quick: SessionView) -> None:
    entries = account(quick)
    assert len(entries) == len(quick.rows) == 105
    assert all(entry.valid and not entry.reason for entry in entries)


def test_a_row_that_does_not_add_up_is_invalid_whatever_it_says() -> None:
    session = view([row(attempted=10, delivered=5, failed=4)])
    (entry,) = account(session)
    assert (entry.valid, entry.numbers) == (False, ("10", "5", "4", "not measured"))
    assert entry.reason == "marked valid, but attempted is not delivered + failed"
    assert session.valid == ()


def test_a_row_that_does_not_say_whether_it_is_valid_is_not() -> None:
    (entry,) = account(view([row(valid=None)]))
    assert (entry.valid, entry.reason) == (False, "no reason recorded")


def test_invalid_trials_are_counted_out_loud() -> None:
    rows = synthetic.quick()
    rows += [row(block=9 + n, valid=False, invalid_reason="The reader hung.") for n in range(2)]
    assert "2 of 107 trial accounts invalid, and left out of every figure: The reader hung (2)." in said(rows)


def test_many_reasons_are_not_all_listed() -> None:
    rows = [row(block=n, valid=False, invalid_reason=f"reason {n}") for n in range(9)]
    assert "9 of 9 trial accounts invalid, so there is nothing to report" in said(rows)
    assert "6 more reasons" in said(rows)


def test_an_interrupted_session_says_how_much_of_it_is_there() -> None:
    rows = [row(block=n) for n in range(31)]
    assert "not complete (status: interrupted). 31 of 60 planned trials are stored." in said(
        rows, status="interrupted", **PLANNED
    )
    assert "31 of 60 planned trials are stored." in said(rows, **PLANNED)


def test_an_empty_session() -> None:
    assert said([]) == "No trial is stored: there is nothing to report."


def test_one_transport_has_nothing_to_be_compared_with() -> None:
    assert "Only perf has valid trials: there is nothing to compare it with." in said([row()])


def test_transports_that_share_no_setting_are_not_compared() -> None:
    rows = [row(transport="perf", reader="callback"), row(transport="ringbuf-reserve", wakeup="every")]
    assert "perf and ringbuf-reserve share no setting that differs in nothing but the transport" in said(rows)


def test_unequal_sizes_are_named_once_and_counted() -> None:
    rows = synthetic.quick()
    for r in rows:
        r["buffer_bytes"] = 96 * KIB if r["transport"] == "perf" else 128 * KIB
    assert said(rows).count("Sizes not equal") == 1
    assert "other comparisons" in said(rows)


def test_few_repeats_have_no_intervals() -> None:
    assert "With 2 repeats of each cell at most, there is no interval" in said([row(block=0), row(block=1)])


def test_emulation_comes_first() -> None:
    session = view(synthetic.quick(), environment={"emulated": True}, status="interrupted")
    assert caveats(session, findings(session))[0].startswith("This machine is emulated")


def test_what_was_not_measured_is_listed() -> None:
    assert said([row(events_per_s=5.0)]).endswith("Not measured here: memory, drops, cost, order and latency.")


def test_a_workload_that_failed_and_lives_without_a_name() -> None:
    text = said([row(workload_exit_status=2, task_map_full=17)])
    assert "The workload ended with exit status 2 (1 account)" in text
    assert "17 forks could not be named" in text


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        (["/x/bin/ringbench", "run"], "sudo ./with-env ringbench run --seed 1"),
        (["ringbench", "run", "--seed", "9", "--repeats", "3"], "sudo ./with-env ringbench run --seed 9 --repeats 3"),
        (["ringbench", "run", "--seed=9"], "sudo ./with-env ringbench run --seed=9"),
        (
            ["/x/bench/__main__.py", "run", "--out", "a b", "--", "make", "--out", "x y"],
            "sudo ./with-env ringbench run --seed 1 -- COMMAND",
        ),
        (["ringbench", "run", "--out=old", "--quiet"], "sudo ./with-env ringbench run --quiet --seed 1"),
        (["ringbench", "run", "--resume", "old"], "sudo ./with-env ringbench run --seed 1"),
        (["ringbench", "--debug", "run", "--seed", "9"], "sudo ./with-env ringbench run --seed 9"),
        (["ringbench", "--debug"], "sudo ./with-env ringbench run --seed 1"),
        (["rm", "-rf", "/"], "sudo ./with-env ringbench run --seed 1"),
        ([], "sudo ./with-env ringbench run --seed 1"),
    ],
)
def test_the_command_that_measures_it_again(recorded: list[str], shown: str) -> None:
    command = recorded[recorded.index("--") + 1 :] if "--" in recorded else None
    assert again(view([], command_line=recorded, plan={"command": command})) == shown


@pytest.mark.parametrize("behind", [["--", "make", "-C", "secret"], ["make", "-C", "secret"], []])
def test_a_workloads_own_command_is_told_only_where_it_was_asked_for(behind: list[str]) -> None:
    stored = session(
        [], command_line=["ringbench", "run", "--repeats", "3", *behind], plan={"command": ["make", "-C", "secret"]}
    )
    plain = "sudo ./with-env ringbench run --repeats 3 --seed 1 --"
    assert again(SessionView.of(stored)) == f"{plain} COMMAND"
    assert again(SessionView.of(stored, identify=True)) == f"{plain} make -C secret"
