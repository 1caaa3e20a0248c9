"""Every metric has a direction and a smallest effect, or a reason why it is not judged."""

from __future__ import annotations

import dataclasses

import pytest

from ringbench.analysis.gate.registry import JUDGED, NOT_JUDGED
from ringbench.analysis.setting import Setting
from ringbench.data.metrics import COLUMNS, drops, with_own_columns
from ringbench.data.metrics.gate_rule import NO_EFFECT
from ringbench.data.store.schema import TRIALS
from tests.analysis.synthetic import row


def test_no_column_is_forgotten_and_none_is_in_both() -> None:
    assert set(JUDGED) | set(NOT_JUDGED) == set(COLUMNS)
    assert not set(JUDGED) & set(NOT_JUDGED)
    assert all(NOT_JUDGED.values())
    assert NO_EFFECT not in NOT_JUDGED.values(), "each of ours has a reason of its own"


def test_a_rule_says_where_it_holds() -> None:
    def where(**changed: object) -> Setting:
        return Setting.of({**dict.fromkeys(TRIALS.names), **row(**changed)})

    flat_out, paced = where(workload="fork-exec"), where(workload="fork-exec@60%")
    assert JUDGED["events_per_s"].applies(flat_out)
    assert not JUDGED["events_per_s"].applies(paced)
    assert not JUDGED["events_per_s"].applies(where(mode="paired"))
    assert JUDGED["latency_p50_ns"].applies(where(wakeup="batch:2"))
    assert not JUDGED["latency_p50_ns"].applies(where(wakeup="none"))
    assert not JUDGED["causal_violations"].applies(where(mode="transport-only"))


def test_the_first_of_two_metrics_keeps_its_column(capsys: pytest.CaptureFixture[str]) -> None:
    other = dataclasses.replace(drops.METRIC, name="other")
    assert list(with_own_columns([drops.METRIC, other])) == [drops.METRIC]
    assert "the column attempted is another metric's" in capsys.readouterr().err


def test_each_noisy_figure_has_an_effect_worth_reporting() -> None:
    for judged in JUDGED.values():
        assert judged.kind in ("exact", "zero") or 0 < judged.smallest <= 1
        assert judged.column.better in ("lower", "higher")
