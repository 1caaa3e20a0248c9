"""The account of a trial: what the producer tried to submit, and what became of it.

The truth is counted in the BPF program, never taken from the transport: the perf buffer reports a loss only with the
next record that fits on the same CPU (so the tail's losses never), and the ringbuf reports none at all.
"""

from __future__ import annotations

from typing import NamedTuple

from ringbench.data.metrics.gate_rule import COUNT, GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Section
from ringbench.spec.codes import InvalidCode


class AccountError(NamedTuple):
    """How an account fails to add up."""

    code: InvalidCode
    said: str
    """In a sentence."""


def drop_rate(attempted: int | None, failed: int | None) -> float | None:
    """Return failed / attempted (both in events), or None when nothing was attempted or it wasn't counted."""
    return failed / attempted if attempted and failed is not None else None


def account_error(recording: Recording) -> AccountError | None:
    """Return how the account fails to add up, or None when it adds up.

    A trial is valid only if ``attempted == delivered + failed``, exactly, and the sequence numbers of what was
    delivered and refused sum up to n(n - 1)/2 over each CPU's n. ``residual`` is a part of ``delivered``. An account of
    nothing adds up, too, and its zeros would look like figures: it is none. Without a
    program or a reader, as in the first stages of an overhead trial, there is no account that could be wrong.
    """
    attempted, delivered, failed = recording.attempted, recording.delivered, recording.failed
    if attempted is None or delivered is None or failed is None:
        return None
    if not attempted and not delivered:
        nothing = "Nothing was produced: the workload made no event in the measured window."
        return AccountError(InvalidCode.NOTHING_PRODUCED, nothing)
    missing = attempted - (delivered + failed)
    if not missing:
        return _checksum_error(recording)
    difference = f"{missing} missing" if missing > 0 else f"{-missing} too many"
    return AccountError(
        InvalidCode.ACCOUNT_UNBALANCED,
        f"The account does not add up: {attempted} attempted, "
        f"but {delivered} delivered + {failed} failed = {delivered + failed} ({difference}).",
    )


def _checksum_error(recording: Recording) -> AccountError | None:
    """Return the same where the numbers agree and the records don't: one read twice, another one not at all."""
    checksum = recording.checksum
    if checksum is None or checksum.holds is not False:
        return None
    return AccountError(
        InvalidCode.CHECKSUM_MISMATCH,
        "The checksum does not add up: the sequence numbers attempted sum up to "
        f"{checksum.attempted}, but delivered {checksum.delivered} + refused {checksum.refused} (modulo 2^64).",
    )


def _compute(recording: Recording) -> dict[str, Number | None]:
    return {
        "attempted": recording.attempted,
        "delivered": recording.delivered,
        "failed": recording.failed,
        "residual": recording.residual,
        "drop_rate": drop_rate(recording.attempted, recording.failed),
    }


METRIC = Metric(
    name="drops",
    question="How many events were lost?",
    columns=(
        Column("attempted", "events", "higher", "Events attempted", integer=True, not_judged=COUNT),
        Column("delivered", "events", "higher", "Events delivered", integer=True, not_judged=COUNT),
        Column(
            "failed", "events", "lower", "Events refused by the transport", integer=True, not_judged="drop_rate says it"
        ),
        Column(
            "residual",
            "events",
            "lower",
            "Events left for the final drain",
            integer=True,
            not_judged="the place of the window's end in the timer's period decides it",
            lead=("Left for the final drain:", "events"),
            wins="left less lying",
        ),
        Column(
            "drop_rate",
            "",
            "lower",
            "Drop rate",
            integer=False,
            judged=GateRule("zero", 0.01, place=9),
            brief=True,
            same_load=True,
            on_card=True,
        ),
    ),
    compute=_compute,
    section=Section(
        place=2,
        columns=("drop_rate",),
        mode="paired",
        better="lost less",
        reading="Counted in the BPF program: submissions refused of submissions tried. Sizes are totals over all CPUs. "
        "Where nothing was lost, the bound is 3/n and takes events as independent; losses come in bursts, so read it "
        "as a hopeful one. It holds for this load, this reader and this drain interval. In isolated trials each "
        "transport sets its own pace: one that slows the producer down has less to lose.",
        timed=True,
        card="Drops",
    ),
)
