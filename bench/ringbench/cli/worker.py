"""``ringbench side``: one side of ``ringbench ab``, which starts it. Not for people."""

from __future__ import annotations

import os
import sys

import click


@click.command("side", hidden=True)
def side() -> None:
    """Answer the requests of `ringbench ab` on standard input. Needs root."""
    from ringbench.cli import trial_processes
    from ringbench.kernel import program
    from ringbench.machine import isolation
    from ringbench.run.interleave.worker import serve

    program.need_root()
    # Answers have a pipe of their own: whatever else is printed here or in a child must not come among them.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    trial_processes.prepare()
    isolation.warm_up()
    serve(iter(sys.stdin.readline, ""), answers)
