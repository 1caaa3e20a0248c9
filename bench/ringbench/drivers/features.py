"""What this kernel and this BCC can, of what designs other than the two buffers are made of: each by trying it.

No version is asked, for distributions patch both. Each trial has a process of its own, so that nothing stays behind,
and a compiler that ends its process, as LLVM does with an instruction that it cannot make, ends no more than that.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import struct
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from ringbench.drivers.transports import PAGE, TRANSPORTS
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import (
    bpf_arena,
    ftrace,
    kmsg,
    linked_list,
    probe,
    program,
    source,
    syscalls,
    uapi,
    uring,
    uring_read,
)
from ringbench.kernel.uring_poll import UringPoll
from ringbench.machine import caches, isolation
from ringbench.spec.transport import ITS_PROGRAM
from ringbench.spec.wakeups import NOBODY, Wakeup

_CODES = {**errno.errorcode, 524: "ENOTSUPP"}
"""The last is the kernel's own (include/linux/errno.h), which user space has no name for."""
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Feature:
    """One thing that was tried."""

    name: str
    able: bool
    said: str
    """The words of who refused it: kernel, verifier, compiler; where nobody did, what was done."""


def _submitted(name: str) -> str:
    """Load a program that submits through transport *name*: its own file under bpf/ is what is tried."""
    transport, sent = TRANSPORTS[name], probe.fill(1, 16)
    sizes = {name: transport.round_size(PAGE, len(transport.rings(caches.online_by_cache())))}
    arenas = bpf_arena.made([transport], sizes)
    flags = source.defines([transport], sent, sizes=sizes, wakeup=NOBODY, lives=1)
    flags += [arena.define for arena in arenas.values()]
    return _compiled(source.program([transport], sent), "fill", flags)


def _compiled(text: str, function: str, flags: list[str]) -> str:
    kind = program.bcc_module().BPF.SCHED_CLS
    program.compiled_aloud(text, flags).load_func(function, kind)
    return "compiled and loaded"


def _popped_in_batches() -> str:
    records = ctypes.create_string_buffer(64)
    at = ctypes.addressof(records)
    queue = syscalls.create_map(uapi.MAP_QUEUE, key=0, value=8, entries=8)
    syscalls.bpf(uapi.MAP_LOOKUP_AND_DELETE_BATCH, struct.pack("<QQQQIIQQ", 0, at, 0, at, 8, queue, 0, 0))
    return "popped"


def _overwriting() -> str:
    syscalls.create_map(uapi.MAP_RINGBUF, key=0, value=0, entries=4096, flags=uapi.F_RB_OVERWRITE)
    return "created"


def _arena() -> str:
    syscalls.create_map(uapi.MAP_ARENA, key=0, value=0, entries=16, flags=uapi.F_MMAPABLE)
    return "created"


def _arena_in_bcc() -> str:
    text = """BPF_F_TABLE("arena", int, int, area, 16, BPF_F_MMAPABLE);
int idle(struct __sk_buff *skb) { return 0; }"""
    return _compiled(text, "idle", [])


def _listed() -> str:
    linked_list.load(linked_list.TRACEPOINT)
    return "loaded"


def _listed_in_bcc() -> str:
    # BCC's own copy of the kernel's header has both structs.
    text = """struct node { u64 seq; struct bpf_list_node link; };
struct top {
	struct bpf_spin_lock lock;
	struct bpf_list_head head __attribute__((btf_decl_tag("contains:node:link")));
};
BPF_ARRAY(tops, struct top, 1);
int hold(struct __sk_buff *skb)
{
	u32 zero = 0;
	struct top *top = tops.lookup(&zero);

	if (top) {
		bpf_spin_lock(&top->lock);
		bpf_spin_unlock(&top->lock);
	}
	return 0;
}"""
    return _compiled(text, "hold", [])


def _posted() -> str:
    with uring.Uring(1) as target, uring.Uring(1) as own:
        own.push(
            uring.MSG_RING,
            target.fd,
            off=1,
            addr=uring.MSG_DATA,
            len_=2,
            op_flags=uring.MSG_RING_FLAGS_PASS,
            file_index=3,
        )
        own.enter(1)
        answer = int(own.reap()["res"][0])
        if answer < 0:
            raise OSError(-answer, os.strerror(-answer))
        posted = target.reap().tolist()
    if posted != [(1, 2, 3)]:
        raise OSError(0, f"a completion of 1, 2, 3 was posted, and {posted} came")
    return "posted"


def _log_lines() -> str:
    if reason := kmsg.refusal():
        raise OSError(0, reason)
    return "may be written"


def _polled() -> str:
    ring, event = syscalls.create_ringbuf(4096), os.eventfd(0)
    poll = UringPoll((ring, event), timeout_s=0.001)
    woken = []
    for count in (0, 1, 1, 0):
        if count:
            os.eventfd_write(event, count)
        woken.append(poll.wait())
    if woken != [False, True, True, False]:
        raise OSError(0, f"of two wake-ups and a silence it told {woken}")
    return "armed once, woken twice"


