"""The offered load: how much of a workload is asked for, behind an @ in its name.

``fork-exec@60%`` is a share of what this machine does flat out, found once before a session and frozen
(ringbench.run.calibration); ``fork-exec@500`` is a rate in operations a second on each CPU. Every cell is then offered
the same, and one that could not take it is saturated. A workload without an @ is a closed loop: it goes flat out, and
the transport's own cost sets its pace.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ringbench.errors import OptionError

TAKEN = 0.98
"""The share of what was offered that must have been done, or the trial is saturated. A paced worker keeps an absolute
schedule, so one that is late for a moment catches up; one that misses 2 % of a window never did."""
_MOST = 1e9


@dataclass(frozen=True)
class Offered:
    """What is asked of a workload: a share of flat out, or a rate. One of them is set."""

    share: float | None = None
    per_s: float | None = None
    """Operations a second on each CPU."""


def split(name: str) -> tuple[str, Offered | None]:
    """Return a workload's name without its load, and the load: ``fork-exec@60%`` is fork-exec at 0.6 of flat out.

    Raises OptionError for a load that is none.
    """
    workload, at, text = name.partition("@")
    if not at:
        return name, None
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([kKM%]?)", text, re.ASCII)
    value = float(match.group(1)) if match else 0.0
    unit = match.group(2) if match else ""
    if unit == "%" and 0 < value <= 100:
        return workload, Offered(share=value / 100)
    per_s = value * {"k": 1e3, "K": 1e3, "M": 1e6}.get(unit, 1.0)
    if unit == "%" or not 0 < per_s <= _MOST:
        raise OptionError(
            f"workload {name!r}: behind the @ stands its load, a share of flat out like {workload}@60%, "
            f"or operations a second on each CPU like {workload}@500."
        )
    return workload, Offered(per_s=per_s)


def is_saturated(offered_per_s: float | None, done_per_s: float | None) -> bool | None:
    """Tell whether less was done than was offered, by :data:`TAKEN`; None where either isn't known."""
    if offered_per_s is None or done_per_s is None:
        return None
    return done_per_s < TAKEN * offered_per_s
