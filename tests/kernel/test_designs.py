"""The designs beside the two: dynptrs, a ringbuf for each CPU, the ticket ring, the queue map; full ones, too."""

from __future__ import annotations

import ctypes
import os

import numpy as np
import pytest

from ringbench import native
from ringbench.data.metrics.drops import account_error
from ringbench.data.order import analyse
from ringbench.drivers.readers import READERS
from ringbench.drivers.readers.arena import Arena
from ringbench.drivers.transports import TRANSPORTS
from ringbench.kernel import cpus, probe, program, source, syscalls
from ringbench.kernel.probe import fill
from ringbench.kernel.ticket_ring import MappedTicketRing
from ringbench.machine import caches, isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.trials.trial import Outcome, measure
from ringbench.spec.plan import Plan
from ringbench.spec.profile import Group, Profile
from ringbench.spec.record import sample
from ringbench.spec.trial import Trial
from ringbench.spec.wakeups import NOBODY
from tests.data.order.recorded import Recorded
from tests.kernel.conftest import Measure, need, share

DESIGNS = ("ringbuf-dynptr", "ringbuf-per-cpu", "ringbuf-per-cache", "ticket-ring", "arena-ring", "queue-map")
GROUPED = ("ringbuf-per-cpu", "ringbuf-per-cache")
OVERWRITING = ("ticket-ring", "arena-ring")
"""What refuses nothing: nobody has read the numbers of what it loses."""


@pytest.mark.parametrize("name", DESIGNS)
def test_what_fits_arrives_whole_with_the_order_that_each_design_promises(measured: Measure, name: str) -> None:
    found = share(measured("perf", name, workload="fork-exec:300", buffer_bytes=1 << 20, duration_s=0.3), name)
    recording = found.recording
    assert account_error(recording) is None
    assert recording.checksum.holds
    assert recording.failed == 0
    assert recording.delivered == recording.attempted > 100
    events = recording.events
    for cpu in np.unique(events["cpu"]):
        numbers = events["seq"][events["cpu"] == cpu]
        assert list(numbers) == list(range(len(numbers))), "a CPU's own events come in their order"
    shared = len(recording.rings) == 1
    assert sorted(cpu for ring in recording.rings for cpu in ring) == list(cpus.online())
    order = analyse(Recorded(events), name, shared_ring=shared)
    if shared:
        assert order.delivered.causal_violations == 0


@pytest.mark.parametrize("name", DESIGNS)
def test_in_a_pair_both_carry_the_same_bytes(measured: Measure, name: str) -> None:
    outcome = measured("perf", name, workload="fork-exec:300", buffer_bytes=1 << 20, duration_s=0.3)
    perf, other = (share(outcome, each).recording.events for each in ("perf", name))
    fields = [field for field in perf.dtype.names if field != "received_ns"]
    assert len(perf) == len(other) > 100
    in_order = [np.sort(each[fields], order=["cpu", "seq"]) for each in (perf, other)]
    assert (in_order[0] == in_order[1]).all()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ringbuf-dynptr", "EINVAL"),
        ("ringbuf-per-cpu", "refused"),
        ("ringbuf-per-cache", "refused"),
        ("ticket-ring", "overwritten"),
        ("arena-ring", "overwritten"),
        ("queue-map", "E2BIG"),
    ],
)
def test_a_full_one_says_how_many_were_lost_and_the_account_holds(measured: Measure, name: str, code: str) -> None:
    # Looked at every 10 ms, while the load could fill it many times over.
    found = share(measured(name, workload="firehose:8", buffer_bytes=8192, duration_s=0.2), name)
    recording = found.recording
    assert found.failed_by_code == {code: recording.failed}
    assert recording.failed > 1000
    assert recording.delivered > 100
    assert account_error(recording) is None
    assert recording.checksum.holds is (None if name in OVERWRITING else True)


@pytest.mark.parametrize("record_bytes", [8, 24, 64, 1024])
@pytest.mark.parametrize("name", DESIGNS)
def test_records_of_any_length_are_carried(measured: Measure, name: str, record_bytes: int) -> None:
    # Called now and then: nothing is lost, unless the machine is so busy that producers have to catch up.
    outcome = measured(
        name, workload="firehose:4@2000", record_bytes=(record_bytes,), buffer_bytes=1 << 20, duration_s=0.1
    )
    recording = share(outcome, name).recording
    assert account_error(recording) is None
    assert recording.checksum.holds is (None if recording.failed and name in OVERWRITING else True)
    assert recording.record_bytes == record_bytes
    assert recording.delivered > 100


