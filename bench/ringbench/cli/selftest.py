"""``ringbench selftest``: how often the suite is wrong, measured where the answer is known."""

from __future__ import annotations

import click

from ringbench.cli.selftest_aa import aa
from ringbench.cli.selftest_gate import gate

_EXAMPLES = """\b
Examples:
  sudo ringbench selftest aa                        the same transport under two names, twenty minutes
  sudo ringbench selftest gate --out results/gate   the gate's false alarms and misses, twenty-five minutes
"""


@click.group("selftest", epilog=_EXAMPLES)
def selftest() -> None:
    """Test the suite itself: does it report a difference that is not there, or miss one that is?"""


selftest.add_command(aa)
selftest.add_command(gate)
