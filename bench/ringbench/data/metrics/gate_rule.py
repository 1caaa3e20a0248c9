"""How the regression gate judges a column: pure data, which ringbench.analysis.gate reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rule = Literal["ratio", "difference", "zero", "exact"]

COUNT = "it is a count of what the load made; rates are judged"
ONE_EVENT = "it is one event's: its spread over repeats is as wide as itself"
OTHERWISE = "another figure judged says it"
SCHEDULER = "the scheduler decides it, more than the code does"
NO_EFFECT = "its metric does not say which effect is worth reporting"
"""Reasons not to judge a column that several have; the last, where no reason is given."""


@dataclass(frozen=True)
class GateRule:
    """How one column is judged, and in which trials it says something of the project, not of its load or its timer."""

    kind: Rule
    """'ratio': head over base. 'difference': head less base. 'zero': none in the base, so any is a change; where the
    base has some, 'difference', or not at all. 'exact': computed, so any other value is a change."""
    smallest: float = 0.0
    """The smallest effect worth reporting: a share for a ratio, in the column's unit for a difference."""
    place: int = 100
    """Its place among the figures judged: lower is shown first."""
    modes: tuple[str, ...] = ()
    """The modes of trials that it is judged in; none named: in any."""
    flat_out: bool = False
    """Only where no schedule paces the load."""
    woken: bool = False
    """Only where the transport wakes the reader."""
    one_is_enough: bool = False
    """Of kind 'zero': a single one is a regression, whatever else went on at the time."""
