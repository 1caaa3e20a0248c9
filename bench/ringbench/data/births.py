"""Which life each event is of, where the record doesn't say: found afterwards, by following the forks.

The BPF program names lives as they begin (bpf/lifecycle.c), and its records carry the name. ftrace's don't: there a
life is what lies between the fork of a pid and its exit, in the order of the stamps.
"""

from __future__ import annotations

import numpy as np

from ringbench.spec.event import EXEC, EXIT, FORK, Events


def fill_births(events: Events) -> None:
    """Fill in ``birth``, and ``parent_pid`` of exec and exit, in place. *events*: dtype DELIVERED, in any order.

    An exec's ``parent_pid`` must hold what its thread's pid was before (``old_pid``): a thread that execs takes over
    its leader's pid, and the life that goes on is the thread's. 0 stands for lives whose fork is not among *events*.
    Names are made as the program makes them: the fork's CPU, plus one, in the upper 16 bits, a count per CPU below.
    O(n log n).
    """
    order = np.argsort(events["ts_ns"], kind="stable")
    births, parents = np.zeros(len(events), np.uint64), np.zeros(len(events), np.uint32)
    alive: dict[int, tuple[int, int]] = {}
    count: dict[int, int] = {}
    columns = (events[name][order].tolist() for name in ("kind", "pid", "parent_pid", "cpu"))
    for place, kind, pid, other_pid, cpu in zip(order.tolist(), *columns, strict=True):
        life = (0, 0)
        if kind == FORK:
            count[cpu] = count.get(cpu, 0) + 1
            life = alive[pid] = ((cpu + 1) << 48 | count[cpu], other_pid)
        elif kind == EXEC:
            life = alive.pop(other_pid, life)
            if life[0]:
                alive[pid] = life
            else:
                alive.pop(pid, None)
        elif kind == EXIT:
            life = alive.pop(pid, life)
        births[place], parents[place] = life
    events["birth"], events["parent_pid"] = births, parents
