"""Whole or not at all, on real files, full disks included."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from ringbench.data.store import atomic
from ringbench.data.store.owner import chown_to_invoker
from ringbench.errors import RingbenchError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs root that may mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_write_makes_folders_replaces_and_follows_no_link(tmp_path: Path) -> None:
    path, other = tmp_path / "a" / "b.txt", tmp_path / "other"
    atomic.write(path, b"one")
    path.unlink()
    other.write_bytes(b"kept")
    path.symlink_to(other)
    atomic.write(path, b"two")
    assert path.read_bytes() == b"two"
    assert other.read_bytes() == b"kept"
    assert list(path.parent.iterdir()) == [path]


def test_replace_makes_folders_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.txt"
    atomic.replace(path, lambda file: file.write(b"one"))
    atomic.replace(path, lambda file: file.write(b"two"))
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_the_mode_is_the_users_own(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic.replace(tmp_path / "x", lambda file: file.write(b""))
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("raised", [ValueError("no"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, raised: BaseException) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        raise raised

    with pytest.raises(type(raised)):
        atomic.replace(path, write)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_line(full_disk: Path) -> None:
    path = full_disk / "x"
    atomic.replace(path, lambda file: file.write(b"old"))
    with pytest.raises(RingbenchError, match=r"^cannot write .*/x: No space left on device; make room there, or .*\.$"):
        atomic.replace(path, lambda file: file.write(bytes(1 << 20)))
    assert path.read_bytes() == b"old"
    assert list(full_disk.iterdir()) == [path]


@needs_root
def test_a_read_only_file_system_is_one_line(full_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(full_disk)], check=True)
    with pytest.raises(RingbenchError, match="Read-only file system; choose an --out"):
        atomic.replace(full_disk / "new" / "x", lambda file: file.write(b""))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_forbidden_folder_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RingbenchError, match=r"Permission denied for user id \d+; choose another --out"):
        atomic.replace(tmp_path / "x", lambda file: file.write(b""))


def test_a_file_in_place_of_a_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RingbenchError, match="Not a directory"):
        atomic.replace(tmp_path / "file" / "x", lambda file: file.write(b""))
    with pytest.raises(RingbenchError, match="Not a directory"):
        atomic.make_folder(tmp_path / "file")


def test_a_symbolic_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to("target")
    atomic.replace(tmp_path / "link", lambda file: file.write(b"new"))
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert (tmp_path / "link").read_bytes() == b"new"


def test_sweep_takes_only_what_dead_writers_left(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = tmp_path / f".ringbench-{dead.pid}-{'0' * 16}.tmp"
    kept = [tmp_path / f".ringbench-{os.getpid()}-{'0' * 16}.tmp", tmp_path / ".ringbench-1.tmp", tmp_path / "x.tmp"]
    for path in [left, *kept]:
        path.write_bytes(b"")
    atomic.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


@needs_root
def test_under_sudo_everything_made_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1234")
    monkeypatch.setenv("SUDO_GID", "2345")
    atomic.replace(tmp_path / "a" / "b" / "x", lambda file: file.write(b""))
    for made in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "x"):
        assert (made.stat().st_uid, made.stat().st_gid) == (1234, 2345)
    assert tmp_path.stat().st_uid == 0


@needs_root
def test_giving_back_does_not_follow_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1234")
    (tmp_path / "shadow").write_bytes(b"")
    (tmp_path / "link").symlink_to("shadow")
    chown_to_invoker(tmp_path / "link")
    assert (tmp_path / "shadow").stat().st_uid == 0
    assert (tmp_path / "link").lstat().st_uid == 1234


@needs_root
@pytest.mark.parametrize("uid", ["", "root", "-1", "4294967295", "9" * 30, "\u0661"])
def test_only_a_numeric_id_is_given_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: str) -> None:
    monkeypatch.setenv("SUDO_UID", uid)
    (tmp_path / "x").write_bytes(b"")
    chown_to_invoker(tmp_path / "x")
    assert (tmp_path / "x").stat().st_uid == 0
