"""Every metric has a direction and a smallest effect, or a reason why it is not judged."""

from __future__ import annotations

from ringbench.analysis.gate.registry import JUDGED, NOT_JUDGED
from ringbench.data.metrics import COLUMNS


def test_no_column_is_forgotten_and_none_is_in_both() -> None:
    assert set(JUDGED) | set(NOT_JUDGED) == set(COLUMNS)
    assert not set(JUDGED) & set(NOT_JUDGED)
    assert all(NOT_JUDGED.values())


def test_each_noisy_figure_has_an_effect_worth_reporting() -> None:
    for judged in JUDGED.values():
        assert judged.kind in ("exact", "zero") or 0 < judged.smallest <= 1
        assert judged.column.better in ("lower", "higher")
