"""How fast the processors run: governor, turbo, and heat."""

from __future__ import annotations

from pathlib import Path

from ringbench.machine.files import line, matching, number
from ringbench.machine.knob import Finding

_CPU = "sys/devices/system/cpu"


class Governor:
    """The policy that sets each CPU's frequency."""

    name = "frequency governor"
    why = "a CPU that speeds up during a trial makes the first events dearer: cost and latency spread"
    metrics = ("throughput", "cost", "capacity", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return the governors in use; None where the kernel sets no frequencies (most virtual machines)."""
        paths = matching(root / _CPU, "cpu[0-9]*/cpufreq/scaling_governor")
        governors = sorted({text for path in paths if (text := line(path.parent, path.name))})
        if not governors:
            return None
        seen = ", ".join(governors)
        if governors == ["performance"]:
            return Finding(self.name, seen, "ok", self.why)
        return Finding(self.name, seen, "matters", self.why, "cpupower frequency-set -g performance")


class Turbo:
    """Frequencies above the nominal one, as long as power and heat allow."""

    name = "turbo"
    why = "the speed then depends on heat and on how many CPUs are busy: throughput of long runs falls, 1 CPU beats 2"
    metrics = ("throughput", "cost", "capacity", "latency")
    # which file, its value when turbo is on, and its value when off
    _files = ((f"{_CPU}/intel_pstate/no_turbo", 0, 1), (f"{_CPU}/cpufreq/boost", 1, 0))

    def examine(self, root: Path) -> Finding | None:
        """Return whether turbo is on; None where the kernel does not tell."""
        for path, on, off in self._files:
            value = number(root, path)
            if value == on:
                return Finding(self.name, "on", "matters", self.why, f"echo {off} > /{path}")
            if value == off:
                return Finding(self.name, "off", "ok", self.why)
        return None


class Throttling:
    """How often heat has slowed the CPUs down."""

    name = "thermal throttling"
    why = "a CPU that is too hot runs slower until it has cooled: later trials differ from earlier ones"
    metrics = ("throughput", "cost", "capacity", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return the highest counts since boot; None where the CPUs do not count it (all but Intel's)."""
        # Every CPU of a package counts the same events of it (drivers/thermal/intel/therm_throt.c): no sum tells more.
        counts = {
            kind: max(numbers)
            for kind in ("core", "package")
            if (numbers := self._counts(root, f"cpu[0-9]*/thermal_throttle/{kind}_throttle_count"))
        }
        if not counts:
            return None
        seen = ", ".join(f"{kind} {count}" for kind, count in counts.items()) + " times since boot"
        if not any(counts.values()):
            return Finding(self.name, seen, "ok", self.why)
        fix = "cool it, or turn turbo off; the counts go on from here, so see whether a run raises them"
        return Finding(self.name, seen, "matters", self.why, fix)

    def _counts(self, root: Path, pattern: str) -> list[int]:
        found = (number(path.parent, path.name) for path in matching(root / _CPU, pattern))
        return [count for count in found if count is not None]
