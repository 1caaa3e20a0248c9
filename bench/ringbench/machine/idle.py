"""How deep an idle CPU sleeps."""

from __future__ import annotations

from pathlib import Path

from ringbench.machine.files import line, matching, number
from ringbench.machine.knob import Finding

_CPU = "sys/devices/system/cpu"
_DEEP_US = 10
"""Exit latency, in microseconds, above which a state is deep. A wake-up costs about 5 us by itself (docs/readers.md);
halting (C1, C1E) adds up to 10, the states below it 50 to 200 (drivers/idle/intel_idle.c)."""


class IdleStates:
    """The states in which a CPU waits for work."""

    name = "idle states"
    why = f"a reader that waits lets its CPU sleep: a state of more than {_DEEP_US} us to leave is most of a wake-up"
    metrics = ("wakeups", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return the deepest state that is enabled on any CPU; None on a kernel without cpuidle."""
        driver = line(root, f"{_CPU}/cpuidle/current_driver")
        if driver is None:
            return None
        states = [
            (latency, line(path, "name") or path.name)
            for path in matching(root, f"{_CPU}/cpu[0-9]*/cpuidle/state[0-9]*")
            if not number(path, "disable") and (latency := number(path, "latency")) is not None
        ]
        if not states:
            return Finding(self.name, f"{driver}: none to choose from", "ok", self.why)
        latency, state = max(states)
        seen = f"{driver}: down to {state}, {latency} us to leave by its own account"
        if latency <= _DEEP_US:
            return Finding(self.name, seen, "ok", self.why)
        # -D takes the lowest latency to disable (cpupower-idle-set(1))
        return Finding(self.name, seen, "matters", self.why, f"cpupower idle-set -D {_DEEP_US + 1} (back: -E)")
