"""Two stored results compared: sessions, or files of pytest-benchmark."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ringbench.analysis.gate import benchmarks, comparable
from ringbench.analysis.gate.comparison import Comparison, Side
from ringbench.analysis.gate.gate import first_run, itself, judge
from ringbench.analysis.gate.pairs import cell_pairs_of
from ringbench.analysis.gate.schedule import ONCE, Schedule
from ringbench.analysis.history import baselines
from ringbench.analysis.view import SessionView, shown
from ringbench.data.store.folder import read_session
from ringbench.errors import OptionError
from ringbench.machine.identity import machine_id
from ringbench.spec.codes import NoteCode
from ringbench.text import printable

_OF_COMPARISONS = (NoteCode.ENDED, NoteCode.LEFT_OUT)
"""Notes of a side that say how the comparison went."""
BASELINE = "baseline"
"""As BASE: the newest that was saved for the head's machine and profile."""


def compare(base: str, head: str, results: Path, *, across: Collection[str] = (), first: bool = False) -> Comparison:
    """Return *head* compared with *base*: names of sessions, of pytest-benchmark's files, or :data:`BASELINE`.

    *across*: in what they may differ (ringbench.analysis.gate.comparable). *first*: a base that is missing is no error,
    as one among baselines never is: then it is a first run. Raises UnreadableSessionError and OptionError.
    """
    if head.endswith(".json"):
        return _files(base, head, first=first)
    view = SessionView.of(read_session(head, results))
    place = _base(base, view, results, first=first)
    if isinstance(place, Comparison):
        return place
    return of_sessions(SessionView.of(read_session(place, results)), view, across)


def of_sessions(base: SessionView, head: SessionView, across: Collection[str] = ()) -> Comparison:
    """Return two sessions compared. OptionError where they differ in what is not *across*."""
    sides = Side.of(base), Side.of(head)
    if comparable.are_one(base, head):
        return Comparison(itself(cell_pairs_of(base.rows, head.rows)), *sides)
    notes = comparable.check(base, head, across)
    interleaved = comparable.are_sides(base, head)
    gated = judge(
        cell_pairs_of(base.rows, head.rows),
        interleaved=interleaved,
        schedule=schedule_of(head) if interleaved else ONCE,
        doubts=comparable.doubts(base, head, interleaved=interleaved),
    )
    notes += [note for note in head.notes if interleaved and note.code in _OF_COMPARISONS]
    return Comparison(gated, *sides, notes=tuple(notes))


def schedule_of(view: SessionView) -> Schedule:
    """Return the schedule of looks that a side of a comparison was measured by."""
    blocks = (view.manifest.get("sides") or {}).get("blocks")
    return ONCE if blocks is None else Schedule(blocks, several=True)


def _base(base: str, head: SessionView, results: Path, *, first: bool) -> str | Comparison:
    if base == BASELINE:
        profile = head.manifest.get("profile")
        machine = machine_id(head.manifest.get("environment") or {})
        found = baselines.newest(results / baselines.FOLDER, machine, profile)
        if found is not None:
            return str(found)
        why = f"no baseline of profile {shown(profile)} is saved for this machine ({machine}) yet"
        return Comparison(first_run(f"{why}; `ringbench baseline save` does it"), None, Side.of(head))
    path = Path(base)
    if base != "latest" and not path.exists():
        if first or baselines.FOLDER in path.parts:
            return Comparison(first_run(f"there is no base {printable(base)} yet"), None, Side.of(head))
        raise OptionError(
            f"there is no session {printable(base)}. If it is to come later, as in a first run: --first-run."
        )
    return base


def _files(base: str, head: str, *, first: bool) -> Comparison:
    sides = Path(base), Path(head)
    here = Side(shown(sides[1].name), benchmarks.facts(sides[1]))
    if not sides[0].exists():
        if not first:
            raise OptionError(
                f"there is no file {printable(base)}. If it is to come later, as in a first run: --first-run."
            )
        return Comparison(first_run(f"there is no base {printable(base)} yet"), None, here)
    pairs = benchmarks.cell_pairs_of(*sides)
    there = Side(shown(sides[0].name), benchmarks.facts(sides[0]))
    if sides[0].read_bytes() == sides[1].read_bytes():
        return Comparison(itself(pairs), there, here)
    gated = judge(pairs, interleaved=False, doubts=benchmarks.doubts(*sides))
    return Comparison(gated, there, here)
