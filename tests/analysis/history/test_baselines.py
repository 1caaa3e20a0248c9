"""Baselines: whole or not there, sorted by time, pruned by kind, and never damaged by a damaged neighbour."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ringbench.analysis.history import baselines
from ringbench.data.store import atomic
from ringbench.data.store.folder import read_session
from ringbench.errors import OptionError, RingbenchError
from ringbench.machine.identity import machine_id
from tests.analysis.gate.stored import ENVIRONMENT, stored
from tests.analysis.gate.worlds import rows

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
        with pytest.raises(OptionError, match="--name"):
            save(path, tmp_path / "b", name=name)
    assert not (tmp_path / "b").exists()


def test_a_name_that_is_taken_and_sessions_that_are_none(tmp_path: Path) -> None:
    path = session(tmp_path / "s")
    save(path, tmp_path / "b", name="one")
    with pytest.raises(OptionError, match="already"):
        save(path, tmp_path / "b", name="one")
    with pytest.raises(OptionError, match="interrupted"):
        save(session(tmp_path / "cut", status="interrupted", ended=None), tmp_path / "b")
    broken = [{**row, "valid": False} for row in rows(1, 1)]
    with pytest.raises(OptionError, match="no trial"):
        save(stored(tmp_path / "broken", broken), tmp_path / "b")
    with pytest.raises(OptionError, match="--keep"):
        save(path, tmp_path / "b", name="two", keep=0)


def test_one_that_is_cut_short_is_not_there_and_the_next_sweeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, root = session(tmp_path / "s"), tmp_path / "b"
    monkeypatch.setattr(atomic, "adopt", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
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


def test_an_old_one_that_is_saved_late_removes_none_that_is_newer(tmp_path: Path) -> None:
    root = tmp_path / "b"
    for day in (3, 4, 1):
        save(session(tmp_path / str(day), day), root, keep=2, name=f"d{day}")
    assert [each.name for each in baselines.listed(root)] == ["d1", "d3", "d4"]
    save(session(tmp_path / "5", 5), root, keep=2, name="d5")
    assert [each.name for each in baselines.listed(root)] == ["d4", "d5"]


def test_a_profile_that_does_not_print_is_kept_to_its_number_too(tmp_path: Path) -> None:
    root = tmp_path / "b"
    for day in (1, 2, 3):
        save(session(tmp_path / str(day), day, profile="a\x1b[31mb"), root, keep=1, name=f"d{day}")
    assert [each.name for each in baselines.listed(root)] == ["d3"]
    assert baselines.newest(root, MACHINE, "a\x1b[31mb") == root / MACHINE / "d3"


def test_what_is_removed_is_gone_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "b"
    save(session(tmp_path / "1", 1), root, name="d1")
    removing: list[list[str]] = []

    def cut_short(*_: object, **__: object) -> None:
        removing.append([each.name for each in baselines.listed(root)])
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", cut_short)
    with pytest.raises(KeyboardInterrupt):
        save(session(tmp_path / "2", 2), root, name="d2", keep=1)
    assert removing == [["d2"]]
    assert [(each.name, each.damage) for each in baselines.listed(root)] == [("d2", "")]


def test_what_cannot_be_removed_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "b"
    save(session(tmp_path / "1", 1), root, name="d1")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refused)
    with pytest.raises(RingbenchError, match=r"cannot remove .*d1: Permission denied"):
        save(session(tmp_path / "2", 2), root, name="d2", keep=1)


def test_links_are_neither_written_nor_read_through(tmp_path: Path) -> None:
    path, root, outside = session(tmp_path / "s"), tmp_path / "b", tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    os.symlink(outside, root / MACHINE)
    with pytest.raises(OptionError, match="symbolic link"):
        save(path, root)
    assert list(outside.iterdir()) == []
    (root / MACHINE).unlink()
    good = save(path, root)
    for name in ("session.json", "trials.parquet"):
        shutil.copytree(good, good.parent / f"linked-{name}")
        (good.parent / f"linked-{name}" / name).unlink()
        os.symlink(path / name, good.parent / f"linked-{name}" / name)
    found = {each.name: each.damage for each in baselines.listed(root)}
    assert found.pop(good.name) == ""
    assert found == {f"linked-{name}": f"{name} is a symbolic link" for name in ("session.json", "trials.parquet")}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which sudo is")
def test_what_root_saves_belongs_to_who_called_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1234")
    monkeypatch.setenv("SUDO_GID", "1235")
    place = save(session(tmp_path / "s"), tmp_path / "b")
    for path in (tmp_path / "b", place.parent, place, *place.iterdir()):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235)
