"""What the processes of trials find imported already when a command of this package measures."""

from __future__ import annotations


def prepare() -> None:
    """Have what trials need imported before the first of them. To be called before anything is tried or measured.

    Starts nothing: the first process that is needed does (:mod:`ringbench.machine.isolation`).
    """
    from ringbench import cli
    from ringbench.machine import isolation
    from ringbench.run.trials import trial

    isolation.preload(cli, trial)
