"""Every reader on every transport under every wake-up, at full speed: the account, the checksum, the tail."""

from __future__ import annotations

import pytest

from ringbench.data.metrics.drops import account_error
from ringbench.drivers.readers import READERS, Opening, reader
from ringbench.drivers.readers.arena import CALL_LIMIT
from ringbench.drivers.transports import find_transport
from ringbench.drivers.workloads import usual_record_bytes
from ringbench.kernel import cpus, probe, program, syscalls
from ringbench.machine import isolation
from ringbench.run.trials.read_loop import GRACE_S
from ringbench.spec.wakeups import NOBODY, wakeup
from tests.kernel.conftest import BUFFERS, Measure, share

POLICIES = ("every", "adaptive", "batch:500", "bytes:16K", "none")


def _turn(name: str, transport: str, policy: str) -> bool:
    """Whether it is this one's turn: a reader meets the same ring whichever way a record came into it, so with each
    policy it is given one of the two ways; each way meets every reader, and every policy."""
    turn = (list(READERS).index(name) + POLICIES.index(policy)) % 2
    return transport != ("ringbuf-output", "ringbuf-reserve")[turn]


CELLS = [
    (name, transport.name, policy)
    for name, kind in READERS.items()
    for transport in map(find_transport, BUFFERS)
    for policy in POLICIES
    if wakeup(policy).kind in transport.wakeups and kind.refuses(transport, wakeup(policy)) is None
    if _turn(name, transport.name, policy)
]


@pytest.mark.parametrize(("name", "transport", "policy"), CELLS)
def test_account_and_checksum_hold_at_full_speed(measured: Measure, name: str, transport: str, policy: str) -> None:
    outcome = measured(transport, reader=name, wakeup=policy, workload="firehose:8", duration_s=0.1)
    recording = share(outcome, transport).recording
    assert account_error(recording) is None
    assert recording.checksum.holds is (None if name == "callback-bare" else True)
    assert recording.attempted > 1000
    # Each call of a producer is stamped once, so all of its records are in the window, or none.
    assert recording.attempted % 8 == 0
    assert recording.wakeups > 0
    assert recording.producer_run_ns > 0
    assert recording.events is None


def test_each_producer_is_counted_and_stays_on_its_cpu(measured: Measure) -> None:
    one, two = (
        share(
            measured("ringbuf-output", workload="firehose:1", duration_s=0.2, producers=(n,), wait="spin"),
            "ringbuf-output",
        )
        for n in (1, 2)
    )
    assert account_error(one.recording) is account_error(two.recording) is None
    assert one.recording.attempted > 1000
    assert two.recording.attempted > 1000


@pytest.mark.parametrize("record_bytes", [8, 16, 24, 64, 72, 1024, 8192])
@pytest.mark.parametrize("transport", BUFFERS)
def test_records_of_every_length_arrive_whole(measured: Measure, transport: str, record_bytes: int) -> None:
    outcome = measured(
        transport,
        workload="firehose:4",
        record_bytes=(record_bytes,),
        buffer_bytes=1 << 20,
        duration_s=0.1,
        wait="spin",
    )
    recording = share(outcome, transport).recording
    assert account_error(recording) is None
    assert recording.checksum.holds
    assert recording.record_bytes == record_bytes
    assert recording.delivered > 100


