"""Offered loads: how they are written, who can have one, and when a cell could not take it."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.drivers.workloads import offered, probe, workload
from ringbench.errors import OptionError
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.trials.load import load_of
from ringbench.spec.offered_load import TAKEN, Offered, is_saturated, split
from ringbench.spec.plan import FlatOut, Plan


@pytest.mark.parametrize(
    ("name", "plain", "load"),
    [
        ("fork-exec", "fork-exec", None),
        ("fork-exec@60%", "fork-exec", Offered(share=0.6)),
        ("fork-exec@500", "fork-exec", Offered(per_s=500)),
        ("firehose:32@2.5k", "firehose:32", Offered(per_s=2500)),
        ("firehose:32@1M", "firehose:32", Offered(per_s=1e6)),
    ],
)
def test_a_load_stands_behind_the_workloads_name(name: str, plain: str, load: Offered | None) -> None:
    assert split(name) == (plain, load)
    assert offered(name) == load
    assert probe(name).source == probe(plain).source


@pytest.mark.parametrize("load", ["", "0", "0%", "101%", "-5", "60 %", "nan", "1e3", "9G", "60%%"])
def test_what_is_no_load_is_refused(load: str) -> None:
    with pytest.raises(OptionError, match="behind the @ stands its load"):
        split(f"fork-exec@{load}")


@pytest.mark.parametrize("name", ["burst@50%", "stress-ng:fork@50%", "command@3"])
def test_a_workload_without_a_pace_can_have_no_load(name: str) -> None:
    with pytest.raises(OptionError, match="only these can be offered at a load: fork-exec, firehose"):
        build(PROFILES["smoke"], RunOptions(workloads=(name,), command=("true",) if "command" in name else ()), (0, 1))


def test_a_share_of_what_nobody_has_found_is_not_run_flat_out() -> None:
    with pytest.raises(ValueError, match="share of what is not known"):
        workload("fork-exec@60%", (0, 1))
    assert workload("fork-exec@60%", (0, 1), flat_out_per_s=1000.0).offered_per_s() == pytest.approx(1200)
    for name in ("fork-exec@500", "fork-exec:500"):
        assert workload(name, (0, 1)).offered_per_s() == 1000
    assert workload("fork-exec", (0, 1)).offered_per_s() is None
    with pytest.raises(OptionError, match="not a rate"):
        workload("fork-exec:500@600", (0, 1))


def test_a_plan_offers_the_same_to_every_cell_and_keeps_it() -> None:
    choice = RunOptions(workloads=("fork-exec@50%",), mode="isolated", transports=("perf", "ringbuf-output"))
    plan = build(PROFILES["smoke"], choice, (0, 1))
    plan = dataclasses.replace(plan, flat_out=(FlatOut("fork-exec", (0, 1), 3000.0),))
    back = Plan.from_json(plan.as_json(), plan.notes)
    assert back == plan
    assert {load_of(back, trial).offered_per_s() for trial in back.trials if trial.mode == "isolated"} == {3000.0}


@given(st.floats(1, 1e6), st.floats(0, 2))
def test_saturated_is_what_did_less_than_it_was_offered(per_s: float, share: float) -> None:
    assert is_saturated(per_s, per_s * share) is (per_s * share < TAKEN * per_s)
    assert is_saturated(None, per_s) is None
    assert is_saturated(per_s, None) is None