def _read_by_io_uring(name: str) -> str:
    transport, record_bytes = TRANSPORTS[name], 64
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    loaded = program.load([transport], probe=probe.fill(1, record_bytes))
    ring = transport.open(loaded, len(os.sched_getaffinity(0)) * PAGE, Wakeup("every"))[0]
    syscalls.run_repeatedly(loaded.repeatable("fill"), 1)
    found = []
    for verb, operation in (("read", uring_read.READ), ("multishot", uring_read.READ_MULTISHOT)):
        try:
            came = len(uring_read.read(ring.fd, operation))
        except OSError as error:
            found.append(f"{verb} {_coded(error)}")
            continue
        if came >= record_bytes:
            return f"{verb}: {came} bytes"
        found.append(f"{verb} {came} bytes, no record")
    raise OSError(0, ", ".join(found))


FEATURES: Mapping[str, Callable[[], str]] = {
    "atomic ticket": functools.partial(_submitted, "ticket-ring"),
    "dynptr reservation": functools.partial(_submitted, "ringbuf-dynptr"),
    "tracefs instance": ftrace.tried,
    "queue map popped in batches": _popped_in_batches,
    "ringbuf that overwrites": _overwriting,
    "arena": _arena,
    "arena in BCC": _arena_in_bcc,
    "arena ring": functools.partial(_submitted, "arena-ring"),
    "linked list in a tracepoint program": _listed,
    "linked list in BCC": _listed_in_bcc,
    "io_uring's poll of a ring": _polled,
    "io_uring's read of a ringbuf": functools.partial(_read_by_io_uring, "ringbuf-reserve"),
    "io_uring's read of a perf buffer": functools.partial(_read_by_io_uring, "perf"),
    "completions posted to another ring": _posted,
    "debug lines in the kernel's log": _log_lines,
}
"""What is tried, by its name. Each returns what was done, or raises; it runs in a process of its own."""


@functools.cache
def feature(name: str) -> Feature:
    """Return what came of trying one of :data:`FEATURES`. Needs root, which raises MissingRequirementError."""
    program.need_root()
    able, said = tried(FEATURES[name])
    return Feature(name, able, said)


def features() -> list[Feature]:
    """Return what came of trying each. Needs root, which raises MissingRequirementError; takes a second or two."""
    return [feature(name) for name in FEATURES]


class Needing(Protocol):
    """A transport, or a way to wait, that not every kernel has."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def needs(self) -> str | None:
        """A name of :data:`FEATURES`, or :data:`ITS_PROGRAM`; None where every kernel has it."""


def missing(thing: Needing) -> str | None:
    """Return why *thing* cannot be had on this machine; None where it can be, or where only root could find out."""
    if thing.needs is None or os.geteuid() != 0:
        return None
    found = its_program(thing.name) if thing.needs == ITS_PROGRAM else feature(thing.needs)
    return None if found.able else f"{found.name}: {found.said}"


@functools.cache
def its_program(name: str) -> Feature:
    """Return whether a program that submits through the transport called *name* loads. Needs root."""
    program.need_root()
    able, said = tried(functools.partial(_submitted, name.partition("~")[0]))
    return Feature(f"a program with {name}", able, said)


def tried(attempt: Callable[[], str]) -> tuple[bool, str]:
    """Call *attempt* in a process of its own; return whether it came back, and its words or those of who refused."""
    isolation.warm_up()
    with tempfile.NamedTemporaryFile() as heard:
        try:
            able, said = isolation.run(_attempted, attempt, heard.name, timeout_s=_PATIENCE_S)
        except InvalidMeasurementError as error:  # its process died
            able, said = False, str(error)
        return able, said if able else _reason(Path(heard.name).read_text(errors="replace")) or said


def _attempted(attempt: Callable[[], str], heard: str) -> tuple[bool, str]:
    os.dup2(os.open(heard, os.O_WRONLY | os.O_APPEND), 2)
    try:
        return True, attempt()
    except OSError as error:
        text = error.strerror or ""
        return False, _coded(error) if text == f"bpf: {os.strerror(error.errno or 0)}" else _reason(text)
    except Exception as error:
        return False, str(error)


def _coded(error: OSError) -> str:
    return f"{_CODES.get(error.errno or 0, '?')} ({error.errno})"


def _reason(said: str) -> str:
    """Return the one line that matters of what clang, LLVM or the verifier said; '' where they said nothing."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for line in lines:
        if line.startswith("LLVM ERROR: "):
            return line
        if " error: " in line:
            return line.partition(" error: ")[2]
    for line, following in pairwise(lines):
        if following.startswith("processed "):  # the verifier's statistics, behind its verdict
            return line
    return lines[-1] if lines else ""
