"""Plans that grow while their session goes on: until intervals are narrow, or until a size is found.

What comes next is told by what is stored alone, so a session that was interrupted goes on as it would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ringbench.run.adaptive import frontier, precision
from ringbench.spec.growth import SizeSearch
from ringbench.spec.plan import Plan

__all__ = ["grown"]


def grown(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> Plan | str | None:
    """Return *plan* with the block that its growth wants next, or why *rows*, all that is stored, are enough.

    None where nothing adds to it.
    """
    rule = plan.growth
    if rule is None:
        return None
    if isinstance(rule, SizeSearch):
        wanted = frontier.next_block(rule, plan.trials, rows)
    else:
        wanted = precision.next_block(rule, plan.trials, rows)
    return wanted if isinstance(wanted, str) else plan.extended(wanted)
