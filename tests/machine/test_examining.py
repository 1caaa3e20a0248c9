"""Examining a machine: what is absent or makes no sense, hostile text, and knobs that fail."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from ringbench.data.metrics import METRICS
from ringbench.errors import MissingRequirementError
from ringbench.kernel import headers
from ringbench.machine import KNOBS, examine, limits, mounts, processors, toolchain, tracing
from ringbench.machine.frequency import Throttling
from ringbench.machine.idle import IdleStates
from ringbench.machine.interrupts import Affinity, Watchdogs
from ringbench.machine.numa import Nodes
from tests.machine.machine_files import CGROUP, CLOCK, CPU, IRQ, KERNEL, NODE, idle


@pytest.mark.parametrize(
    ("knob", "paths"),
    [
        (Affinity(), [f"{IRQ}/default_smp_affinity", f"{IRQ}/9/effective_affinity_list", f"{IRQ}/9/smp_affinity_list"]),
        (Watchdogs(), [f"{KERNEL}/nmi_watchdog", f"{KERNEL}/soft_watchdog"]),
        (Nodes(), [f"{NODE}/online", f"{NODE}/has_cpu"]),
        (limits.Memlock(), ["proc/self/limits"]),
        (Throttling(), [f"{CPU}/cpu0/thermal_throttle/core_throttle_count"]),
    ],
)
@pytest.mark.parametrize("text", [None, "", "two", "0-", "-1-", "0x3", "9" * 400])
def test_what_is_absent_or_makes_no_sense_is_not_seen(
    machine: Any, knob: Any, paths: list[str], text: str | None
) -> None:
    assert knob.examine(machine({} if text is None else dict.fromkeys(paths, text))) is None


def test_no_cpus_are_watched_when_no_watchdog_runs(machine: Any) -> None:
    root = machine({f"{KERNEL}/{name}": "0" for name in ("nmi_watchdog", "soft_watchdog", "watchdog_cpumask")})
    finding = Watchdogs().examine(root)
    assert finding is not None
    assert finding.seen == "NMI off, soft off"


@pytest.mark.parametrize("text", ["", "deep", "0x3", "9" * 400])
def test_an_idle_state_of_unknown_latency_is_not_the_deepest(machine: Any, text: str) -> None:
    finding = IdleStates().examine(machine(idle(("C1", "2", "0"), ("C9", text, "0"))))
    assert finding is not None
    assert (finding.verdict, "down to C1," in finding.seen) == ("ok", True)


def test_an_empty_machine_has_few_knobs_and_no_crash(tmp_path: Path) -> None:
    findings = examine(tmp_path)
    assert all(finding.name and finding.seen and finding.why for finding in findings)
    assert {"tracefs", "perf events"} <= {finding.name for finding in findings if finding.verdict == "blocks"}
    assert not {"turbo", "frequency governor", "SMT"} & {finding.name for finding in findings}


def test_hostile_text_stays_text(machine: Any) -> None:
    evil = "\x1b[2J[bold red]x[/]\x00" * 100
    paths = [
        f"{CPU}/cpu0/cpufreq/scaling_governor",
        f"{CPU}/online",
        f"{CPU}/isolated",
        f"{CPU}/smt/active",
        f"{CPU}/cpuidle/current_driver",
        f"{CPU}/cpu0/cpuidle/state0/latency",
        f"{CPU}/cpu0/thermal_throttle/core_throttle_count",
        f"{NODE}/online",
        f"{IRQ}/default_smp_affinity",
        f"{IRQ}/9/effective_affinity_list",
        f"{KERNEL}/nmi_watchdog",
        "proc/7/comm",
        "proc/cmdline",
        "proc/self/cgroup",
        f"{CGROUP}/cgroup.subtree_control",
        "proc/stat",
        "proc/loadavg",
        "proc/self/mounts",
        "proc/self/limits",
        "proc/sys/kernel/pid_max",
        f"{CLOCK}/current_clocksource",
        "sys/kernel/security/lockdown",
        "sys/kernel/tracing/current_tracer",
        "sys/class/dmi/id/product_name",
    ]
    for finding in examine(machine(dict.fromkeys(paths, evil))):
        assert finding.seen.isprintable()
        assert len(finding.seen) < 500
        assert (finding.fix or "").isprintable()
    finding = IdleStates().examine(machine(idle((evil, "50", "0"))))
    assert finding is not None
    assert finding.seen.isprintable()
    assert len(finding.seen) < 500


def test_kvm_on_qemu_s_board_is_not_emulation(machine: Any) -> None:
    root = machine({"sys/class/dmi/id/product_name": "Standard PC (Q35 + ICH9, 2009)"})
    assert processors.emulated(root)
    machine({f"{CLOCK}/available_clocksource": "kvm-clock tsc acpi_pm"})
    assert not processors.emulated(root)


def test_a_process_that_holds_tracing_programs_is_named(machine: Any) -> None:
    root = machine(
        {
            "proc/7/comm": "watcher\n",
            "proc/7/fdinfo/3": "pos:\t0\nprog_type:\t17\n",
            "proc/7/fdinfo/4": "prog_type:\t8\n",  # a cgroup's program: not tracing
            f"proc/{os.getpid()}/comm": "me\n",
        }
    )
    (root / "proc/7/fd").mkdir()
    for descriptor in ("3", "4"):
        (root / "proc/7/fd" / descriptor).symlink_to("anon_inode:bpf-prog")
    finding = tracing.OtherTracing().examine(root)
    assert finding is not None
    assert finding.seen == "watcher: 1 BPF programs"


def test_the_other_bcc_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "bcc"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "bcc", raising=False)  # a test before may have imported the right one
    finding = toolchain.Bcc().examine(Path("/"))
    assert finding is not None
    assert (finding.verdict, finding.fix) == ("blocks", "pip uninstall bcc")
    assert toolchain.bcc_version() is None

    (package / "libbcc.py").touch()
    (package / "version.py").write_text("__version__ = '0.99.0'\n")
    assert toolchain.bcc_version() == "0.99.0"
    # one that looks for tracefs in debugfs alone
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mounts").write_text("a /sys/kernel/tracing tracefs rw 0 0\n")
    finding = mounts.Debugfs().examine(tmp_path)
    assert finding is not None
    assert finding.verdict == "blocks"


def test_missing_headers_block(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise MissingRequirementError("no kernel headers for 9.9")

    monkeypatch.setattr(headers, "find", none)
    finding = toolchain.Headers().examine(Path("/"))
    assert finding is not None
    assert (finding.verdict, finding.seen) == ("blocks", "no kernel headers for 9.9")


@pytest.mark.parametrize(("root", "verdict"), [(True, "ok"), (False, "blocks")])
def test_measuring_needs_root(monkeypatch: pytest.MonkeyPatch, root: bool, verdict: str) -> None:
    monkeypatch.setattr(limits, "is_root", lambda: root)
    finding = limits.Privileges().examine(Path("/"))
    assert finding is not None
    assert finding.verdict == verdict


@pytest.mark.parametrize(
    ("root", "hard", "verdict", "fix"),
    [
        (True, "65536", "ok", None),
        (False, "65536", "matters", "run as root"),
        (False, "unlimited", "matters", "ulimit -l unlimited"),
    ],
)
def test_a_limit_on_locked_memory_is_for_others_than_root(
    machine: Any, monkeypatch: pytest.MonkeyPatch, root: bool, hard: str, verdict: str, fix: str | None
) -> None:
    monkeypatch.setattr(limits, "is_root", lambda: root)
    rows = f"Max processes  1  1  processes\nMax locked memory     65536      {hard}      bytes     \n"
    finding = limits.Memlock().examine(machine({"proc/self/limits": rows}))
    assert finding is not None
    assert (finding.seen, finding.verdict, finding.fix) == (f"65536 bytes (hard limit {hard})", verdict, fix)


def test_one_knob_that_fails_leaves_the_others(tmp_path: Path) -> None:
    class Broken:
        name = "broken"
        metrics = ("cost",)

        def examine(self, root: Path) -> None:
            raise OSError("\x1bno")

    findings = examine(tmp_path, (Broken(), mounts.Bpffs()))
    assert [finding.name for finding in findings] == ["broken", "bpffs"]
    assert findings[0].seen == r"could not be read: \x1bno"
    assert findings[0].metrics == ("cost",)


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_a_knob_s_metrics_are_metrics_in_their_order(knob: Any) -> None:
    assert list(knob.metrics) == [metric.name for metric in METRICS if metric.name in knob.metrics]


def test_a_finding_says_for_which_metrics(machine: Any) -> None:
    root = machine({"proc/sys/net/core/bpf_jit_harden": "2", "proc/self/mounts": "a /sys/fs/bpf bpf rw 0 0\n"})
    assert {finding.name: finding.metrics for finding in examine(root, (tracing.JitHardening(), mounts.Bpffs()))} == {
        "BPF JIT hardening": ("throughput", "cost", "capacity"),
        "bpffs": (),
    }


def test_this_machine_s_knobs_have_names_of_their_own() -> None:
    names = [knob.name for knob in KNOBS]
    assert len(set(names)) == len(names)
    assert {finding.name for finding in examine()} <= set(names)
