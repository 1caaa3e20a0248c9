"""Which figures are judged, by which rule, and from which effect on: as each column says of itself.

The direction, which way is better, is the column's, too (ringbench.data.metrics). Whatever is not judged has a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringbench.analysis.setting import Setting
from ringbench.data.metrics import COLUMNS, Column, GateRule


@dataclass(frozen=True)
class Judged:
    """How one column is judged."""

    column: Column
    rule: GateRule

    @property
    def kind(self) -> str:
        """Return 'ratio', 'difference', 'zero' or 'exact' (:class:`ringbench.data.metrics.GateRule`)."""
        return self.rule.kind

    @property
    def smallest(self) -> float:
        """Return the smallest effect worth reporting: a share for a ratio, in the column's unit for a difference."""
        return self.rule.smallest

    def applies(self, setting: Setting) -> bool:
        """Tell whether in *setting* the figure says something of the project, and not of its load or its timer."""
        rule = self.rule
        if rule.modes and setting.mode not in rule.modes:
            return False
        return not (rule.flat_out and setting.paced) and not (rule.woken and not setting.woken)


def judged(columns: Iterable[Column]) -> dict[str, Judged]:
    """Return those of *columns* that the gate judges, by name, in the order in which they are shown."""
    found = [Judged(column, column.judged) for column in columns if column.judged]
    return {each.column.name: each for each in sorted(found, key=lambda each: each.rule.place)}


JUDGED: dict[str, Judged] = judged(COLUMNS.values())
"""By the column's name, in the order in which they are shown."""
NOT_JUDGED: dict[str, str] = {name: column.not_judged for name, column in COLUMNS.items() if not column.judged}
"""Why a column is not judged."""