@pytest.mark.parametrize(
    ("transport", "policy", "most"),
    [
        ("perf", "every", 0),
        ("perf", "none", 0),
        ("ringbuf-output", "every", 0),
        ("ringbuf-reserve", "adaptive", 0),
        ("ringbuf-reserve", "none", 0),
        ("perf", "batch:100", 99),
        ("ringbuf-output", "batch:100", 99),
        ("perf", "bytes:8K", 8192 // 72),
        ("ringbuf-reserve", "bytes:8K", 8192 // 64),
    ],
)
@pytest.mark.parametrize("name", ["bulk", "libbpf"])
def test_what_a_policy_strands_is_less_than_it_waits_for(
    measured: Measure, name: str, transport: str, policy: str, most: int
) -> None:
    outcome = measured(transport, reader=name, wakeup=policy, workload="fork-exec:400", duration_s=0.3)
    recording = share(outcome, transport).recording
    assert account_error(recording) is None
    # A ring per CPU can each hold nearly a batch; a ringbuf's batches are counted by CPU, its bytes are not.
    rings = 1 if policy.startswith("bytes") and transport != "perf" else len(cpus.online())
    assert recording.residual <= most * rings
    if recording.residual:
        assert recording.stranded_age_ns >= GRACE_S * 1e9
    else:
        assert recording.stranded_age_ns is None


def test_a_batch_strands_what_does_not_fill_it(measured: Measure) -> None:
    recording = share(measured("perf", wakeup="batch:2000", workload="fork-exec:200", duration_s=0.3), "perf").recording
    assert 0 < recording.residual == recording.delivered, "a batch was filled: the load was higher than asked"


_WAKEUPS: dict[tuple[str, str], float] = {}
"""For each event, by transport and policy: several pairs look at the same trial."""


@pytest.mark.parametrize(
    ("few", "many"), [("batch:1000", "batch:100"), ("bytes:64K", "bytes:8K"), ("batch:100", "every")]
)
@pytest.mark.parametrize("transport", BUFFERS)
def test_a_policy_that_waits_for_more_wakes_less_often(measured: Measure, transport: str, few: str, many: str) -> None:
    for policy in {few, many} - {known for of, known in _WAKEUPS if of == transport}:
        recording = share(
            measured(transport, wakeup=policy, workload="fork-exec:1000", duration_s=0.4), transport
        ).recording
        _WAKEUPS[transport, policy] = recording.wakeups / recording.attempted
    assert _WAKEUPS[transport, few] * 2 < _WAKEUPS[transport, many]


@pytest.mark.parametrize("transport", ["perf", "ringbuf-reserve"])
@pytest.mark.parametrize("name", ["callback", "callback-bare"])
def test_a_reader_given_more_than_it_can_take_still_ends(measured: Measure, name: str, transport: str) -> None:
    outcome = measured(transport, reader=name, workload="firehose:512", duration_s=0.3, wait="spin")
    recording = share(outcome, transport).recording
    assert recording.failed > recording.delivered / 10, "it could take the load: the test shows nothing"
    assert account_error(recording) is None


def _handed_over_at_once(name: str, carrier_name: str) -> tuple[int, int, int]:
    """Fill a ring with more than CALL_LIMIT records; return (in it, handed over by the first call, by all)."""
    transport = find_transport(carrier_name)
    nbytes = 32 << 20
    loaded = program.load([transport], probe=probe.fill(64, 8), sizes={transport.name: nbytes})
    source = reader(name).open(Opening(loaded, transport, nbytes, NOBODY, 0, keep=False))
    runs = 3 * CALL_LIMIT // 64
    syscalls.run_repeatedly(loaded.repeatable("fill"), runs)
    first = total = source.drain()
    while taken := source.drain():
        total += taken
    account = loaded.account(transport)
    assert (account.failed, account.attempted) == (0, 64 * runs)
    source.close()
    loaded.close()
    return account.attempted, first, total


@pytest.mark.parametrize("transport", ["perf", "ringbuf-output"])
@pytest.mark.parametrize("name", ["bulk", "bulk-view", "compiled", "libbpf"])
def test_one_call_hands_over_a_bounded_number_of_records(name: str, transport: str) -> None:
    held, first, total = isolation.run(_handed_over_at_once, name, transport, timeout_s=60)
    assert total == held
    if (name, transport) == ("compiled", "perf"):
        assert first == held, "libbcc's reader of perf buffers ends when they are empty, and only then"
    else:
        assert first <= CALL_LIMIT < held


def test_a_view_that_is_held_costs_the_producers_their_room(measured: Measure) -> None:
    failed = []
    for name in ("bulk-view", "bulk-view:20ms"):
        outcome = measured(
            "ringbuf-reserve", reader=name, workload="firehose:32", buffer_bytes=1 << 20, duration_s=0.3, wait="spin"
        )
        recording = share(outcome, "ringbuf-reserve").recording
        assert account_error(recording) is None
        failed.append(recording.failed / recording.attempted)
    assert failed[1] > 0.1
    assert 1 - failed[1] < (1 - failed[0]) / 2  # less than half as much gets through


@pytest.mark.parametrize("transport", BUFFERS)
@pytest.mark.parametrize("name", list(READERS))
def test_a_capacity_trial_balances_and_times_everything(measured: Measure, name: str, transport: str) -> None:
    outcome = measured(transport, reader=name, workload="firehose:8", mode="capacity", duration_s=0.05)
    recording = share(outcome, transport).recording
    assert account_error(recording) is None
    assert recording.failed == 0, "nine tenths of the ring were too much"
    found = recording.capacity
    assert min(found.drain_ns_per_event, found.memcpy_ns_per_event, found.fill_ns_per_event) > 0
    # Both are the kernel's: its statistics time each run, the test run all of them.
    assert 0.5 < found.fill_stats_ns_per_event / found.fill_ns_per_event < 2


def test_the_usual_length_of_a_record_is_told_for_workloads_that_choose() -> None:
    assert usual_record_bytes("firehose:8") == 32
    assert usual_record_bytes("fork-exec") is None
