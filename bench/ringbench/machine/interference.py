"""What else went on while a trial ran, and by which rule that disturbs it.

A disturbed trial is flagged and kept in every figure: leaving it out would be choosing. Where too many are, the session
is inconclusive. The load average is recorded and no rule is made of it, since the workload's own tasks are in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ringbench.machine.system_counters import SystemCounters
from ringbench.spec.codes import DisturbedCode

STOLEN = 0.01
"""Share of CPU time that the host may give to others."""
OTHERS = 0.05
"""CPUs that processes which are not ours may take."""
FREQUENCY = 0.10
"""How far the mean frequency may move, of its first value."""
TOO_MANY = 0.25
"""Share of disturbed trials above which a session is inconclusive."""
RULE = (
    f"A trial is disturbed if while it ran the host took more than {STOLEN:.0%} of CPU time, other processes more than "
    f"{OTHERS:.0%} of a CPU, the mean frequency moved by more than {FREQUENCY:.0%}, a core was throttled, other BPF "
    f"programs were on the same tracepoints, or the kernel lowered perf's limits. With more than {TOO_MANY:.0%} of "
    "trials disturbed, the session is inconclusive."
)


@dataclass(frozen=True)
class SystemDelta:
    """What happened between two moments, and what was attached at both."""

    before: SystemCounters
    after: SystemCounters
    other_programs: int | None
    """BPF programs of others on the trial's tracepoints."""

    @property
    def stolen(self) -> float | None:
        """Share of CPU time that the host gave to others."""
        ticks = _apart(self.before.ticks, self.after.ticks)
        stolen = _apart(self.before.stolen_ticks, self.after.stolen_ticks)
        return None if stolen is None or not ticks else stolen / ticks

    @property
    def others(self) -> float:
        """CPUs that other processes took, in the mean."""
        used = sum(seconds for seconds, _ in self.after.others.values())
        used -= sum(seconds for seconds, _ in self.before.others.values())
        return max(0.0, used) / self._s

    @property
    def busiest(self) -> str:
        """Name of the other process that took most."""
        took = {
            name: seconds - self.before.others.get(pid, (0.0, ""))[0]
            for pid, (seconds, name) in self.after.others.items()
        }
        return max(took, key=lambda name: took[name], default="")

    @property
    def switches_per_s(self) -> float | None:
        """Context switches a second on the whole machine, the trial's own among them."""
        switches = _apart(self.before.switches, self.after.switches)
        return None if switches is None else switches / self._s

    @property
    def throttles(self) -> int | None:
        """How often a core was throttled."""
        return _apart(self.before.throttles, self.after.throttles)

    def reasons(self) -> dict[DisturbedCode, str]:
        """Return why the trial counts as disturbed, by :data:`RULE`, in words; nothing where it doesn't."""
        mhz, limit = (self.before.mhz, self.after.mhz), (self.before.perf_sample_rate, self.after.perf_sample_rate)
        said = {}
        if self.stolen is not None and self.stolen > STOLEN:
            said[DisturbedCode.HOST_STEAL] = f"the host took {self.stolen:.1%} of CPU time"
        if self.others > OTHERS:
            took = f"other processes took {self.others:.0%} of a CPU, {self.busiest} most"
            said[DisturbedCode.OTHER_PROCESSES] = took
        if mhz[0] and mhz[1] and abs(mhz[1] / mhz[0] - 1) > FREQUENCY:
            said[DisturbedCode.FREQUENCY] = f"CPU frequency went from {mhz[0]:.0f} to {mhz[1]:.0f} MHz"
        if self.throttles:
            said[DisturbedCode.THROTTLED] = f"cores were throttled {self.throttles} times"
        if self.other_programs:
            others = f"{self.other_programs} other BPF programs on the same tracepoints"
            said[DisturbedCode.OTHER_PROGRAMS] = others
        if None not in limit and limit[0] != limit[1]:
            rates = f"perf_event_max_sample_rate went from {limit[0]} to {limit[1]}"
            said[DisturbedCode.PERF_LIMIT] = rates
        return said

    def columns(self) -> dict[str, Any]:
        """Return what trials.parquet holds of it."""
        reasons = self.reasons()
        return {
            "load_average": self.before.load,
            "stolen_share": self.stolen,
            "others_cpus": self.others,
            "mhz_before": self.before.mhz,
            "mhz_after": self.after.mhz,
            "throttles": self.throttles,
            "machine_switches_per_s": self.switches_per_s,
            "other_programs": self.other_programs,
            "perf_sample_rate": self.after.perf_sample_rate,
            "disturbed": "; ".join(reasons.values()),
            "disturbed_codes": list(reasons),
        }

    @property
    def _s(self) -> float:
        return max(self.after.at_s - self.before.at_s, 1e-9)


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what session.json says of the disturbance of its trials; *rows* are those of trials.parquet."""
    by_trial = {row["trial"]: bool(row["disturbed_codes"]) for row in rows}
    disturbed = sum(by_trial.values())
    return {
        "rule": RULE,
        "disturbed": disturbed,
        "trials": len(by_trial),
        "inconclusive": bool(by_trial) and disturbed > TOO_MANY * len(by_trial),
    }


def _apart(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before
