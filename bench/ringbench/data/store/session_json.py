"""session.json: what was planned, where, when, and how it ended. Its keys are those of schemas/session.schema.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jsonschema.exceptions import best_match

from ringbench.data.store import atomic, schemas, upgrade
from ringbench.data.store.schema import SCHEMA_VERSION
from ringbench.data.store.untrusted import open_regular, reading, unreadable
from ringbench.spec.codes import Note, NoteCode, note_code
from ringbench.text import one_line

NAME = "session.json"
MAX_BYTES = 16 << 20
"""A session of ten thousand trials has three million bytes."""

_VALIDATOR = schemas.validator("session")


def write(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write *manifest* as *folder*'s session.json, atomically.

    Raises ValueError or TypeError for a manifest that could not be read again: that is a mistake in this program.
    Text is escaped to ASCII, so that an argument of the command line that is not UTF-8 comes back as it was.
    """
    text = json.dumps(manifest, indent=2, allow_nan=False) + "\n"
    fault = _fault(json.loads(text))
    if fault:
        raise ValueError(f"{NAME}: {fault}")
    atomic.write(folder / NAME, text.encode())


def read(folder: Path) -> tuple[dict[str, Any], int]:
    """Return *folder*'s session.json as this version has it, and the schema version it was written with.

    Raises UnreadableSessionError, one line naming the file and what was seen.
    """
    path = folder / NAME
    found = _parsed(path)
    version = found.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise unreadable(path, f"schema_version is {one_line(json.dumps(version), 40)}, not a version number")
    if version > SCHEMA_VERSION:
        raise unreadable(
            path, f"its schema version is {version}, this ringbench reads up to {SCHEMA_VERSION}; upgrade ringbench"
        )
    with reading(path):
        manifest = upgrade.manifest(found, version)
        fault = _fault(manifest)
        if fault:
            raise ValueError(fault)
        instant(manifest["started"])
    return manifest, version


def started(folder: Path) -> datetime:
    """Return when *folder*'s session was started, looking at nothing else; UnreadableSessionError where that can't be
    told.

    A session of a newer version has a start, too: it is the latest even where it can't be read.
    """
    path = folder / NAME
    found = _parsed(path).get("started")
    with reading(path):
        return instant(found)


def with_notes(notes: Sequence[str]) -> dict[str, list[str]]:
    """Return what session.json says of *notes*: the sentences, and the code of each."""
    return {"notes": [str(note) for note in notes], "note_codes": [note_code(note).value for note in notes]}


def notes_of(manifest: Mapping[str, Any]) -> list[Note]:
    """Return the notes of a session.json with their codes; one whose code is not known is a remark."""
    notes, codes = manifest.get("notes") or [], manifest.get("note_codes") or []
    notes = [notes] if isinstance(notes, str) else notes
    known = [code if code in set(NoteCode) else NoteCode.REMARK for code in codes]
    known += [NoteCode.REMARK] * (len(notes) - len(known))
    return [Note(text, code) for text, code in zip(notes, known, strict=False)]


def instant(text: object) -> datetime:
    """Return the moment that an ISO 8601 *text* names, UTC where it has no offset; ValueError where it names none."""
    if not isinstance(text, str):
        raise ValueError(f"{one_line(json.dumps(text), 40)} is not a time")
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))  # Python 3.10 doesn't know the Z
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def now() -> str:
    """Return the time as session.json has it: ISO 8601, UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _parsed(path: Path) -> dict[str, Any]:
    with reading(path), open_regular(path, MAX_BYTES) as file:
        found = json.loads(file.read().decode("utf-8"), parse_constant=_refused)
        if not isinstance(found, dict):
            raise ValueError(f"a JSON object was expected, not {one_line(json.dumps(found), 40)}")
        return found


def _refused(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _fault(manifest: object) -> str | None:
    """Return what is wrong with *manifest* by the schema, on one line; None if nothing is."""
    error = best_match(_VALIDATOR.iter_errors(manifest))
    return None if error is None else one_line(f"{error.json_path}: {error.message}")
