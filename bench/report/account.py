"""The account of every trial, and what a reader must know before believing any figure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.cells import cells_of
from bench.report.comparison import comparisons
from bench.report.findings import Finding
from bench.report.quantities import NOT_MEASURED, count, listed
from bench.report.setting import Setting
from bench.report.view import Record, SessionView, adds_up, is_valid

_REASONS = 3
_FEWEST = 3


@dataclass(frozen=True)
class Entry:
    """One transport's share of one trial."""

    trial: str
    transport: str
    where: str
    valid: bool
    reason: str
    numbers: tuple[str, ...]
    """attempted, delivered, failed and residual."""
    checksum: str
    """Whether the sequence numbers of what was delivered and refused add up to those attempted."""


ACCOUNTED = ("attempted", "delivered", "failed", "residual")
_UNCHECKED = "the reader doesn't look into records"
_CHECKED = {True: "agrees", False: "differs", None: _UNCHECKED}


def account(view: SessionView) -> list[Entry]:
    """Return an entry for each row of trials.parquet, in the order in which they were stored."""
    return [_entry(row) for row in view.rows]


def _entry(row: Record) -> Entry:
    numbers = tuple(NOT_MEASURED if row[name] is None else f"{row[name]:,}" for name in ACCOUNTED)
    valid = is_valid(row)
    return Entry(
        str(row["trial"]),
        str(row["transport"]),
        Setting.of(row).words(),
        valid,
        "" if valid else why_invalid(row),
        numbers,
        _CHECKED.get(row["seq_checked"], NOT_MEASURED) if _summed(row) else "not recorded",
    )


def why_invalid(row: Record) -> str:
    """Return the reason that a row gives, or the one that it should have given."""
    if row["valid"] is True and not adds_up(row):
        return "marked valid, but attempted is not delivered + failed"
    return str(row["invalid_reason"] or "no reason recorded")


def checksums(view: SessionView) -> str:
    """Return of how many accounts the sum of sequence numbers was checked; '' for sessions that don't have it."""
    summed = [row["seq_checked"] for row in view.rows if _summed(row)]
    if not summed:
        return ""
    told = {True: "agrees in", False: "differs in"}
    said = [f"{words} {count(summed.count(found), 'account')}" for found, words in told.items() if found in summed]
    silent = f"in {count(summed.count(None), 'account')} {_UNCHECKED}" if None in summed else ""
    return f"The sum of sequence numbers {'; '.join([*said, silent] if silent else said)}."


def _summed(row: Record) -> bool:
    """Tell whether a row comes from a session that sums up sequence numbers: they also say where the reader ran."""
    return row["seq_checked"] is not None or (row["placement"] is not None and row["attempted"] is not None)


def answered(found: Sequence[Finding]) -> str:
    """Return which questions a session answers and which it was never asked; '' where it has no answer."""
    names = [finding.question.name for finding in found if finding.headline is not None]
    unasked = [finding.question.name for finding in found if not finding.asked]
    return f"Answered here: {listed(names)}. Not asked: {listed(unasked)}." if names and unasked else ""


def caveats(view: SessionView, found: Sequence[Finding]) -> list[str]:
    """Return what is missing or limits this session, a sentence each, the gravest first."""
    said = [
        _emulated(view),
        _disturbed(view),
        _interrupted(view),
        _invalid(view),
        _compared(view),
        _sizes(found),
        _repeats(view),
    ]
    said += [_saturated(view), _workload(view), _nameless(view)]
    silent = [finding.question.name for finding in found if finding.asked and finding.headline is None]
    if silent and view.valid:
        said.append(f"Not measured here: {listed(silent)}.")
    return [sentence for sentence in said if sentence]


def _emulated(view: SessionView) -> str:
    return "This machine is emulated: times, rates and losses are shown, and not ranked." if view.emulated else ""


