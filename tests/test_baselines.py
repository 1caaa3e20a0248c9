"""Baselines: whole or not there, sorted by time, pruned by kind, and never damaged by a damaged neighbour."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bench import baselines
from bench.errors import UsageError
from bench.machine.identity import machine_id
from bench.store.folder import read_session
from tests.gate.stored import ENVIRONMENT, stored
from tests.gate.worlds import rows

MACHINE = machine_id(ENVIRONMENT)


def session(folder: Path, day: int = 1, **more: object) -> Path:
    return stored(folder, rows(day, 2), started=f"2026-11-{day:02d}T00:00:00+00:00", **more)


def save(path: Path, root: Path, **more: object) -> Path:
    return baselines.save(read_session(path, path), root, **more)


def test_what_is_saved_is_a_session_without_events_and_pages(tmp_path: Path) -> None:
    path = session(tmp_path / "s", revision="0123456789abcdef0123456789abcdef01234567")
    (path / "report.html").write_text("x")
    place = save(path, tmp_path / "b")
    assert place == tmp_path / "b" / MACHINE / "2026-11-01T00-00-00-0123456789"
    assert sorted(entry.name for entry in place.iterdir()) == ["session.json", "trials.parquet"]
    assert len(read_session(place, place).trials) == 6
    assert [entry.name for entry in place.parent.iterdir()] == [place.name]


def test_the_newest_of_a_machine_and_profile(tmp_path: Path) -> None:
    root = tmp_path / "b"
    assert baselines.newest(root, MACHINE, "ci") is None
    for day in (3, 1, 2):
        save(session(tmp_path / str(day), day), root)
    save(session(tmp_path / "quick", 9, profile="quick"), root)
    save(session(tmp_path / "other", 9, environment={"cpu_model": "Another"}), root)
    newest = baselines.newest(root, MACHINE, "ci")
    assert newest is not None
    assert newest.name == "2026-11-03T00-00-00"
    assert len(baselines.listed(root)) == 5


def test_older_ones_of_the_same_kind_are_removed_beyond_what_is_kept(tmp_path: Path) -> None:
    root = tmp_path / "b"
    save(session(tmp_path / "quick", 1, profile="quick"), root)
    for day in (1, 2, 3, 4):
        save(session(tmp_path / str(day), day), root, keep=2, name=f"d{day}")
    assert [each.name for each in baselines.listed(root) if each.profile == "ci"] == ["d3", "d4"]
    assert len(baselines.listed(root)) == 3


@pytest.mark.parametrize("name", ["..", "a/b", "", " ", ".hidden", "x" * 101, "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = session(tmp_path / "s")
    if name:
        with pytest.raises(UsageError, match="--name"):
            save(path, tmp_path / "b", name=name)
    assert not (tmp_path / "b").exists()


def test_a_name_that_is_taken_and_sessions_that_are_none(tmp_path: Path) -> None:
    path = session(tmp_path / "s")
    save(path, tmp_path / "b", name="one")
    with pytest.raises(UsageError, match="already"):
        save(path, tmp_path / "b", name="one")
    with pytest.raises(UsageError, match="interrupted"):
        save(session(tmp_path / "cut", status="interrupted", ended=None), tmp_path / "b")
    broken = [{**row, "valid": False} for row in rows(1, 1)]
    with pytest.raises(UsageError, match="no trial"):
        save(stored(tmp_path / "broken", broken), tmp_path / "b")
    with pytest.raises(UsageError, match="--keep"):
        save(path, tmp_path / "b", name="two", keep=0)


def test_one_that_is_cut_short_is_not_there_and_the_next_sweeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, root = session(tmp_path / "s"), tmp_path / "b"
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        save(path, root)
    assert list((root / MACHINE).iterdir()) == []
    monkeypatch.undo()
    (root / MACHINE / ".ringbench-999999999-0123456789abcdef.tmp").mkdir()
    save(path, root)
    assert len(list((root / MACHINE).iterdir())) == 1


def test_damaged_ones_are_listed_as_such_and_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "b"
    good = save(session(tmp_path / "s"), root)
    for name in ("empty", "garbage", "half"):
        shutil.copytree(good, good.parent / name)
    (good.parent / "empty" / "session.json").unlink()
    (good.parent / "garbage" / "session.json").write_bytes(b"\xff{")
    (good.parent / "half" / "trials.parquet").unlink()
    os.symlink("/etc", good.parent / "link")
    found = {each.name: bool(each.damage) for each in baselines.listed(root)}
    assert found == {good.name: False, "empty": True, "garbage": True, "half": True}
    assert baselines.newest(root, MACHINE, "ci") == good


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which sudo is")
def test_what_root_saves_belongs_to_who_called_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1234")
    monkeypatch.setenv("SUDO_GID", "1235")
    place = save(session(tmp_path / "s"), tmp_path / "b")
    for path in (tmp_path / "b", place.parent, place, *place.iterdir()):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235)
