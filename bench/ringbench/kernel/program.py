"""A BPF program, from C text to attached: compile, window, counters, run statistics."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringbench.errors import MissingRequirementError, OptionError, RingbenchError
from ringbench.kernel import bpf_arena, cpus, headers, source
from ringbench.kernel.bpf_arena import BpfArena
from ringbench.kernel.probe import LIFECYCLE, Probe
from ringbench.spec.transport import TransportSpec
from ringbench.spec.wakeups import NOBODY, Wakeup

FAILED_CODES = 128
"""Return codes that are counted apart for each transport; FAILED_CODES in bpf/submit.h."""
_MODULO = 1 << 64


def bcc_module() -> Any:
    """Import the distribution's BCC, or say what to install.

    Raises MissingRequirementError when it is missing, or when ``bcc`` is PyPI's unrelated project of that name.
    """
    try:
        import bcc  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise MissingRequirementError(
            f"BCC cannot be imported ({error}). Install python3-bpfcc, run through ./with-env; never `pip install bcc`."
        ) from error
    if not hasattr(bcc, "BPF"):
        raise MissingRequirementError(
            f"the module bcc at {getattr(bcc, '__file__', '?')} is PyPI's unrelated project, not the BPF compiler. "
            "Run `pip uninstall bcc`, then install python3-bpfcc."
        )
    return bcc


def library_path() -> str:
    """Return the file of the libbcc that BCC uses, so that it can be loaded once more."""
    from bcc.libbcc import lib  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return str(lib._name)


def perf_buffer_descriptors(bpf: Any) -> tuple[int, ...]:
    """Return the descriptors of the perf events behind BCC's open perf buffers."""
    from bcc.libbcc import lib  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return tuple(int(lib.perf_reader_fd(reader)) for reader in bpf.perf_buffers.values())


def close_perf_buffers(table: Any) -> None:
    """Close the rings of a BPF_PERF_OUTPUT that BCC opened, none of which may be read any more.

    Where a callback leads back to the table, BCC's cleanup() leaves them to the garbage collector, which comes when the
    map is closed and then fails at the first (bcc/table.py, PerfEventArray.__del__).
    """
    for cpu in cpus.online():
        del table[cpu]


def need_root() -> None:
    """Raise MissingRequirementError unless this is root."""
    if os.geteuid() != 0:
        raise MissingRequirementError(
            "measuring needs root (BPF, perf events): run it with sudo, like `sudo ./with-env ringbench run`."
        )


@dataclass(frozen=True)
class Account:
    """What the BPF program counted for one transport."""

    attempted: int
    failed: int
    failed_by_code: dict[str, int]
    """errno name -> count; 'refused' where the helper gives no code (a reservation)."""
    seq_sum: int
    """Sum of the sequence numbers of all that was attempted, n(n - 1)/2 on each CPU; modulo 2^64."""
    refused_seq_sum: int
    """Sum of the sequence numbers of those that were refused, modulo 2^64."""
    injected_ns: int | None = None
    """What an injected cost took by the program's own clock (ringbench.analysis.selftest.aa); None where none is
    injected."""


