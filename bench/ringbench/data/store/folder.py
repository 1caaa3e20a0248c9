"""A session's folder: written trial by trial so that nothing finished is ever lost, and read with distrust.

Files are written in an order that leaves a readable session at any moment: trials.parquet before session.json when
the folder is made, a trial's events before its rows. Events without rows are a trial that was cut short; it is
measured again, and they are overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa

from ringbench.data.store import atomic, events_parquet, events_writer, session_json, trials_parquet
from ringbench.data.store.lock import NAME as LOCK_NAME
from ringbench.data.store.lock import Lock
from ringbench.data.store.schema import SCHEMA_VERSION
from ringbench.data.store.untrusted import unreadable
from ringbench.errors import OptionError, UnreadableSessionError
from ringbench.spec.event import Events
from ringbench.text import one_line, printable

EVENTS_FOLDER = "events"
NOT_SESSIONS = frozenset({"reference", "baselines"})
"""Folders under results/ that are never the latest session: they come with the project."""


@dataclass(frozen=True)
class StoredSession:
    """A session as it lies on disk, checked."""

    path: Path
    manifest: dict[str, Any]
    """session.json, brought up to this version."""
    trials: pd.DataFrame
    """A row for each trial and transport, columns of schema TRIALS, nullable types: null is NA, never 0 or NaN."""
    recorded_version: int = SCHEMA_VERSION
    """The schema version of the files themselves."""
    derived: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was made of it once and is asked for several times, by who made it."""

    def events(self, trial: str) -> pd.DataFrame | None:
        """Return *trial*'s recorded events, columns of schema EVENTS; None where none were stored.

        Raises UnreadableSessionError for a damaged file and for a name that would lead out of the folder.
        """
        found = self._event_arrays(trial)
        return None if found is None else events_parquet.frame(found)

    def event_arrays(self, trial: str) -> dict[str, Events]:
        """Return *trial*'s recorded events by transport (dtype DELIVERED, delivery order), exactly as recorded.

        Empty where none were stored. Raises as :meth:`events` does.
        """
        return self._event_arrays(trial) or {}

    def events_file(self, trial: str) -> Path | None:
        """Return where *trial*'s events are; None where none were stored. Raises as :meth:`events` does."""
        path = _events_path(self.path, trial)
        return path if path.exists() else None

    def _event_arrays(self, trial: str) -> dict[str, Events] | None:
        path = _events_path(self.path, trial)
        return events_parquet.read(path, self.recorded_version) if path.exists() else None


def read_session(ref: str | Path, results: Path) -> StoredSession:
    """Return the session in folder *ref*, or with 'latest' the one under *results* that was started last.

    Raises UnreadableSessionError, one line naming the file and what was seen, for whatever is wrong with it.
    """
    path = _latest(results) if ref == "latest" else Path(ref)
    if not path.is_dir():
        seen = "it is not a session's folder" if path.exists() else "there is no such folder"
        raise unreadable(path, f"{seen}; name one that `ringbench run` wrote, or `latest`")
    manifest, version = session_json.read(path)
    return StoredSession(path, manifest, trials_parquet.frame(trials_parquet.read(path, version)), version)


def check_new(path: Path) -> None:
    """Raise OptionError where *path* holds something, and RingbenchError where it can be no folder. Makes nothing."""
    try:
        held = {entry.name for entry in path.iterdir()} - {LOCK_NAME, *(left.name for left in atomic.leftovers(path))}
    except FileNotFoundError:
        return
    except OSError as error:
        raise atomic.cannot_write(path, error) from error
    if held:
        hint = "--resume to go on with it" if session_json.NAME in held else "an empty folder"
        raise OptionError(
            f"{printable(str(path))} is not empty (it holds {one_line(min(held), 60)}); "
            f"use {hint}, or choose another --out."
        )


