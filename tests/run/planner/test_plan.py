"""The plan: what is measured, in which order."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ringbench.drivers.transports import PAGE, TRANSPORTS, buffer_bytes
from ringbench.errors import OptionError
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.spec.plan import Plan


def _cell(trial: object) -> tuple[object, ...]:
    return tuple(getattr(trial, name) for name in ("scenario", "transports"))


@given(
    st.sampled_from(sorted({*PROFILES} - {"frontier"})),
    st.integers(0, 2**32),
    st.integers(1, 8),
    st.sampled_from([1, 2, 3, 4, 6, 64]),
)
def test_each_block_holds_every_cell_once_in_an_order_drawn_from_the_seed(
    name: str, seed: int, repeats: int, cpus: int
) -> None:
    assume((name, cpus) != ("overhead", 1))  # its reader needs a CPU of its own
    online = tuple(range(cpus))
    plan = build(PROFILES[name], RunOptions(seed=seed, repeats=repeats), online)
    assert plan == build(PROFILES[name], RunOptions(seed=seed, repeats=repeats), online)
    blocks = {b: [_cell(t) for t in plan.trials if t.block == b] for b in range(1, repeats + 1)}
    assert sum(map(len, blocks.values())) == len(plan.trials)
    cells = set(blocks[1])
    for block in blocks.values():
        assert set(block) == cells
        assert max(Counter(block).values()) == 1


def test_with_one_cpu_the_plan_says_what_cannot_be_seen_and_what_cannot_be_measured() -> None:
    plan = build(PROFILES["quick"], RunOptions(), (0,))
    assert "One CPU is online: there is no order between CPUs to see, and no CPU for a reader alone." in plan.notes
    with pytest.raises(OptionError, match="placement other with all 1 CPUs taken"):
        build(PROFILES["overhead"], RunOptions(), (0,))
    assert not any("One CPU" in note for note in build(PROFILES["quick"], RunOptions(), (0, 1)).notes)


def test_another_seed_gives_another_order() -> None:
    orders = {tuple(map(_cell, build(PROFILES["quick"], RunOptions(seed=s), (0, 1)).trials)) for s in range(5)}
    assert len(orders) == 5


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_plan_comes_back_from_json_as_it_was(name: str) -> None:
    plan = build(PROFILES[name], RunOptions(), (0, 1, 2, 3))
    assert Plan.from_json(plan.as_json(), plan.notes) == plan


@given(st.integers(1, 1 << 30), st.integers(1, 256), st.integers(1, 64))
def test_every_transport_gets_at_least_the_bytes_asked_for_in_sizes_it_can_have(
    asked: int, cpus: int, sharing: int
) -> None:
    caches = [range(first, min(cpus, first + sharing)) for first in range(0, cpus, sharing)]
    for transport in TRANSPORTS.values():
        rings = {"ring-per-cpu": cpus, "ring-per-cache": len(caches), "shared-ring": 1}[transport.shape]
        writers = transport.rings(caches)
        assert len(writers) == rings
        assert [cpu for ring in writers for cpu in ring] == list(range(cpus))
        got = transport.round_size(asked, rings)
        assert got >= asked
        pages, rest = divmod(got, PAGE * rings)
        assert rest == 0
        assert transport.round_size(got, rings) == got
        if transport.name in (
            "ticket-ring",
            "arena-ring",
            "queue-map",
            "ftrace",
        ):  # any number will do; ftrace has two at least
            assert pages == 2 or (pages - 1) * PAGE * rings < asked
        else:
            assert pages & (pages - 1) == 0
            assert pages == 1 or pages // 2 * PAGE * rings < asked
        assert transport.physical_bytes(got, rings) > got
        assert transport.ring_bytes(got, rings) == got // rings


@pytest.mark.parametrize("cpus", [1, 2, 4, 8, 128])
def test_on_a_power_of_two_of_cpus_sizes_are_equal(cpus: int) -> None:
    for name, profile in PROFILES.items():
        if (name, cpus) == ("overhead", 1):
            continue  # its reader needs a CPU of its own
        plan = build(profile, RunOptions(), tuple(range(cpus)))
        assert not plan.notes or all("not equal" not in note for note in plan.notes)


def test_sizes_that_cannot_be_made_equal_are_said() -> None:
    plan = build(PROFILES["quick"], RunOptions(), tuple(range(6)))
    assert any("not equal on 6 CPUs" in note for note in plan.notes)


def test_a_ring_for_each_cache_has_its_share_and_what_a_ring_is_too_small_for_is_left_out() -> None:
    caches = ((0, 1, 2), (3, 4, 5))
    choice = RunOptions(transports=("ringbuf-per-cpu", "ringbuf-per-cache"), mode="isolated", buffer_bytes=(64 << 10,))
    plan = build(PROFILES["designs"], choice, tuple(range(6)), caches=caches)
    assert {buffer_bytes("ringbuf-per-cpu", trial.asked_bytes, caches) for trial in plan.trials} == {6 * 16 << 10}
    assert {buffer_bytes("ringbuf-per-cache", trial.asked_bytes, caches) for trial in plan.trials} == {2 * 32 << 10}
    assert any("ringbuf-per-cache 65536 bytes, ringbuf-per-cpu 98304 bytes" in note for note in plan.notes)
    # 150 records of 64 bytes: more than half of a ring of each CPU's.
    batches = dataclasses.replace(choice, wakeups=("batch:150",), workloads=("fork-exec",))
    able = build(PROFILES["designs"], batches, tuple(range(6)), caches=caches)
    assert {t for trial in able.trials for t in trial.transports} == {"ringbuf-per-cache"}


def test_a_choice_multiplies_out() -> None:
    choice = RunOptions(
        transports=("perf", "ringbuf-output"),
        readers=("bulk", "callback"),
        wakeups=("every", "none"),
        workloads=("fork-exec", "burst"),
        buffer_bytes=(8192, 65536),
        mode="isolated",
        repeats=1,
    )
    assert len(build(PROFILES["quick"], choice, (0, 1)).trials) == 2 * 2 * 2 * 2 * 2


def test_a_transport_without_the_wakeup_is_left_out_and_it_is_said() -> None:
    plan = build(PROFILES["quick"], RunOptions(wakeups=("adaptive",)), (0, 1))
    assert {t for trial in plan.trials for t in trial.transports} == {"ringbuf-output", "ringbuf-reserve"}
    assert any("perf has no wake-up policy 'adaptive'" in note for note in plan.notes)


def test_a_command_is_watched_once_by_both_transports() -> None:
    plan = build(PROFILES["quick"], RunOptions(command=("make",)), (0, 1))
    (trial,) = plan.trials
    assert (trial.mode, trial.transports, trial.workload) == ("paired", ("perf", "ringbuf-reserve"), "command")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (
            RunOptions(transports=("ringbuf",)),
            r"unknown transport 'ringbuf'.*Did you mean 'ringbuf-.*Valid: perf, ringb",
        ),
        (RunOptions(readers=("bulky",)), "unknown reader 'bulky'. Did you mean 'bulk'"),
        (RunOptions(wakeups=("evry",)), "unknown wake-up 'evry'. Did you mean 'every'"),
        (RunOptions(workloads=("forkexec",)), r"unknown workload 'forkexec'. Did you mean 'fork-exec"),
        (RunOptions(workloads=("stress-ng",)), "needs the name of a stressor"),
        (RunOptions(workloads=("fork-exec:0",)), "is not a rate"),
        (RunOptions(workloads=("fork-exec:nan",)), "is not a rate"),
        (RunOptions(workloads=("burst:-1",)), "is not a number of lives"),
        (RunOptions(workloads=("command",)), "put it at the end, behind --"),
        (RunOptions(workloads=("burst",), command=("true",)), "is the workload itself"),
        (RunOptions(buffer_bytes=(12345,)), "power of two.*Nearest: 16384"),
        (RunOptions(buffer_bytes=(2048,)), "at least a page.*Nearest: 4096"),
        (RunOptions(buffer_bytes=(0,)), "at least a page"),
        (RunOptions(buffer_bytes=(1 << 40,)), "more than 1 GiB"),
        (RunOptions(cpus=(0, 7)), "CPU 7 is not online. Online: 0-1"),
        (RunOptions(duration_s=-1.0), "--duration -1: seconds, more than 0"),
        (RunOptions(duration_s=float("nan")), "--duration nan"),
        (RunOptions(drain_interval_s=-0.1), "--drain-interval -0.1"),
        (RunOptions(repeats=0), "--repeats 0"),
        (RunOptions(transports=("perf",), mode="paired"), "paired trials, which need two transports"),
        (RunOptions(transports=("perf",), wakeups=("adaptive",)), "perf has no wake-up policy 'adaptive'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(choice: RunOptions, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        build(PROFILES["quick"], choice, (0, 1))


def test_a_plan_says_where_events_go_and_one_that_does_not_means_memory() -> None:
    plan = build(PROFILES["smoke"], RunOptions(events_to="disk"), (0, 1))
    assert Plan.from_json(plan.as_json()).events_to == plan.events_to == "disk"
    older = {key: value for key, value in plan.as_json().items() if key != "events_to"}
    assert Plan.from_json(older).events_to == "memory"


def test_a_command_can_be_watched_by_one_transport_at_a_time() -> None:
    plan = build(PROFILES["quick"], RunOptions(mode="isolated", command=("true",)), (0, 1))
    assert [trial.transports for trial in plan.trials if trial.mode == "isolated"] in (
        [("perf",), ("ringbuf-reserve",)],
        [("ringbuf-reserve",), ("perf",)],
    )
    assert len(plan.trials) == 2
