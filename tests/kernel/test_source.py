"""The C text of the programs."""

from __future__ import annotations

import dataclasses
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from ringbench.drivers import features
from ringbench.drivers.transports import TRANSPORTS
from ringbench.errors import RingbenchError
from ringbench.kernel import cpus, probe, program, source
from ringbench.machine import isolation
from ringbench.spec.event import EVENT, SWITCHED
from ringbench.spec.record import LIFECYCLE
from ringbench.spec.wakeups import wakeup


def _without_transport(name: str) -> str:
    transport = TRANSPORTS[name]
    text = source.program([transport])
    for file in (*transport.builds_on, f"transport/{transport.source}"):
        own = f'#line 1 "bpf/{file}"\n{(source.folder() / file).read_text()}\n'
        assert text.count(own) == 1
        text = text.replace(own, "")
    return text


def test_programs_of_all_transports_differ_in_the_transport_file_and_what_that_builds_on_only() -> None:
    assert len({_without_transport(name) for name in TRANSPORTS}) == 1


def test_what_two_transports_build_on_is_there_once() -> None:
    text = source.program([TRANSPORTS["ticket-ring"], TRANSPORTS["arena-ring"]])
    assert text.count("struct ticket_slot {") == 1


def test_a_transport_file_declares_one_map_and_one_submit_and_no_probe() -> None:
    for transport in TRANSPORTS.values():
        text = (source.folder() / "transport" / transport.source).read_text()
        maps = re.findall(r"^BPF_\w+\(.*", text, re.MULTILINE)
        if transport.map_name:
            assert sum(re.search(rf"\b{transport.map_name}\b", declared) is not None for declared in maps) == 1
        else:
            assert not maps, "it is made outside of the program"
        for name in transport.builds_on:
            assert "BPF_" not in (source.folder() / name).read_text()
        assert f"static __always_inline int {transport.submit}(void *ctx, RECORD *e)" in text
        assert all(f"{name}(" in text for name in (transport.reserve, transport.commit) if name)
        assert "TRACEPOINT" not in text


def test_the_records_have_no_padding() -> None:
    assert EVENT.itemsize == sum(EVENT[name].itemsize for name in EVENT.names or ()) == 56
    assert SWITCHED.itemsize == sum(SWITCHED[name].itemsize for name in SWITCHED.names or ()) == 24


def _load(text: str) -> None:
    program.load([TRANSPORTS["perf"]], text=text).close()


def _swapped(first: str, second: str) -> np.dtype[np.void]:
    fields = [(name, EVENT[name]) for name in EVENT.names or ()]
    names = [name for name, _ in fields]
    i, j = names.index(first), names.index(second)
    fields[i], fields[j] = fields[j], fields[i]
    return np.dtype(fields)


@pytest.mark.parametrize(
    ("dtype", "named"),
    [
        (np.dtype([*EVENT.descr, ("more", "<u8")]), "size"),
        (_swapped("pid", "cpu"), "pid|cpu"),
        (_swapped("ts_ns", "seq"), "ts_ns|seq"),
    ],
)
def test_a_python_record_that_differs_from_the_c_one_cannot_be_loaded(dtype: np.dtype[np.void], named: str) -> None:
    body = source.program([TRANSPORTS["perf"]]).replace(source.layout_assertions(), "")
    other = dataclasses.replace(LIFECYCLE, dtype=dtype)
    with pytest.raises(RingbenchError, match=f"does not compile.*struct event.*({named})"):
        isolation.run(_load, body + source.layout_assertions(other))


POLICIES = ("every", "adaptive", "batch:500", "bytes:4K", "none")


def _load_all(name: str) -> int:
    loaded, transport = 0, TRANSPORTS[name]
    for policy in map(wakeup, POLICIES):
        if policy.kind not in transport.wakeups:
            continue
        for sent in (probe.firehose(32, 8), probe.firehose(1, 1024), probe.fill(8, 16), probe.SCHED_SWITCH):
            program.load([transport], probe=sent, wakeup=policy).close()
            loaded += 1
    return loaded


@pytest.mark.slow
def test_every_probe_compiles_with_every_transport_and_wakeup() -> None:
    kinds = [wakeup(policy).kind for policy in POLICIES]
    transports = [
        transport for transport in TRANSPORTS.values() if not transport.own_records and not features.missing(transport)
    ]
    possible = sum(kind in transport.wakeups for transport in transports for kind in kinds)
    # Side by side, since nothing is counted: the window of none of them is open.
    with ProcessPoolExecutor(len(cpus.online()), get_context("forkserver")) as pool:
        assert sum(pool.map(_load_all, [transport.name for transport in transports])) == 4 * possible


ORDER = """
#line 1 "order"
BPF_ARRAY(first_one, u32, 1024);
static __always_inline int note(struct event *e, u32 who)
{
    u32 slot = (e->cpu & 1) * 512 + (e->seq & 511);
    u32 *seen = first_one.lookup(&slot);
    if (seen && !*seen) *seen = who;
    return 0;
}
static __always_inline int submit_a(void *ctx, struct event *e) { return note(e, 1); }
static __always_inline int submit_b(void *ctx, struct event *e) { return note(e, 2); }
"""


def _who_is_first() -> list[tuple[int, int]]:
    import os
    import time

    from ringbench.kernel.program import compiled

    files = [(source.folder() / name).read_text() for name in ("event.h", "submit.h", "account.h", "lifecycle.c")]
    text = "\n".join([*files[:2], ORDER, *files[2:]])
    bpf = compiled(text, ["-DFIRST=submit_a", "-DSECOND=submit_b", "-DLIVES=1024"])
    window = bpf["window"]
    window[0] = window.Leaf(1, (1 << 63) - 1)
    for _ in range(60):
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    time.sleep(0.01)
    seen = [(slot % 512, bpf["first_one"][slot].value) for slot in range(1024)]
    bpf.cleanup()
    return [(seq, who) for seq, who in seen if who]


def test_in_a_paired_program_the_transport_that_goes_first_alternates() -> None:
    seen = isolation.run(_who_is_first)
    assert len(seen) > 100
    assert all(who == (2 if seq & 1 else 1) for seq, who in seen)