@pytest.mark.parametrize("policy", ["every", "adaptive", "batch:100", "none"])
@pytest.mark.parametrize(("name", "reader"), [(GROUPED[0], "bulk"), (GROUPED[0], "bulk-view"), (GROUPED[1], "bulk")])
def test_rings_of_an_array_wake_their_reader(measured: Measure, name: str, reader: str, policy: str) -> None:
    recording = share(
        measured(name, reader=reader, wakeup=policy, workload="firehose:8", duration_s=0.1), name
    ).recording
    assert account_error(recording) is None
    assert recording.checksum.holds
    assert recording.wakeups > 0
    assert recording.attempted > 1000


Groups = tuple[tuple[int, ...], ...]
TOGETHER: Groups = (cpus.online(),)
APART: Groups = tuple((cpu,) for cpu in cpus.online())


def _measured_in(groups: Groups, trial: Trial, plan: Plan) -> Outcome:
    """Measure on a machine whose CPUs share caches as *groups* says; in a process of its own."""
    caches.online_by_cache = lambda root=None: groups
    return measure(trial, plan)


@pytest.mark.parametrize("groups", [TOGETHER, APART], ids=["together", "apart"])
def test_with_any_groups_the_account_is_exact_and_a_group_keeps_its_order(groups: Groups) -> None:
    name = "ringbuf-per-cache"
    choice = RunOptions(
        transports=(name,), workloads=("fork-exec:300",), buffer_bytes=(1 << 20,), repeats=1, duration_s=0.3
    )
    group = Group("isolated", (name,), ("bulk",), ("adaptive",), (), (1,))
    plan = build(Profile("test", "one trial", (group,), 1, 0.3, warmup_s=0.05), choice, cpus.online(), caches=groups)
    recording = share(isolation.run(_measured_in, groups, plan.trials[0], plan, timeout_s=60), name).recording
    assert account_error(recording) is None
    assert recording.checksum.holds
    assert recording.failed == 0
    assert recording.delivered > 10
    assert recording.rings == groups
    transport = TRANSPORTS[name]
    assert recording.memory["physical"] == transport.physical_bytes(1 << 20, len(groups))
    assert recording.memory["memlock"] in (None, pytest.approx(recording.memory["physical"], abs=4096 * len(groups)))
    for ring in groups:
        own = recording.events[np.isin(recording.events["cpu"], ring)]
        assert analyse(Recorded(own), name, shared_ring=True).delivered.causal_violations == 0


def _by_ring(groups: Groups) -> list[list[int]]:
    """Return the records that each ring brought after each CPU in turn has written one more than the CPU before."""
    caches.online_by_cache = lambda root=None: groups
    transport, record = TRANSPORTS["ringbuf-per-cache"], sample(16)
    loaded = program.load([transport], probe=probe.fill(1, 16), sizes={transport.name: 1 << 16})
    fill, rings = loaded.repeatable("fill"), transport.open(loaded, 1 << 16, NOBODY)
    arena, found = Arena(record, 1000, keep=True), []
    for times, cpu in enumerate(cpus.online(), start=1):
        os.sched_setaffinity(0, (cpu,))
        syscalls.run_repeatedly(fill, times)
        found.append([ring.drain(arena.sink) for ring in rings])
    for ring in rings:
        ring.close()
    return found


@pytest.mark.parametrize("groups", [TOGETHER, APART, APART[::-1]], ids=["together", "apart", "turned"])
def test_each_cpu_writes_to_the_ring_of_its_group(groups: Groups) -> None:
    expected = [[times if cpu in ring else 0 for ring in groups] for times, cpu in enumerate(cpus.online(), start=1)]
    assert isolation.run(_by_ring, groups) == expected


@pytest.mark.parametrize("name", DESIGNS)
def test_its_memory_is_what_the_kernel_says(measured: Measure, name: str) -> None:
    memory = share(
        measured(name, workload="fork-exec:100", buffer_bytes=1 << 20, duration_s=0.1), name
    ).recording.memory
    assert (memory["rss"] == 0) is (name == "queue-map")
    told = "memlock"
    if name == "arena-ring":  # of which fdinfo says nothing (kernel/bpf/arena.c, arena_map_mem_usage())
        assert memory["memlock"] is None
        told = "rss"
    assert memory["physical"] == pytest.approx(memory[told], abs=2 * 4096 * len(cpus.online()))