class Program:
    """The probes with one transport, or two, loaded and attached. The window is shut until it is set.

    Use :func:`load`; :meth:`close` detaches. Nothing is pinned, so the kernel frees it all if the process dies.
    """

    def __init__(
        self,
        bpf: Any,
        transports: Sequence[TransportSpec],
        probe: Probe,
        arenas: Mapping[str, BpfArena],
        *,
        timed: bool = False,
    ) -> None:
        self.bpf = bpf
        self.transports = tuple(transports)
        self.arenas = arenas
        """By transport, where it lies in one."""
        self.record = probe.record
        self.records_per_run = probe.records_per_run
        self.lingers = probe.lingers
        self.timed = timed
        self._loaded_again: list[int] = []
        if probe.timer_ns is not None:
            self._attach_timer(probe.timer_ns)

    def events(self, transport: TransportSpec) -> Any:
        """Return BCC's table of a transport's events map."""
        return self.bpf[transport.map_name]

    def map_fd(self, name: str) -> int:
        """Return the descriptor of the program's map called *name*."""
        return int(self.bpf[name].map_fd)

    def set_window(self, start_ns: int, end_ns: int) -> None:
        """Count and send the events stamped in [start_ns, end_ns), in ns of CLOCK_MONOTONIC."""
        table = self.bpf["window"]
        # Two steps: a probe that reads the pair half written must find the window shut.
        table[0] = table.Leaf(start_ns, 0)
        table[0] = table.Leaf(start_ns, end_ns)

    def set_window_end(self, start_ns: int, end_ns: int) -> None:
        """Shut a window that is open: *start_ns* as it was set, *end_ns* now."""
        table = self.bpf["window"]
        table[0] = table.Leaf(start_ns, end_ns)

    def account(self, transport: TransportSpec, level: int | None = None) -> Account:
        """Return what was attempted and refused, summed over CPUs. Exact only once the producers are quiet.

        *level*: of that one alone, where programs can interrupt each other; None: of all.
        """
        index = self.transports.index(transport)
        table = self.bpf["all_counters"]
        levels = range(len(table)) if level is None else (level,)
        counters = [of_cpu for each in levels for of_cpu in table[each]]
        by_code: dict[str, int] = {}
        for code in range(FAILED_CODES):
            count = sum(int(of_cpu.failed[index * FAILED_CODES + code]) for of_cpu in counters)
            if count:
                name = "refused" if code == FAILED_CODES - 1 else errno.errorcode.get(code, str(code))
                by_code[name] = count
        return Account(
            attempted=sum(int(of_cpu.attempted[index]) for of_cpu in counters),
            failed=sum(by_code.values()),
            failed_by_code=by_code,
            seq_sum=sum(int(of_cpu.seq) * (int(of_cpu.seq) - 1) // 2 for of_cpu in counters) % _MODULO,
            refused_seq_sum=sum(int(of_cpu.refused_seq[index]) for of_cpu in counters) % _MODULO,
            injected_ns=sum(int(of_cpu.injected_ns) for of_cpu in counters)
            if hasattr(counters[0], "injected_ns")
            else None,
        )

    def task_map_full(self) -> int:
        """Return how many lives could not be named because the map was full."""
        return int(sum(self.bpf["task_map_full"][0]))

    def runs(self) -> tuple[int, int]:
        """Return (ns, runs) spent in the programs since they were loaded, while bpf stats were on (their fdinfo)."""
        total_ns = total_runs = 0
        for function in self.bpf.funcs.values():
            ns, runs = runs_of(function.fd)
            total_ns, total_runs = total_ns + ns, total_runs + runs
        return total_ns, total_runs

    def repeatable(self, name: str) -> int:
        """Load the function *name* as sched_cls, a type that BPF_PROG_TEST_RUN repeats; return its descriptor."""
        kind = bcc_module().BPF.SCHED_CLS
        with _captured_stderr() as said:
            try:
                return int(self.bpf.load_func(name, kind).fd)
            except Exception as error:
                raise _explain(error, said()) from error

    def once_more(self, name: str) -> int:
        """Load the raw tracepoint function *name* as a program of its own, at each call; return its descriptor."""
        kind = bcc_module().BPF.RAW_TRACEPOINT
        with _captured_stderr() as said:
            try:
                fd = int(self.bpf.load_func(name, kind).fd)
            except Exception as error:
                raise _explain(error, said()) from error
        self._loaded_again.append(fd)
        del self.bpf.funcs[name.encode()]  # or BCC would hand out the same one
        return fd

    def _attach_timer(self, period_ns: int) -> None:
        """Run the function `timer` on every CPU each *period_ns*: an hrtimer's interrupt (kernel/events/core.c)."""
        bcc = bcc_module()
        with _captured_stderr() as said:
            try:
                self.bpf.attach_perf_event(
                    ev_type=bcc.PerfType.SOFTWARE,
                    ev_config=bcc.PerfSWConfig.CPU_CLOCK,
                    fn_name=b"timer",
                    sample_period=period_ns,
                )
            except Exception as error:
                self.bpf.cleanup()
                raise _explain(error, said()) from error

    def close(self) -> None:
        """Detach the probes and close the maps.

        Newer kernels wait for a grace period at each probe (kernel/trace/bpf_trace.c, perf_event_detach_bpf_prog());
        side by side, that is one period instead of three.
        """
        probes = list(self.bpf.tracepoint_fds)
        with ThreadPoolExecutor(max(1, len(probes))) as pool:
            list(pool.map(self.bpf.detach_tracepoint, probes))
        for fd in self._loaded_again:
            os.close(fd)
        self.bpf.cleanup()
        for arena in self.arenas.values():
            arena.close()


def memlock_bytes(maps: Sequence[int]) -> int | None:
    """Return the sum of `memlock` in the fdinfo of *maps* (descriptors); None where there is none, or one has none.

    Kernels from 5.11, when maps went over to the memory cgroup, to 6.4, when they learnt to tell their size again
    (kernel commit 90a5527d7686), write 0 there, and of an arena all do (kernel/bpf/arena.c, arena_map_mem_usage()):
    that is None, too.
    """
    each = [int(dict(_fdinfo(fd)).get("memlock") or 0) for fd in maps]
    return sum(each) if each and all(each) else None


def runs_of(fd: int) -> tuple[int, int]:
    """Return (ns, runs) spent in a program while bpf stats were on: its fdinfo."""
    info = dict(_fdinfo(fd))
    return int(info.get("run_time_ns", 0)), int(info.get("run_cnt", 0))


def _fdinfo(fd: int) -> Iterator[tuple[str, str]]:
    for line in Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines():
        key, _, value = line.partition(":")
        yield key, value.strip()


def load(
    transports: Sequence[TransportSpec],
    *,
    probe: Probe = LIFECYCLE,
    sizes: Mapping[str, int] | None = None,
    wakeup: Wakeup = NOBODY,
    lives: int | None = None,
    text: str | None = None,
    timed: bool = False,
) -> Program:
    """Compile, load and attach *probe* with one transport, or with two (paired).

    *sizes*: bytes of data by transport, as :attr:`TransportSpec.round_size` has them, by default a page; it is the
    reader that makes perf's rings and those of an array of maps.
    *lives*: how many processes and threads alive at once can be named; by default pid_max, at most 65,536.
    *text*: another program's C text, for tests. *timed*: what the kernel does by itself for a transport, which is in no
    program's run, is timed, too. Raises MissingRequirementError where something on this machine is missing, OptionError
    for a transport that can't carry the probe's record, before anything is attached, and RingbenchError with clang's
    first error when the program does not compile.
    """
    for each in transports:
        if refused := each.refuses(probe.record.struct):
            raise OptionError(f"{refused}; {probe.source} has others.")
    try:
        arenas = bpf_arena.made(transports, sizes or {})
    except OSError as error:
        raise MissingRequirementError(f"the kernel refused a BPF arena: {error.strerror}.") from error
    flags = source.defines(
        transports,
        probe,
        sizes=sizes or {},
        wakeup=wakeup,
        lives=lives or min(int(Path("/proc/sys/kernel/pid_max").read_text()), 65536),
    )
    flags += [arena.define for arena in arenas.values()]
    loaded = compiled(text if text is not None else source.program(transports, probe), flags)
    return Program(loaded, transports, probe, arenas, timed=timed)


def compile_only() -> None:
    """Compile a program that probes nothing: sets up the compiler, loads nothing into the kernel."""
    compiled(source.folder().joinpath(LIFECYCLE.record.header).read_text(), [])


def compiled(text: str, flags: list[str]) -> Any:
    """Return BCC's object of a program; probes that BCC knows by the names of functions are attached.

    Raises as :func:`load`.
    """
    need_root()
    with _captured_stderr() as said:
        try:
            return compiled_aloud(text, flags)
        except RingbenchError:
            raise
        except Exception as error:
            raise _explain(error, said()) from error


def compiled_aloud(text: str, flags: list[str]) -> Any:
    """Return BCC's object of a program; clang, libbpf and the verifier write to descriptor 2 what they have to say.

    Raises what BCC raises, which is the least of it. A compiler that gives up may end this process.
    """
    tree = headers.find()
    if tree is not None:
        os.environ["BCC_KERNEL_SOURCE"] = str(tree)
    return bcc_module().BPF(text=text, cflags=flags)


@contextlib.contextmanager
def _captured_stderr() -> Iterator[Any]:
    """Catch what clang and libbpf print on descriptor 2: pages of header warnings, or the reason of a failure."""
    with tempfile.TemporaryFile() as sink:
        kept = os.dup(2)
        os.dup2(sink.fileno(), 2)

        def said() -> str:
            sink.seek(0)
            return sink.read().decode(errors="replace")

        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _explain(error: Exception, said: str) -> RingbenchError:
    """Turn what BCC printed and raised into the reason, and what to do."""
    if "incomplete definition of type 'struct tracepoint__" in said:
        return MissingRequirementError(
            "the tracepoints' formats cannot be read: tracefs is not mounted. "
            "Run through ./with-env, or `mount -t tracefs none /sys/kernel/tracing`."
        )
    if match := re.search(r"^\S+:\d+:\d+: (?:fatal )?error: .*$", said, re.MULTILINE):
        return RingbenchError(f"the BPF program does not compile: {match.group(0).strip()}")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    seen = lines[-1] if lines else str(error)
    if refused := next((line for line in lines if "Operation not permitted" in line), None):
        return MissingRequirementError(
            f"BPF is not allowed here, even as root: {refused}. "
            "Run it outside of a container, or give that CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN."
        )
    return MissingRequirementError(
        f"the kernel refused the BPF program: {seen}. `ringbench doctor` shows what is missing."
    )