class SessionWriter:
    """Writes a session; one writer a folder. After each call the folder is a session that can be read and resumed."""

    def __init__(self, path: Path, manifest: dict[str, Any], trials: pa.Table, lock: Lock) -> None:
        """Not to be called: use :meth:`create` or :meth:`resume`."""
        self.path = path
        self._manifest = manifest
        self._trials = trials
        self._lock = lock

    @classmethod
    def create(cls, path: Path, manifest: Mapping[str, Any]) -> SessionWriter:
        """Start a session in *path*, which is new or empty, with everything in it that a later kill -9 must not lose.

        ``schema_version``, ``status`` and ``ended`` are set here, ``started`` and ``notes`` where they are missing.
        Raises OptionError where *path* holds something, RingbenchError where it can't be written: it is written to.
        """
        atomic.make_folder(path)
        check_new(path)
        complete = {"started": session_json.now(), **manifest, **session_json.with_notes(manifest.get("notes", ()))}
        complete |= {"schema_version": SCHEMA_VERSION, "status": "interrupted", "ended": None}
        trials = trials_parquet.table_of([])
        lock = Lock(path)
        with lock.released_on_failure():
            trials_parquet.write(path, trials)
            session_json.write(path, complete)
        return cls(path, complete, trials, lock)

    @classmethod
    def resume(cls, path: Path) -> SessionWriter:
        """Go on with the session in *path*. Nothing in it changes before the first :meth:`add` or :meth:`amend`.

        Raises UnreadableSessionError where it can't be read, OptionError where it is of an older version or in use, and
        RingbenchError where it can't be written: session.json is written again, as it is.
        """
        if not path.is_dir():
            raise OptionError(f"there is no session to resume in {printable(str(path))}; start one with --out.")
        manifest, version = session_json.read(path)
        if version != SCHEMA_VERSION:
            raise OptionError(
                f"{printable(str(path))} has schema version {version}: it can be read, but only sessions of version "
                f"{SCHEMA_VERSION} can be resumed. Start a new one with --out."
            )
        lock = Lock(path)
        with lock.released_on_failure():
            trials = trials_parquet.read(path, extra=True)
            atomic.sweep(path)
            atomic.sweep(path / EVENTS_FOLDER)
            session_json.write(path, manifest)
        return cls(path, manifest, trials, lock)

    @property
    def manifest(self) -> dict[str, Any]:
        """session.json as it stands (a copy)."""
        return dict(self._manifest)

    @property
    def done(self) -> frozenset[str]:
        """Trials that are stored."""
        return frozenset(self._trials.column("trial").to_pylist())

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows that are stored, None for null."""
        return cast("list[dict[str, Any]]", self._trials.to_pylist())

    def capture_place(self) -> Path:
        """Return a new path in the folder of events, which is there, to write a trial's events to while it runs.

        Nothing is there yet. :meth:`add` adopts what was written, or the caller removes it; what a kill -9 leaves is
        removed by :meth:`resume`. Raises RingbenchError where the folder can't be made.
        """
        folder = self.path.absolute() / EVENTS_FOLDER
        atomic.make_folder(folder)
        return atomic.temporary(folder)

    def add(self, rows: Sequence[Mapping[str, object]], events: Mapping[str, Events] | Path) -> None:
        """Store one finished trial: its *rows*, one a transport, and its *events* by transport, if it recorded any.

        *events* that were written meanwhile are a whole file at a :meth:`capture_place`, which is moved to its place.
        Raises ValueError for rows that don't fit the schema or don't belong to one new trial (mistakes in this
        program), RingbenchError where the disk refuses; what was stored before is stored still.
        """
        trial = self._new_trial(rows)
        together = pa.concat_tables([self._trials, trials_parquet.table_of(rows)], promote_options="default")
        path = _events_path(self.path, trial)
        if self._manifest["status"] != "interrupted":
            self.amend(status="interrupted", ended=None)
        if isinstance(events, Path):
            atomic.adopt(events, path)
        elif events:
            events_writer.store(path, events)
        trials_parquet.write(self.path, together)
        self._trials = together

    def amend(self, **updates: Any) -> None:
        """Change keys of session.json, at once; with ``notes`` go their codes.

        Raises ValueError or TypeError for what its schema doesn't allow.
        """
        changed = {**self._manifest, **updates}
        if "notes" in updates:
            changed |= session_json.with_notes(updates["notes"])
        session_json.write(self.path, changed)
        self._manifest = changed

    def finish(self, status: str, **updates: Any) -> None:
        """End the session as 'complete' or 'interrupted', with the time unless *updates* has ``ended``; let it go."""
        self.amend(status=status, **{"ended": session_json.now(), **updates})
        self._lock.release()

    def _new_trial(self, rows: Sequence[Mapping[str, object]]) -> str:
        trials = {row.get("trial") for row in rows}
        transports = [row.get("transport") for row in rows]
        trial = next(iter(trials), None)
        if len(trials) != 1 or not isinstance(trial, str) or not trials_parquet.is_trial_name(trial):
            raise ValueError(f"rows of one trial with a name were expected, not {trials}")
        if trial in self.done or None in transports or len(set(transports)) < len(transports):
            raise ValueError(f"trial {trial} is stored already, or its transports are not distinct: {transports}")
        return trial


def _events_path(folder: Path, trial: str) -> Path:
    path = folder / EVENTS_FOLDER / f"{trial}.parquet"
    if not trials_parquet.is_trial_name(trial):
        raise unreadable(folder / EVENTS_FOLDER, f"trial {one_line(repr(trial), 80)} is no name for a file")
    if path.resolve() != folder.resolve() / EVENTS_FOLDER / path.name:
        raise unreadable(path, "a symbolic link leads out of the session's folder")
    return path


def _latest(results: Path) -> Path:
    """Return the session's folder directly under *results* that was started last."""
    found = []
    for folder in sorted(results.iterdir()) if results.is_dir() else ():
        if folder.name not in NOT_SESSIONS and folder.is_dir():
            try:
                found.append((session_json.started(folder), folder.name))
            except UnreadableSessionError:
                continue  # no session, or one that can't be told from none
    if not found:
        raise UnreadableSessionError(f"no session in {printable(str(results))}; measure one with `ringbench run`")
    return results / max(found)[1]
