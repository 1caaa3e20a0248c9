"""A figure over many sessions of one machine: its values in time order, and where it has stepped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from ringbench.analysis.cells import Cell, cells_of
from ringbench.analysis.gate.registry import JUDGED
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView, shown
from ringbench.data.metrics import COLUMNS, Column
from ringbench.data.stats import Interval
from ringbench.data.stats.steps import Step, steps
from ringbench.data.store.session_json import instant
from ringbench.machine.identity import differences
from ringbench.text import one_line

METRICS = tuple(JUDGED)
"""What is followed where nobody chose: what the gate judges."""

_PLAN = ("duration_s", "warmup_s", "drain_interval_s", "events_to")
_SAME = "memory"
"""Where events went in sessions that don't say (ringbench.analysis.gate.comparable)."""


@dataclass(frozen=True)
class SessionPoint:
    """One session, as a place in time."""

    label: str
    """Its revision, or its date."""
    started: datetime
    conditions: str
    """Kernel and BCC, in words."""
    environment: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    plan: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def changes(self, before: SessionPoint) -> list[str]:
        """Return what was different *before*, as 'kernel 6.18.0 → 6.19.0': figures on either side don't compare.

        What makes a line of its own (hardware, other configuration) is the same in both; tools and seeds may differ.
        """
        found = differences(before.environment, self.environment)
        fields = [*found.get("kernel", []), *found.get("bcc", []), *found.get("configuration", [])]
        fields += [
            (name, before.plan.get(name), self.plan.get(name))
            for name in _PLAN
            if before.plan.get(name, _SAME) != self.plan.get(name, _SAME)
        ]
        return [_change(*each) for each in fields]


@dataclass(frozen=True)
class Series:
    """One figure of one cell over time."""

    column: Column
    transport: str
    setting: Setting
    moments: tuple[SessionPoint, ...]
    intervals: tuple[Interval, ...]
    repeats: tuple[tuple[float, ...], ...]
    steps: tuple[Step, ...]

    @property
    def where(self) -> str:
        """Return the cell in words."""
        return f"{self.transport}, {self.setting.words()}"

    @property
    def boundaries(self) -> list[tuple[int, list[str]]]:
        """Return where conditions changed: the index of the first point after it, and what changed."""
        pairs = enumerate(pairwise(self.moments), start=1)
        return [(place, changes) for place, (before, after) in pairs if (changes := after.changes(before))]

    def words(self, step: Step) -> str:
        """Return a step in words: '+12 % at 1a2b3c4d, of 33.1 ns'."""
        moment = self.moments[step.place]
        change = "" if not step.before else f" ({100 * (step.after / step.before - 1):+.1f} %)"
        return f"at {moment.label}{change}"

    def is_worse(self, step: Step) -> bool:
        """Tell whether a step leads to the worse."""
        return (step.after > step.before) == (self.column.better == "lower")


def moment_of(view: SessionView) -> SessionPoint:
    """Return a session as a place in time."""
    revision = view.manifest.get("revision")
    started = instant(view.manifest["started"])
    label = shown(revision)[:10] if revision else started.strftime("%Y-%m-%d")
    environment = view.environment
    conditions = f"Linux {environment.get('kernel', '?')}, BCC {environment.get('bcc', '?')}"
    return SessionPoint(label, started, conditions, *(view.manifest.get(key) or {} for key in ("environment", "plan")))


def _change(name: str, before: Any, after: Any) -> str:
    if isinstance(before, Mapping) or isinstance(after, Mapping):  # mitigations: a dozen sentences
        return name
    return f"{name} {one_line(shown(before), 40)} → {one_line(shown(after), 40)}"


def series_of(views: Sequence[SessionView], columns: Collection[str] = METRICS) -> list[Series]:
    """Return each figure of *columns* that *views*, sessions of one machine and profile, have: in the order of time."""
    ordered = sorted(views, key=lambda view: instant(view.manifest["started"]))
    moments = [moment_of(view) for view in ordered]
    found: dict[tuple[Setting, str], dict[int, Cell]] = {}
    for place, view in enumerate(ordered):
        for cell in cells_of(view.figures):
            found.setdefault((cell.setting, cell.transport), {})[place] = cell
    series = []
    for (setting, transport), cells in found.items():
        for name in columns:
            judged = JUDGED.get(name)
            if judged is not None and not judged.applies(setting):
                continue
            series += _series(COLUMNS[name], setting, transport, cells, moments)
    return series


def _series(
    column: Column, setting: Setting, transport: str, cells: dict[int, Cell], moments: Sequence[SessionPoint]
) -> list[Series]:
    measured = {place: cell for place, cell in sorted(cells.items()) if cell.has(column.name)}
    if not measured:
        return []
    intervals = tuple(cell.interval(column.name) for cell in measured.values())
    levels = [interval.value for interval in intervals if interval.value is not None]
    return [
        Series(
            column,
            transport,
            setting,
            tuple(moments[place] for place in measured),
            intervals,
            tuple(tuple(cell.values(column.name)) for cell in measured.values()),
            tuple(steps(levels)),
        )
    ]


def as_json(series: Series) -> dict[str, Any]:
    """Return a series as plain values."""
    return {
        "metric": series.column.name,
        "unit": series.column.unit,
        "better": series.column.better,
        "transport": series.transport,
        "cell": series.setting.words(),
        "points": [
            {
                "label": moment.label, "started": moment.started.isoformat(), "conditions": moment.conditions,
                "value": interval.value, "low": interval.low, "high": interval.high, "n": interval.n,
            }
            for moment, interval in zip(series.moments, series.intervals, strict=True)
        ],
        "boundaries": [{"place": place, "changed": changes} for place, changes in series.boundaries],
        "steps": [
            {"place": s.place, "label": series.moments[s.place].label, "before": s.before, "after": s.after,
             "worse": series.is_worse(s)}
            for s in series.steps
        ],
    }  # fmt: skip
