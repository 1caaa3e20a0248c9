"""Each rule by which a combination is left out of a plan, and a combination that it alone refuses."""

from __future__ import annotations

import dataclasses

import pytest

from ringbench.drivers.transports import find_transport
from ringbench.errors import OptionError
from ringbench.run.planner import refusal as module
from ringbench.run.planner.combination import Combination, Missing, PlanContext, combinations
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.refusal import refusal, transport_refusal
from ringbench.spec.profile import Group

PLAIN = Group("isolated", ("perf",), ("bulk",), ("none",), ("fork-exec",), (1,))
FILLED = dataclasses.replace(PLAIN, mode="capacity")


def one(
    group: Group, missing: Missing = lambda thing: None, cpus: int = 2, **chosen: object
) -> tuple[Combination, PlanContext]:
    """Return the only combination of *group*'s factors, on a machine of *cpus* CPUs."""
    context = PlanContext(RunOptions(**chosen), (tuple(range(cpus)),), missing, 0.01)  # type: ignore[arg-type]
    (found,) = combinations(group, context)
    return found, context


def lacking(name: str) -> Missing:
    return lambda thing: "not here" if thing.name == name else None


def refusing(rules: tuple[object, ...], *args: object) -> list[str]:
    return [rule.__name__ for rule in rules if rule(*args)]  # type: ignore[attr-defined, operator]


CASES = {
    "_too_few_cpus": one(dataclasses.replace(PLAIN, producers=(3,))),
    "_no_cpu_for_the_reader": one(dataclasses.replace(PLAIN, placements=("other",))),
    "_workload_of_another_mode": one(dataclasses.replace(PLAIN, workloads=("writers:1",))),
    "_capacity_without_samples": one(FILLED),
    "_overhead_without_stage": one(dataclasses.replace(PLAIN, mode="overhead")),
    "_wait_without_wakeup": one(dataclasses.replace(PLAIN, waits=("epoll",))),
    "_wait_missing": one(dataclasses.replace(PLAIN, waits=("sleep:1ms",)), lacking("sleep")),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_combination_is_refused_by_one_rule(rule: str) -> None:
    combination, context = CASES[rule]
    assert refusing(module._RULES, combination, context) == [rule]
    assert refusal(combination, context)


SMALL = dataclasses.replace(PLAIN, wakeups=("bytes:4096",))
TRANSPORT_CASES = {
    "_producers_of_another_mode": ("mapped-ring", *one(PLAIN)),
    "_not_consented": ("printk", *one(dataclasses.replace(PLAIN, mode="transport-only", workloads=("writers:1",)))),
    "_transport_missing": ("perf", *one(PLAIN, lacking("perf"))),
    "_record_refused": ("ftrace", *one(dataclasses.replace(PLAIN, workloads=("firehose:1",)))),
    "_events_not_in_memory": ("ftrace", *one(PLAIN, events_to="disk")),
    "_wakeup_unknown": ("perf", *one(dataclasses.replace(PLAIN, wakeups=("adaptive",)))),
    "_reader_refuses": ("queue-map", *one(dataclasses.replace(PLAIN, readers=("libbpf",)))),
    "_ring_too_small": ("perf", *one(SMALL)),
}


@pytest.mark.parametrize("rule", TRANSPORT_CASES)
def test_a_transport_is_refused_by_one_rule(rule: str) -> None:
    name, combination, context = TRANSPORT_CASES[rule]
    assert refusing(module._TRANSPORT_RULES, find_transport(name), combination, context) == [rule]
    assert transport_refusal(find_transport(name), combination, context)


def test_every_rule_has_a_case() -> None:
    assert list(CASES) == [rule.__name__ for rule in module._RULES]
    assert list(TRANSPORT_CASES) == [rule.__name__ for rule in module._TRANSPORT_RULES]


def test_what_no_rule_refuses_can_be_had() -> None:
    combination, context = one(PLAIN)
    assert refusal(combination, context) is None
    assert transport_refusal(find_transport("perf"), combination, context) is None
    assert transport_refusal(find_transport("nothing"), *CASES["_wait_without_wakeup"]) is None


def test_a_workload_that_makes_no_sense_is_no_refusal_but_an_error() -> None:
    with pytest.raises(OptionError):
        refusal(*one(dataclasses.replace(PLAIN, workloads=("burst@100",))))
    with pytest.raises(OptionError):
        refusal(*one(dataclasses.replace(PLAIN, mode="overhead", stages=("bare",), workloads=("stress-ng:fork",))))