def _disturbed(view: SessionView) -> str:
    by_trial = {row["trial"]: row["disturbed"] for row in view.rows if row["disturbed"]}
    if not by_trial:
        return ""
    reasons = Counter(_kind_of(reason) for text in by_trial.values() for reason in text.split("; "))
    shown = "; ".join(f"{reason} ({n:,})" for reason, n in reasons.most_common(_REASONS))
    of_all = count(view.finished_trials, "trial")
    said = f"{len(by_trial):,} of {of_all} disturbed, flagged and kept in the figures: {shown}."
    return f"Inconclusive: {said}" if view.inconclusive else said


def _kind_of(reason: str) -> str:
    """Return a reason without its numbers, so that like ones are counted together."""
    return re.sub(r"\d[\d.]*( ?%)?", "…", reason)


def _interrupted(view: SessionView) -> str:
    planned, stored = view.planned_trials, view.finished_trials
    of_them = f" {stored:,} of {count(planned, 'planned trial')} are stored." if planned else ""
    if view.status != "complete":
        return f"This session is not complete (status: {view.status}).{of_them}"
    return of_them.strip() if planned and stored < planned else ""


def _invalid(view: SessionView) -> str:
    if not view.rows:
        return "No trial is stored: there is nothing to report."
    if not view.invalid:
        return ""
    reasons = Counter(why_invalid(row) for row in view.invalid)
    shown = [f"{reason.rstrip('.')} ({n:,})" for reason, n in reasons.most_common(_REASONS)]
    further = f"; {len(reasons) - _REASONS} more reasons" if len(reasons) > _REASONS else ""
    left = "so there is nothing to report" if not view.valid else "and left out of every figure"
    of_all = count(len(view.rows), "trial account")
    return f"{len(view.invalid):,} of {of_all} invalid, {left}: {'; '.join(shown)}{further}."


def _saturated(view: SessionView) -> str:
    late = [row for row in view.valid if row["saturated"]]
    if not late:
        return ""
    cells = Counter(f"{row['transport']} with {Setting.of(row).words()}" for row in late)
    shown = "; ".join(f"{cell} ({count(n, 'repeat')})" for cell, n in cells.most_common(_REASONS))
    more = f"; {count(len(cells) - _REASONS, 'more cell')}" if len(cells) > _REASONS else ""
    return f"Saturated, so in no figure: less was done than the load that every cell was offered. {shown}{more}."


def _compared(view: SessionView) -> str:
    if not view.valid or any(comparison.head for comparison in comparisons(cells_of(view.figures))):
        return ""
    if len(view.transports) == 1:
        return f"Only {view.transports[0]} has valid trials: there is nothing to compare it with."
    return f"{listed(view.transports)} share no setting that differs in nothing but the transport: nothing is compared."


def _sizes(found: Sequence[Finding]) -> str:
    notes = {group.comparison.size_note: None for finding in found for group in finding.groups}
    notes.pop("", None)
    further = f" So it is in {count(len(notes) - 1, 'other comparison')}." if len(notes) > 1 else ""
    return f"{next(iter(notes))}{further}" if notes else ""


def _repeats(view: SessionView) -> str:
    most = max((cell.repeats for cell in cells_of(view.figures)), default=0)
    return (
        f"With {count(most, 'repeat')} of each cell at most, there is no interval for any figure."
        if 0 < most < 3
        else ""
    )


def _workload(view: SessionView) -> str:
    failed = Counter(row["workload_exit_status"] for row in view.valid if row["workload_exit_status"])
    ended = [f"{status} ({count(n, 'account')})" for status, n in failed.most_common(_REASONS)]
    return f"The workload ended with exit status {listed(ended)}: it may not have done what it should." if ended else ""


def _nameless(view: SessionView) -> str:
    refused = [row["births_refused"] for row in view.valid if row["births_refused"]]
    many = count(sum(refused), "fork")
    return f"{many} could not be named, so their lives are not in the figures of order." if refused else ""
