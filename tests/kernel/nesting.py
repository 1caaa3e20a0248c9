"""Nested programs with something done wrong on purpose, or otherwise; each is called in a process of its own."""

from __future__ import annotations

from typing import Any
from unittest import mock

from ringbench.kernel import probe, source
from ringbench.tools.nesting import nested

_program = source.program

_COUNT = "counters->attempted[transport]++;"
_SLOW_COUNT = """{
	u64 tried = counters->attempted[transport];
	u64 since_ns = bpf_ktime_get_ns();

	for (int i = 0; i < 200; i++)
		if (bpf_ktime_get_ns() - since_ns > 3000)
			break;
	WRITE_LATE(counters->attempted[transport], tried + 1);
	}"""
_WRITE_LATE = "#define WRITE_LATE(place, what) (*(volatile u64 *)&(place) = (what))\n"

CHANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "nothing": (),
    # The moment between load and store is made long enough to be met in every trial.
    "a slow count": ((_COUNT, _SLOW_COUNT),),
    "a slow count of both levels": ((_COUNT, _SLOW_COUNT), ("counters_of(level)", "counters_of(0)")),
    "one record for both levels": (
        (
            "static __always_inline void send(",
            "BPF_PERCPU_ARRAY(scratch, RECORD, 1);\nstatic __always_inline void send(",
        ),
        ("	RECORD own = {};\n", "	int none = 0;\n"),
        (
            "	if (!counters)\n		return;\n	seq = ",
            "	e = scratch.lookup(&none);\n	if (!counters || !e)\n		return;\n	seq = ",
        ),
        ("	e = &own;\n", ""),
    ),
    "an outer program that is a perf event's": (
        ("RAW_TRACEPOINT_PROBE(sys_enter)", "TRACEPOINT_PROBE(syscalls, sys_enter_getpgid)"),
        ("is_ours(ctx)", "(args->pid == FIREHOSE_PID)"),
        ("send(ctx, nest, OUTER", "send(args, nest, OUTER"),
    ),
}


def _changed(name: str, *args: Any) -> str:
    text = _program(*args)
    for old, new in CHANGES[name]:
        assert old in text, f"{name}: {old!r} is not in the program any more"
        text = text.replace(old, new)
    return _WRITE_LATE + text


def measure(
    change: str, transport: str, seconds: float, buffer_bytes: int, pause_s: float = nested.PAUSE_S
) -> nested.Nested:
    """Measure with that change at work."""
    with mock.patch.object(source, "program", lambda *args: _changed(change, *args)):
        return nested.measure(transport, seconds, buffer_bytes, pause_s)


def measure_lingering(transport: str, seconds: float, linger_ns: int) -> nested.Nested:
    """Measure with outer programs that linger for *linger_ns*."""
    with mock.patch.object(probe, "LINGER_NS", linger_ns):
        return nested.measure(transport, seconds)