def test_only_readers_that_can_are_given_them() -> None:
    able = {
        name: {reader for reader, kind in READERS.items() if kind.refuses(TRANSPORTS[name], NOBODY) is None}
        for name in DESIGNS
    }
    assert able["ticket-ring"] == able["arena-ring"] == able["queue-map"] == {"bulk"}
    assert able["ringbuf-per-cpu"] == able["ringbuf-per-cache"] == {"bulk", "bulk-view"}
    assert able["ringbuf-dynptr"] == set(READERS)
    said = READERS["callback"].refuses(TRANSPORTS["ticket-ring"], NOBODY)
    assert said == "it cannot read ticket-ring"


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_reads_what_dynptrs_submit(measured: Measure, reader: str) -> None:
    recording = share(
        measured("ringbuf-dynptr", reader=reader, workload="firehose:8", duration_s=0.1), "ringbuf-dynptr"
    ).recording
    assert account_error(recording) is None
    assert recording.checksum.holds is (None if reader == "callback-bare" else True)
    assert recording.attempted > 1000


_PAUSED = """
int send(struct __sk_buff *skb)
{
	RECORD e = {.seq = skb->mark};

	return FIRST(skb, &e);
}

/* A producer that is stopped between its ticket and its record, for good. */
int draw(struct __sk_buff *skb)
{
	u32 zero = 0;
	u64 *next = NEXT;

	if (next)
		__sync_fetch_and_add(next, 1);
	return 0;
}
"""
_NEXT = {"ticket-ring": "ticket_ring_next.lookup(&zero)", "arena-ring": "arena_at(0)"}
"""Where the next ticket is."""


def _with_a_paused_producer(name: str) -> list[tuple[int, int, int]]:
    """Return (records, overwritten, bytes waiting) after each look at a ring of 16 slots."""
    transport, sent = TRANSPORTS[name], fill(1, 16)
    size = 16 * transport.stride(16)
    text = source.program([transport], sent) + _PAUSED.replace("NEXT", _NEXT[name])
    loaded = program.load([transport], probe=sent, text=text, sizes={name: size})
    send, draw = (loaded.repeatable(each) for each in ("send", "draw"))
    (ring,) = transport.open(loaded, size, NOBODY)
    assert isinstance(ring, MappedTicketRing)
    arena = Arena(sent.record, 1000, keep=True)
    seen = []

    def look() -> None:
        ring.drain(arena.sink)
        seen.append((arena.count, ring.overwritten, ring.pending_bytes()))

    syscalls.run_repeatedly(send, 3)
    look()
    syscalls.run_repeatedly(draw, 1)  # its ticket is drawn, its slot never ready
    syscalls.run_repeatedly(send, 5)
    look()
    look()
    syscalls.run_repeatedly(send, 10)  # the last slot before the paused one's is used
    look()
    syscalls.run_repeatedly(send, 1)  # a lap: its slot is another's now
    look()
    syscalls.run_repeatedly(send, 100)  # laps the reader six times
    look()
    ring.close()
    loaded.close()
    return seen


@pytest.mark.parametrize("name", OVERWRITING)
def test_a_producer_that_pauses_stops_the_reader_for_a_lap(name: str) -> None:
    need(name)
    stride = 8 + 16
    assert isolation.run(_with_a_paused_producer, name) == [
        (3, 0, 0),
        (3, 0, 6 * stride),  # five are ready behind it, and wait
        (3, 0, 6 * stride),
        (3, 0, 16 * stride),
        (19, 1, 0),  # sixteen at once, and its own is given up
        (35, 1 + 84, 0),  # of a hundred, the last sixteen
    ]


def test_a_slot_that_changes_while_it_is_copied_counts_as_overwritten() -> None:
    """What a look cannot be timed to meet: the mark is another one than the reader waits for."""
    slots = np.zeros(4, np.dtype([("ready", "<u8"), ("seq", "<u8")]))
    next_ticket, copy = np.array([7], "<u8"), ctypes.create_string_buffer(8)
    slots["ready"], slots["seq"] = [5, 6, 7, 0], [4, 5, 6, 3]  # ticket 3's producer is lapped by nobody yet
    ring = native_tickets(next_ticket, slots, copy)
    arena = Arena(sample(8), 100, keep=True)
    assert drained(ring, arena) == (0, 3)  # tickets 0, 1 and 2 are gone; 3 is being written
    slots["ready"][3] = 4
    assert drained(ring, arena) == (4, 3)
    assert list(arena.opaque[:4].view("<u8")) == [3, 4, 5, 6]


def native_tickets(next_ticket: np.ndarray, slots: np.ndarray, copy: ctypes.Array[ctypes.c_char]) -> object:
    return native.Tickets(
        next_ticket.ctypes.data, slots.ctypes.data, len(slots), slots.itemsize, 0, 0, ctypes.addressof(copy)
    )


def drained(ring: object, arena: Arena) -> tuple[int, int]:
    native.library().tickets_drain(ring, arena.sink)
    return arena.count, int(ring.overwritten)  # type: ignore[attr-defined]
