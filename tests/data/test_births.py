"""Lives are told apart by their forks, whatever the order of delivery, and however often a pid is used again."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.births import fill_births
from ringbench.spec.event import DELIVERED, EXEC, EXIT, FORK, Events


def _events(rows: list[tuple[int, int, int]]) -> Events:
    """Return events of (kind, pid, other pid), a ns apart."""
    found = np.zeros(len(rows), DELIVERED)
    for place, (kind, pid, other) in enumerate(rows):
        found[place]["ts_ns"] = place + 1
        found[place]["kind"], found[place]["pid"], found[place]["parent_pid"] = kind, pid, other
    return found


def test_a_pid_that_is_used_again_is_another_life() -> None:
    events = _events([(FORK, 5, 1), (EXEC, 5, 5), (EXIT, 5, 0), (EXEC, 5, 5), (FORK, 5, 2), (EXIT, 5, 0)])
    fill_births(events)
    first, second = (1 << 48) + 1, (1 << 48) + 2
    assert events["birth"].tolist() == [first] * 3 + [0] + [second] * 2
    assert events["parent_pid"].tolist() == [1, 1, 1, 0, 2, 2]


def test_a_thread_that_execs_takes_its_life_to_its_leaders_pid() -> None:
    events = _events([(FORK, 5, 1), (FORK, 6, 5), (EXIT, 5, 0), (EXEC, 5, 6), (EXIT, 5, 0)])
    fill_births(events)
    leader, thread = events["birth"][:2].tolist()
    assert events["birth"].tolist() == [leader, thread, leader, thread, thread]


def test_a_thread_from_before_that_execs_ends_its_leaders_life() -> None:
    events = _events([(FORK, 5, 1), (EXEC, 5, 9), (EXIT, 5, 0)])
    fill_births(events)
    assert events["birth"][1:].tolist() == [0, 0]


def test_what_began_before_belongs_to_no_life() -> None:
    events = _events([(EXEC, 5, 5), (EXIT, 5, 0)])
    fill_births(events)
    assert events["birth"].tolist() == events["parent_pid"].tolist() == [0, 0]


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 2**32))
def test_every_life_has_one_name_in_any_order_of_delivery(choices: list[int], seed: int) -> None:
    chance, alive, rows, lives = random.Random(seed), {}, [], []
    for number, choice in enumerate(choices):
        if choice == FORK or not alive:
            pid = next(pid for pid in range(1, 99) if pid not in alive)  # used again at once
            alive[pid] = number
            rows.append((FORK, pid, 99))
            lives.append(number)
        else:
            pid = chance.choice(list(alive))
            ends = choice == EXIT
            rows.append((EXIT if ends else EXEC, pid, 0 if ends else pid))
            lives.append(alive.pop(pid) if ends else alive[pid])
    events = _events(rows)
    order = np.arange(len(events))
    chance.shuffle(order)
    events = events[order]
    fill_births(events)
    named = {(lives[place], int(birth)) for place, birth in zip(order, events["birth"], strict=True)}
    assert len(named) == len({life for life, _ in named}) == len({birth for _, birth in named})
    assert all(birth for _, birth in named)
