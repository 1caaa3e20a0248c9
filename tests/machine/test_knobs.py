"""Each knob, on machines made of files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.errors import EnvironmentLacks
from bench.kernel import headers
from bench.machine import KNOBS, examine, limits, mounts, processors, toolchain, tracing
from bench.machine.frequency import Governor, Turbo
from bench.metrics import METRICS

CPU = "sys/devices/system/cpu"
CLOCK = "sys/devices/system/clocksource/clocksource0"


@pytest.mark.parametrize(
    ("knob", "files", "verdict", "seen"),
    [
        (Governor(), {f"{CPU}/cpu0/cpufreq/scaling_governor": "performance\n"}, "ok", "performance"),
        (
            Governor(),
            {f"{CPU}/cpu{n}/cpufreq/scaling_governor": name for n, name in enumerate(["powersave", "performance"])},
            "matters",
            "performance, powersave",
        ),
        (Turbo(), {f"{CPU}/intel_pstate/no_turbo": "0"}, "matters", "on"),
        (Turbo(), {f"{CPU}/intel_pstate/no_turbo": "1"}, "ok", "off"),
        (Turbo(), {f"{CPU}/cpufreq/boost": "1"}, "matters", "on"),
        (processors.Online(), {f"{CPU}/online": "0"}, "matters", "1 (0)"),
        (processors.Online(), {f"{CPU}/online": "0-1,4"}, "ok", "3 (0-1,4)"),
        (processors.Siblings(), {f"{CPU}/smt/active": "1"}, "matters", "on"),
        (processors.Isolated(), {f"{CPU}/isolated": "\n"}, "ok", "none"),
        (processors.Isolated(), {f"{CPU}/isolated": "2-3\n"}, "ok", "2-3"),
        (processors.Load(), {"proc/loadavg": "7.50 1 1 1/2 3", f"{CPU}/online": "0-1"}, "matters", "7.50 tasks"),
        (processors.Clock(), {f"{CLOCK}/current_clocksource": "tsc"}, "ok", "tsc"),
        (processors.Clock(), {f"{CLOCK}/current_clocksource": "hpet"}, "matters", "hpet"),
        (processors.Hypervisor(), {"proc/stat": "cpu  10 0 10 60 0 0 0 20 0 0"}, "matters", "20.0%"),
        (processors.Hypervisor(), {"proc/stat": "cpu  10 0 10 80 0 0 0 0 0 0"}, "ok", "no, 0.0%"),
        (
            processors.Hypervisor(),
            {"sys/class/dmi/id/product_name": "Standard PC (i440FX + PIIX, 1996)\n"},
            "matters",
            "emulated",
        ),
        (tracing.Jit(), {"proc/sys/net/core/bpf_jit_enable": "0"}, "matters", "off"),
        (tracing.Jit(), {"proc/sys/net/core/bpf_jit_enable": "1"}, "ok", "on"),
        (tracing.JitHardening(), {"proc/sys/net/core/bpf_jit_harden": "2"}, "matters", "2"),
        (tracing.RunStatistics(), {"proc/sys/kernel/bpf_stats_enabled": "1"}, "matters", "on"),
        (tracing.RunStatistics(), {}, "matters", "absent"),
        (tracing.Lockdown(), {"sys/kernel/security/lockdown": "none integrity [confidentiality]"}, "blocks", "none"),
        (tracing.Lockdown(), {"sys/kernel/security/lockdown": "none [integrity] confidentiality"}, "ok", "none"),
        (tracing.OtherTracing(), {"sys/kernel/tracing/current_tracer": "function\n"}, "matters", "tracer function"),
        (
            tracing.OtherTracing(),
            {"sys/kernel/tracing/events/sched/sched_process_fork/enable": "1"},
            "matters",
            "sched_process_fork",
        ),
        (limits.PerfAccess(), {}, "blocks", "absent"),
        (limits.PidMax(), {"proc/sys/kernel/pid_max": "32768"}, "matters", "32768"),
        (limits.PidMax(), {"proc/sys/kernel/pid_max": "4194304"}, "ok", "4194304"),
        (limits.Memlock(), {"proc/self/limits": "Max locked memory  unlimited unlimited bytes"}, "ok", "unlimited"),
        (mounts.Tracefs(), {"proc/self/mounts": "a /sys/kernel/tracing tracefs rw 0 0\n"}, "ok", "/sys/kernel/tracing"),
        (mounts.Tracefs(), {"proc/self/mounts": "a /sys/kernel/debug debugfs rw 0 0\n"}, "ok", "debug/tracing"),
        (mounts.Tracefs(), {"proc/self/mounts": "a /elsewhere tracefs rw 0 0\n"}, "blocks", "not mounted"),
        (mounts.Bpffs(), {"proc/self/mounts": "none /sys/fs/bpf bpf rw 0 0\n"}, "ok", "/sys/fs/bpf"),
    ],
)
def test_what_is_seen(machine: Any, knob: Any, files: dict[str, str], verdict: str, seen: str) -> None:
    finding = knob.examine(machine(files))
    assert finding is not None
    assert finding.verdict == verdict
    assert seen in finding.seen
    assert (finding.fix is not None) == (verdict != "ok")


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
        raise EnvironmentLacks("no kernel headers for 9.9")

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
