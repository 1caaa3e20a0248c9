"""session.json: its schema, its versions, and what a damaged one is called."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ringbench.data.store import session_json, upgrade
from ringbench.data.store.schema import SCHEMA_VERSION
from ringbench.errors import UnreadableSessionError

Manifest = dict[str, Any]


@pytest.fixture
def complete(manifest: Manifest) -> Manifest:
    return {
        **manifest,
        "schema_version": SCHEMA_VERSION,
        "ended": None,
        "status": "interrupted",
        "notes": [],
        "note_codes": [],
    }


def stored(folder: Path, manifest: object) -> Path:
    (folder / "session.json").write_text(json.dumps(manifest))
    return folder


def test_round_trip_with_extra_keys_and_odd_arguments(tmp_path: Path, complete: Manifest) -> None:
    complete |= {"extra": [1, None], "command_line": ["ringbench", os.fsdecode(b"\xff"), "\u202e"]}
    session_json.write(tmp_path, complete)
    assert session_json.read(tmp_path) == (complete, SCHEMA_VERSION)
    assert (tmp_path / "session.json").read_bytes().isascii()


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"seed": "7"}, r"\$\.seed: '7' is not of type 'integer'"),
        ({"status": "done"}, r"\$\.status: 'done' is not one of"),
        ({"ended": 5}, r"\$\.ended"),
        ({"started": "yesterday"}, r"\$\.started"),
        ({"started": "2026-99-01T00:00:00Z"}, "month"),
        ({"notes": [1]}, r"\$\.notes\[0\]"),
        ({"versions": {}}, r"\$\.versions"),
        ({"plan": {}}, r"\$\.plan"),
        ({"environment": "x" * 100_000}, r"\$\.environment"),
        ({"schema_version": "1"}, 'schema_version is "1", not a version number'),
        ({"schema_version": True}, "schema_version is true"),
        ({"schema_version": -1}, "schema_version is -1"),
        (
            {"schema_version": SCHEMA_VERSION + 1},
            f"version is {SCHEMA_VERSION + 1}, .* {SCHEMA_VERSION}; upgrade ringbench",
        ),
        ({"schema_version": 0}, "version 0 is no longer known"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, complete: Manifest, change: Manifest, seen: str) -> None:
    with pytest.raises(UnreadableSessionError, match=seen) as error:
        session_json.read(stored(tmp_path, {**complete, **change}))
    assert str(error.value).startswith(f"cannot read {tmp_path}/session.json: ")
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("key", ["schema_version", "versions", "seed", "plan", "started", "ended", "status", "notes"])
def test_a_missing_key_is_named(tmp_path: Path, complete: Manifest, key: str) -> None:
    del complete[key]
    with pytest.raises(UnreadableSessionError, match=key):
        session_json.read(stored(tmp_path, complete))


@pytest.mark.parametrize("trial", ["../x", "/etc/x", ".hidden", "a/b", "x\n", "", "a" * 300, "x\x00"])
def test_a_plan_names_no_file_elsewhere(tmp_path: Path, complete: Manifest, trial: str) -> None:
    complete["plan"]["trials"][0]["trial"] = trial
    with pytest.raises(UnreadableSessionError, match=r"\$\.plan\.trials\[0\]\.trial"):
        session_json.read(stored(tmp_path, complete))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"seed": NaN}', b"[" * 100_000, b"1" * 10_000, b"\x00" * 100],
)
def test_what_is_no_json_object_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "session.json").write_bytes(raw)
    with pytest.raises(UnreadableSessionError, match=r"^cannot read .*/session\.json: [^\n]+$"):
        session_json.read(tmp_path)


def test_what_is_no_small_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    with pytest.raises(UnreadableSessionError, match="No such file"):
        session_json.read(tmp_path)
    os.mkfifo(path)
    with pytest.raises(UnreadableSessionError, match="not a regular file"):
        session_json.read(tmp_path)
    path.unlink()
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(UnreadableSessionError, match="1099511627776 bytes"):
        session_json.read(tmp_path)


def test_mistakes_are_not_written(tmp_path: Path, complete: Manifest) -> None:
    session_json.write(tmp_path, complete)
    with pytest.raises(ValueError, match="status"):
        session_json.write(tmp_path, {**complete, "status": "done"})
    with pytest.raises(ValueError, match="JSON"):
        session_json.write(tmp_path, {**complete, "environment": {"load": float("nan")}})
    assert session_json.read(tmp_path)[0] == complete


def test_an_older_version_is_upgraded_in_memory(
    tmp_path: Path, complete: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def from_0(old: Manifest) -> Manifest:
        return {**{key: value for key, value in old.items() if key != "random_seed"}, "seed": old["random_seed"]}

    monkeypatch.setitem(upgrade.UPGRADES, 0, upgrade.Upgrade(manifest=from_0))
    old = {**complete, "schema_version": 0, "random_seed": complete["seed"]}
    del old["seed"]
    stored(tmp_path, old)
    before = (tmp_path / "session.json").read_bytes()
    assert session_json.read(tmp_path) == (complete, 0)
    assert (tmp_path / "session.json").read_bytes() == before
    del old["random_seed"]
    with pytest.raises(UnreadableSessionError, match="random_seed"):
        session_json.read(stored(tmp_path, old))
