"""Sessions of schema version 4 and older: codes from their sentences, columns by their new names, nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringbench.data.store import older_texts, session_json, trials_parquet, upgrade
from ringbench.data.store.folder import read_session
from ringbench.data.store.schema import SCHEMA_VERSION, TRIALS
from ringbench.spec.codes import DisturbedCode, InvalidCode, NoteCode
from tests import ROOT

RECORDED = sorted(path.parent for path in (ROOT / "results" / "reference").rglob("session.json"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "The account does not add up: 10 attempted, but 9 delivered + 0 failed = 9 (1 missing).",
            "account_unbalanced",
        ),
        ("The checksum does not add up: the sequence numbers attempted sum up to 1, but …", "checksum_mismatch"),
        ("Nothing was produced: the workload made no event in the measured window.", "nothing_produced"),
        ("the trial's process gave no answer within 60 s.", "timed_out"),
        ("the trial's process died with status -9 and no answer.", "process_died"),
        ("the rounds broke off: the trial's process died between two turns.", "process_died"),
        ("the rounds broke off: head: the ringbuf is damaged: it has 4096 bytes of data", "ring_damaged"),
        ("the rounds broke off: head is gone, or answers in no way that is known: nothing", "other_side"),
        ("CPU 3's perf ring holds a record of type 7 and 1 bytes.", "ring_damaged"),
        ("what no release ever said", "other"),
        ("", "other"),
    ],
)
def test_the_code_of_what_an_older_session_says_of_an_invalid_trial(text: str, code: str) -> None:
    assert older_texts.invalid_code(text) == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", []),
        ("the host took 2.0% of CPU time", ["host_steal"]),
        (
            "other processes took 12% of a CPU, a; b most; cores were throttled 2 times; 3 other BPF programs on the …",
            ["other_processes", "throttled", "other_programs"],
        ),
        (
            "CPU frequency went from 2000 to 2300 MHz; perf_event_max_sample_rate went from 100000 to 50000",
            ["frequency", "perf_limit"],
        ),
        ("what no release ever said", ["other"]),
    ],
)
def test_the_codes_of_what_an_older_session_says_of_a_disturbed_trial(text: str, codes: list[str]) -> None:
    assert older_texts.disturbed_codes(text) == codes


def test_the_codes_of_older_notes() -> None:
    notes = ["Ended: all 40 blocks were measured.", "left out: a cell", "the machine was slow"]
    found = upgrade.manifest({"notes": notes}, 4)
    assert (found["notes"], found["note_codes"]) == (notes, ["ended", "left_out", "remark"])
    assert [note.code for note in session_json.notes_of(found)] == [
        NoteCode.ENDED, NoteCode.LEFT_OUT, NoteCode.REMARK,
    ]  # fmt: skip


@pytest.mark.parametrize("coded", [False, True], ids=["plain", "dictionaries"])
def test_a_table_of_version_4(coded: bool) -> None:
    texts = pa.array([None, "The account does not add up: …", "of another program"])
    disturbed = pa.array(["", None, "the host took 2.0% of CPU time"])
    old = pa.table(
        {
            "invalid_reason": texts.dictionary_encode() if coded else texts,
            "disturbed": disturbed.dictionary_encode() if coded else disturbed,
            "clerk_cpu_ns": [1, 2, None],
            "births_refused": [0, 0, 7],
        }
    )
    new = upgrade.trials(old, 4)
    assert new.column("invalid_code").to_pylist() == [None, "account_unbalanced", "other"]
    assert new.column("disturbed_codes").to_pylist() == [[], None, ["host_steal"]]
    assert new.column("disturbed_codes").type == TRIALS.field("disturbed_codes").type
    assert new.column("controller_cpu_ns").to_pylist() == [1, 2, None]
    assert new.column("task_map_full").to_pylist() == [0, 0, 7]
    assert not {"clerk_cpu_ns", "births_refused"} & set(new.column_names)


def test_a_new_name_that_is_there_already_is_kept() -> None:
    new = upgrade.trials(pa.table({"task_map_full": [1], "births_refused": [2]}), 4)
    assert new.column("task_map_full").to_pylist() == [1]


def test_rows_that_another_version_tells() -> None:
    old = [{"trial": "1", "invalid_reason": "a round of 5 operations …"}, {"trial": "2", "clerk_cpu_ns": 3}]
    one, two = upgrade.rows(old, 4)
    assert (one["invalid_code"], two["invalid_code"], two["controller_cpu_ns"]) == ("timed_out", None, 3)
    assert upgrade.rows(old, SCHEMA_VERSION) == old
    assert upgrade.rows([], 4) == []


@pytest.mark.parametrize("folder", RECORDED, ids=lambda path: str(path.relative_to(ROOT / "results" / "reference")))
def test_a_recorded_session_has_every_number_it_had(folder: Path) -> None:
    stored = read_session(folder, folder.parent)
    raw = pq.read_table(folder / trials_parquet.NAME).to_pydict()
    renamed = {"clerk_cpu_ns": "controller_cpu_ns", "births_refused": "task_map_full"}
    for name, values in raw.items():
        now = trials_parquet.table_of([]).schema.field(renamed.get(name, name)).type
        found = [None if value is None else value for value in stored.trials[renamed.get(name, name)].to_list()]
        plain = pa.array(found, now, from_pandas=True).to_pylist()
        assert plain == values, name
    valid = stored.trials["valid"]
    assert (stored.trials["invalid_code"].isna() == valid).all()
    if "disturbed" in raw:
        told = [None if codes is None else bool(codes) for codes in stored.trials["disturbed_codes"]]
        assert told == [None if text is None else bool(text) for text in raw["disturbed"]]
    known = {code.value for code in DisturbedCode} - {"other"}
    assert {code for codes in stored.trials["disturbed_codes"] if codes for code in codes} <= known
    notes = json.loads((folder / session_json.NAME).read_text())["notes"]
    assert [str(note) for note in session_json.notes_of(stored.manifest)] == notes


def test_no_code_is_without_a_text_that_leads_to_it() -> None:
    assert {code for code, _ in older_texts._INVALID} == set(InvalidCode) - {InvalidCode.OTHER}
    assert {code for code, _ in older_texts._DISTURBED} == set(DisturbedCode) - {DisturbedCode.OTHER}
