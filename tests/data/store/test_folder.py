"""A session's folder: what is written is read again, and nothing finished is ever lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringbench.data.store import events_writer
from ringbench.data.store.folder import SessionWriter, read_session
from ringbench.data.store.schema import TRIALS
from ringbench.errors import OptionError, RingbenchError, UnreadableSessionError
from ringbench.spec.event import Events

from .conftest import MakeRow

Manifest = dict[str, Any]
NOWHERE = Path("/nonexistent")

ENDLESS_WRITER = """
import sys
from pathlib import Path
import numpy as np
from ringbench.spec.event import DELIVERED
from ringbench.data.store.folder import SessionWriter

writer = SessionWriter.resume(Path(sys.argv[1]))
print("ready", flush=True)
number = len(writer.done)
while True:
    writer.add([{"trial": f"t{number}", "transport": "perf", "valid": True}], {"perf": np.zeros(number + 1, DELIVERED)})
    print(f"t{number}", flush=True)
    number += 1
"""


def test_a_session_is_read_as_it_was_written(session: Path, events: Events) -> None:
    stored = read_session(session, NOWHERE)
    assert stored.manifest["status"] == "complete"
    assert stored.manifest["ended"] is not None
    assert stored.trials["trial"].tolist() == ["t0", "t0", "t1"]
    assert list(stored.trials.columns) == TRIALS.names
    assert stored.trials["attempted"].tolist() == [4, pd.NA, 9]
    types = {name: str(stored.trials[name].dtype) for name in ("attempted", "drop_rate", "trial", "valid")}
    assert types["attempted"] == "Int64"
    assert (types["drop_rate"], types["valid"]) == ("Float64", "boolean")
    assert types["trial"].startswith("string")
    assert stored.trials["drop_rate"].isna().tolist() == [False, True, True]
    assert {name: array.tobytes() for name, array in stored.event_arrays("t0").items()} == {
        "perf": events.tobytes(),
        "ringbuf-output": events[:2].tobytes(),
    }
    frame = stored.events("t0")
    assert frame is not None
    assert frame["transport"].tolist() == ["perf"] * 4 + ["ringbuf-output"] * 2
    assert stored.events("t1") is None
    assert stored.event_arrays("t1") == {}
    assert sorted(path.name for path in session.iterdir()) == ["events", "session.json", "trials.parquet"]


def test_an_empty_session_can_be_read_at_once(tmp_path: Path, manifest: Manifest) -> None:
    writer = SessionWriter.create(tmp_path / "new", manifest)
    stored = read_session(tmp_path / "new", NOWHERE)
    assert (stored.manifest["status"], stored.manifest["ended"]) == ("interrupted", None)
    assert stored.trials.empty
    assert writer.done == frozenset()


def test_only_a_new_or_empty_folder_is_taken(session: Path, tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "empty").mkdir()
    SessionWriter.create(tmp_path / "empty", manifest)
    with pytest.raises(OptionError, match=r"not empty .*--resume .*--out"):
        SessionWriter.create(session, manifest)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").touch()
    with pytest.raises(OptionError, match=r"thesis\.tex.*choose another --out"):
        SessionWriter.create(tmp_path / "home", manifest)
    (tmp_path / "file").touch()
    with pytest.raises(RingbenchError, match="Not a directory"):
        SessionWriter.create(tmp_path / "file", manifest)


def test_an_unwritable_place_is_said_before_anything_is_measured(manifest: Manifest) -> None:
    with pytest.raises(RingbenchError, match=r"^cannot write /proc/[^\n]*$"):
        SessionWriter.create(Path("/proc/ringbench"), manifest)


def test_resuming_drops_nothing(session: Path, row: MakeRow, events: Events) -> None:
    path = session / "trials.parquet"
    noted = pq.read_table(path).append_column("note", pa.array(["by hand", None, "twice"]))
    pq.write_table(noted, path)
    before = {name: (session / name).read_bytes() for name in ("trials.parquet", "events/t0.parquet")}
    writer = SessionWriter.resume(session)
    assert writer.done == {"t0", "t1"}
    assert read_session(session, NOWHERE).manifest["status"] == "complete"
    assert {name: (session / name).read_bytes() for name in before} == before
    writer.add([row("t2", attempted=1)], {"perf": events})
    assert read_session(session, NOWHERE).manifest["status"] == "interrupted"
    writer.finish("interrupted", notes=["the machine was slow"])
    stored = read_session(session, NOWHERE)
    assert stored.trials["trial"].tolist() == ["t0", "t0", "t1", "t2"]
    assert stored.manifest["notes"] == ["the machine was slow"]
    assert pq.read_table(path).column("note").to_pylist() == ["by hand", None, "twice", None]


def test_mistakes_of_this_program_are_not_stored(session: Path, row: MakeRow, events: Events) -> None:
    writer = SessionWriter.resume(session)
    before = (session / "trials.parquet").read_bytes()
    mistakes: list[tuple[list[dict[str, object]], str]] = [
        ([], "rows of one trial"),
        ([row("t2"), row("t3", "x")], "rows of one trial"),
        ([row("../t2")], "rows of one trial"),
        ([row("t1")], "stored already"),
        ([row("t2"), row("t2")], "not distinct"),
        ([{"trial": "t2"}], "not distinct"),
        ([row("t2", latency=3)], "no column latency"),
        ([row("t2", attempted="many")], "column attempted"),
        ([row("t2", attempted=1.5)], "column attempted"),
        ([row("t2", attempted=2**64)], "column attempted"),
        ([row("t2", drop_rate="0")], "column drop_rate"),
        ([row("t2", reader=1)], "column reader"),
    ]
    for rows, seen in mistakes:
        with pytest.raises(ValueError, match=seen):
            writer.add(rows, {"perf": events})
    with pytest.raises(ValueError, match="status"):
        writer.finish("done")
    assert (session / "trials.parquet").read_bytes() == before
    assert not (session / "events" / "t2.parquet").exists()


def test_one_writer_at_a_time(session: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", ENDLESS_WRITER, str(session)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout and writer.stdout.readline() == b"ready\n"
        with pytest.raises(OptionError, match="another ringbench is writing"):
            SessionWriter.resume(session)
    finally:
        writer.kill()
        writer.communicate()
    SessionWriter.resume(session)


def test_kill_9_leaves_a_readable_session(tmp_path: Path, manifest: Manifest) -> None:
    folder = tmp_path / "killed"
    SessionWriter.create(folder, manifest).finish("interrupted")
    reported: list[str] = []
    for attempt in range(5):
        command = [sys.executable, "-c", ENDLESS_WRITER, str(folder)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert writer.stdout and writer.stdout.readline() == "ready\n"
        time.sleep(0.05 + 0.0137 * attempt)
        writer.send_signal(signal.SIGKILL)
        reported += writer.communicate()[0].split()
        stored = read_session(folder, NOWHERE)
        trials = stored.trials["trial"].tolist()
        assert stored.manifest["status"] == "interrupted"
        assert set(reported) <= set(trials)  # what was reported as stored is stored
        assert all(len(stored.event_arrays(f"t{number}")["perf"]) == number + 1 for number in range(len(trials)))
        reported = trials
    assert len(reported) > 5
    SessionWriter.resume(folder).finish("complete")
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_a_full_disk_loses_no_finished_trial(tmp_path: Path, manifest: Manifest, row: MakeRow, events: Events) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs root that may mount")
    try:
        writer = SessionWriter.create(folder / "s", manifest)
        writer.add([row("t0")], {"perf": events})
        (folder / "filler").write_bytes(bytes(256 * 1024 - 4096 * 30))
        with pytest.raises(RingbenchError, match="No space left on device"):
            for number in range(1, 1000):
                writer.add([row(f"t{number}")], {"perf": events})
        done = writer.done
        assert set(read_session(folder / "s", NOWHERE).trials["trial"]) == done
        (folder / "filler").unlink()
        writer.add([row("last")], {"perf": events})
        writer.finish("complete")
        assert set(read_session(folder / "s", NOWHERE).trials["trial"]) == done | {"last"}
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_latest_is_the_one_started_last(tmp_path: Path, manifest: Manifest) -> None:
    results = tmp_path / "results"
    with pytest.raises(UnreadableSessionError, match=r"no session in .*ringbench run"):
        read_session("latest", results)
    times = {"b": "2026-01-02T00:00:00+02:00", "a": "2026-01-01T23:00:00Z", "reference": "2027-01-01T00:00:00Z"}
    for name, started in times.items():
        SessionWriter.create(results / name, {**manifest, "started": started})
    (results / "broken").mkdir()
    (results / "broken" / "session.json").write_text("{")
    (results / "notes.txt").touch()
    assert read_session("latest", results).path == results / "a"
    newer = json.loads((results / "b" / "session.json").read_text()) | {
        "schema_version": 99,
        "started": "2028-01-01T00:00:00Z",
    }
    (results / "b" / "session.json").write_text(json.dumps(newer))
    with pytest.raises(UnreadableSessionError, match="upgrade ringbench"):
        read_session("latest", results)


def test_a_file_that_was_written_meanwhile_is_adopted(session: Path, row: MakeRow, events: Events) -> None:
    writer = SessionWriter.resume(session)
    place = writer.capture_place()
    assert place.parent == session.resolve() / "events"
    events_writer.store(place, {"perf": events})
    with pytest.raises(ValueError, match="stored already"):
        writer.add([row("t1")], place)
    assert place.exists()
    writer.add([row("t2", written_blocks=1, writer_waits=0, writer_wait_ns=0)], place)
    assert not place.exists()
    stored = read_session(session, NOWHERE)
    assert stored.event_arrays("t2")["perf"].tobytes() == events.tobytes()
    assert stored.trials["written_blocks"].tolist()[-1] == 1
    assert stored.trials["written_blocks"].isna().tolist()[:-1] == [True] * 3
    with pytest.raises(RingbenchError, match="cannot write"):
        writer.add([row("t3")], place)
    assert "t3" not in writer.done


def test_what_a_killed_session_was_writing_is_swept_on_resume(session: Path) -> None:
    code = "import sys\nfrom pathlib import Path\nfrom ringbench.data.store.folder import SessionWriter\n"
    code += "SessionWriter.resume(Path(sys.argv[1])).capture_place().touch()"
    subprocess.run([sys.executable, "-c", code, str(session)], check=True)
    assert len(list((session / "events").iterdir())) == 2
    SessionWriter.resume(session)
    assert [path.name for path in (session / "events").iterdir()] == ["t0.parquet"]
