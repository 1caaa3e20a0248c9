"""Baselines: sessions that later ones are compared with, one folder a machine, kept small and whole.

``results/baselines/MACHINE/NAME/`` holds session.json and trials.parquet; events and pages stay where they were.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ringbench.data.store import atomic, session_json, trials_parquet
from ringbench.data.store.folder import StoredSession
from ringbench.data.store.owner import chown_to_invoker
from ringbench.errors import OptionError, RingbenchError, UnreadableSessionError
from ringbench.machine.identity import machine_id
from ringbench.text import printable

FOLDER = "baselines"
_NAME = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._+-]{0,99}")
_FILES = (session_json.NAME, trials_parquet.NAME)


@dataclass(frozen=True)
class Baseline:
    """One that is saved."""

    path: Path
    machine: str
    profile: str | None = None
    revision: str | None = None
    started: datetime | None = None
    damage: str = ""
    """What is wrong with it, where it can't be read."""

    @property
    def name(self) -> str:
        """Return its folder's name."""
        return self.path.name


def save(session: StoredSession, root: Path, name: str | None = None, keep: int | None = None) -> Path:
    """Save *session* as a baseline under *root*, as *name* or by its time; return where it is.

    *keep*: of the same machine and profile, the oldest beyond so many are removed, but never what was just saved. A
    baseline is there whole or not at all, when it is saved and when it is removed. Raises RingbenchError where the disk
    refuses, and OptionError for a name that can't be one or is taken, and for a session that is no baseline:
    interrupted, or without a valid trial.
    """
    manifest = session.manifest
    if manifest.get("status") != "complete":
        raise OptionError(
            f"{printable(str(session.path))} is {manifest.get('status')}: finish it before it is a baseline."
        )
    if not session.trials["valid"].fillna(value=False).any():
        raise OptionError(f"no trial of {printable(str(session.path))} is valid: it is no baseline.")
    if keep is not None and keep < 1:
        raise OptionError(f"--keep {keep}: at least 1.")
    name = name or _named(manifest.get("started"), manifest.get("revision"))
    if not _NAME.fullmatch(name):
        raise OptionError(f"--name {printable(name)}: letters, digits, and . _ + - only, at most 100.")
    folder = root / machine_id(manifest.get("environment") or {})
    if folder.is_symlink():
        raise OptionError(f"{printable(str(folder))} is a symbolic link: baselines would land elsewhere. Remove it.")
    place = folder / name
    if place.exists() or place.is_symlink():
        raise OptionError(f"there is a baseline {name} of this machine already; choose another --name.")
    _sweep(folder)
    _copy(session.path, folder, place)
    if keep is not None:
        of_profile = [each for each in listed(root) if each.machine == folder.name and not each.damage]
        same = [each for each in of_profile if each.profile == _shown(manifest.get("profile"))]
        for old in sorted(same, key=_age)[:-keep]:
            if old.path != place:  # an old session, saved late: newer ones don't make room for it
                _remove(old.path)
    return place


def newest(root: Path, machine: str, profile: str | None) -> Path | None:
    """Return the newest baseline of *machine* and *profile* under *root*; None where there is none."""
    found = [e for e in listed(root) if not e.damage and (e.machine, e.profile) == (machine, _shown(profile))]
    return max(found, key=_age).path if found else None


def listed(root: Path) -> list[Baseline]:
    """Return every baseline under *root*, by machine and then by time; damaged ones, too. Links are not followed."""
    found = []
    for folder in _folders(root):
        try:
            places = _folders(folder)
        except OSError as error:
            found.append(Baseline(folder, folder.name, damage=f"cannot be listed: {error.strerror}"))
            continue
        found += sorted((_read(place, folder.name) for place in places), key=_age)
    return found


def _shown(profile: object) -> str | None:
    return None if profile is None else printable(str(profile))


def _age(baseline: Baseline) -> tuple[float, str]:
    return (baseline.started.timestamp() if baseline.started else 0.0, baseline.name)


def _folders(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    return sorted(e for e in place.iterdir() if e.is_dir() and not e.is_symlink() and not e.name.startswith("."))


def _read(place: Path, machine: str) -> Baseline:
    try:
        for name in _FILES:
            if (place / name).is_symlink():  # baselines are committed, and git keeps links
                return Baseline(place, machine, damage=f"{name} is a symbolic link")
        manifest, _ = session_json.read(place)
        started = session_json.instant(manifest["started"])
        if not (place / trials_parquet.NAME).is_file():
            return Baseline(place, machine, damage=f"{trials_parquet.NAME} is missing")
    except UnreadableSessionError as error:
        return Baseline(place, machine, damage=str(error))
    except OSError as error:
        return Baseline(place, machine, damage=f"cannot be read: {error.strerror}")
    revision = manifest.get("revision")
    return Baseline(
        place,
        machine,
        _shown(manifest.get("profile")),
        None if revision is None else printable(str(revision)),
        started,
    )


def _named(started: object, revision: object) -> str:
    moment = session_json.instant(started).strftime("%Y-%m-%dT%H-%M-%S")
    commit = re.match("[0-9a-f]{7,40}", revision) if isinstance(revision, str) else None
    return f"{moment}-{commit[0][:10]}" if commit else moment


def _copy(source: Path, folder: Path, place: Path) -> None:
    """Copy the files of a session to *place* in *folder*, in one step: they are put together beside it, and renamed."""
    atomic.make_folder(folder)
    beside = atomic.temporary(folder)
    try:
        beside.mkdir()
        chown_to_invoker(beside)
        for name in _FILES:
            atomic.write(beside / name, (source / name).read_bytes())
        # Synced: --keep removes older ones next, and a power cut must not take this one and leave those removed.
        atomic.adopt(beside, place)
    except BaseException as error:
        shutil.rmtree(beside, ignore_errors=True)
        if isinstance(error, OSError):
            raise atomic.cannot_write(place, error) from error
        raise


def _remove(place: Path) -> None:
    """Remove a baseline: renamed out of sight first, so that a kill in between leaves none half there."""
    beside = atomic.temporary(place.parent)
    try:
        place.rename(beside)
        shutil.rmtree(beside)
    except OSError as error:
        raise RingbenchError(f"cannot remove {printable(str(place))}: {error.strerror}.") from error


def _sweep(folder: Path) -> None:
    """Remove what a kill -9 left half copied."""
    if not folder.is_dir():
        return
    for left in atomic.leftovers(folder):
        try:
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        except OSError as error:
            raise RingbenchError(f"cannot remove {printable(str(left))}: {error.strerror}.") from error
