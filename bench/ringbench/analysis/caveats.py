"""What a reader must know before believing any figure of a session: what is missing, and what limits it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ringbench.analysis.account import invalid_code, why_invalid
from ringbench.analysis.cells import cells_of
from ringbench.analysis.comparison import comparisons
from ringbench.analysis.findings import Finding
from ringbench.analysis.quantities import count, listed
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView
from ringbench.spec.codes import DisturbedCode, InvalidCode

_REASONS = 3
_DISTURBED: dict[str, str] = {
    DisturbedCode.HOST_STEAL: "the host took CPU time",
    DisturbedCode.OTHER_PROCESSES: "other processes took CPU time",
    DisturbedCode.FREQUENCY: "the CPU's frequency moved",
    DisturbedCode.THROTTLED: "cores were throttled",
    DisturbedCode.OTHER_PROGRAMS: "other BPF programs were on the same tracepoints",
    DisturbedCode.PERF_LIMIT: "the kernel lowered perf's limits",
    DisturbedCode.OTHER: "for a reason that this version does not know",
}
_INVALID: dict[str, str] = {
    InvalidCode.ACCOUNT_UNBALANCED: "the account does not add up",
    InvalidCode.CHECKSUM_MISMATCH: "the sum of sequence numbers differs",
    InvalidCode.NOTHING_PRODUCED: "the workload made no event",
    InvalidCode.KERNEL_ACCOUNT_MISMATCH: "the transport's own count contradicts what was read",
    InvalidCode.LOST_OUTSIDE_WINDOW: "events were dropped outside the measured window",
    InvalidCode.PROCESS_DIED: "the trial's process died",
    InvalidCode.TIMED_OUT: "the trial was not over in time",
    InvalidCode.WINDOW_MISSED: "the window began before it was set",
    InvalidCode.LOAD_ENDED: "the workload ended too soon",
    InvalidCode.LOAD_FAILED: "the workload failed",
    InvalidCode.READER_FAILED: "the reader failed",
    InvalidCode.READER_FULL: "the reader's memory was full",
    InvalidCode.WRITER_FAILED: "events could not be written to disk",
    InvalidCode.RING_DAMAGED: "the ring is damaged",
    InvalidCode.OTHER_SIDE: "the other side of the comparison failed",
}
"""What is counted together; a reason that is none of them is told in its own words."""


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
    if view.no_orders:
        said.append(f"The order of recorded events was not analysed: {view.no_orders}")
    silent = [finding.question.name for finding in found if finding.asked and finding.headline is None]
    if silent and view.valid:
        said.append(f"Not measured here: {listed(silent)}.")
    return [sentence for sentence in said if sentence]


def _emulated(view: SessionView) -> str:
    return "This machine is emulated: times, rates and losses are shown, and not ranked." if view.emulated else ""


def _disturbed(view: SessionView) -> str:
    by_trial = {row["trial"]: row["disturbed_codes"] for row in view.rows if row["disturbed_codes"]}
    if not by_trial:
        return ""
    reasons = Counter(_DISTURBED.get(code, _DISTURBED["other"]) for codes in by_trial.values() for code in codes)
    shown = "; ".join(f"{reason} ({n:,})" for reason, n in reasons.most_common(_REASONS))
    of_all = count(view.finished_trials, "trial")
    said = f"{len(by_trial):,} of {of_all} disturbed, flagged and kept in the figures: {shown}."
    told = next((row for row in view.rows if row["disturbed_codes"] and row["disturbed"]), None)
    said += f" Trial {told['trial']}, for one: {told['disturbed']}." if told else ""
    return f"Inconclusive: {said}" if view.inconclusive else said


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
    reasons = Counter(_INVALID.get(invalid_code(row)) or why_invalid(row).rstrip(".") for row in view.invalid)
    shown = [f"{reason} ({n:,})" for reason, n in reasons.most_common(_REASONS)]
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
    refused = [row["task_map_full"] for row in view.valid if row["task_map_full"]]
    many = count(sum(refused), "fork")
    return f"{many} could not be named, so their lives are not in the figures of order." if refused else ""
