"""The account of every trial, and which of its figures lie far from those of the other repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringbench.analysis.findings import Finding
from ringbench.analysis.outliers import apart, key
from ringbench.analysis.quantities import NOT_MEASURED, count, listed
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import Record, SessionView, adds_up, is_valid
from ringbench.spec.codes import InvalidCode


@dataclass(frozen=True)
class Entry:
    """One transport's share of one trial."""

    trial: str
    transport: str
    setting: Setting
    valid: bool
    reason: str
    numbers: tuple[str, ...]
    """attempted, delivered, failed and residual."""
    checksum: str
    """Whether the sequence numbers of what was delivered and refused add up to those attempted."""
    apart: tuple[str, ...]
    """Its figures that lie far from those of the other repeats."""


ACCOUNTED = ("attempted", "delivered", "failed", "residual")
_UNCHECKED = "not all numbers were read"
_CHECKED = {True: "agrees", False: "differs", None: _UNCHECKED}


def account(view: SessionView) -> list[Entry]:
    """Return an entry for each row of trials.parquet, in the order in which they were stored."""
    found = apart(view)
    return [_entry(row, found.get(key(row), ())) for row in view.rows]


def _entry(row: Record, far: tuple[str, ...]) -> Entry:
    numbers = tuple(NOT_MEASURED if row[name] is None else f"{row[name]:,}" for name in ACCOUNTED)
    valid = is_valid(row)
    return Entry(
        str(row["trial"]),
        str(row["transport"]),
        Setting.of(row),
        valid,
        "" if valid else why_invalid(row),
        numbers,
        _CHECKED.get(row["seq_checked"], NOT_MEASURED) if _summed(row) else "not recorded",
        far,
    )


def why_invalid(row: Record) -> str:
    """Return the reason that a row gives, or the one that it should have given."""
    if row["valid"] is True and not adds_up(row):
        return "marked valid, but attempted is not delivered + failed"
    return str(row["invalid_reason"] or "no reason recorded")


def invalid_code(row: Record) -> InvalidCode:
    """Return why a row is no figure, as a code: the one that it gives, or should have given."""
    if row["valid"] is True and not adds_up(row):
        return InvalidCode.ACCOUNT_UNBALANCED
    code = row["invalid_code"]
    return InvalidCode(code) if code in set(InvalidCode) else InvalidCode.OTHER


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
