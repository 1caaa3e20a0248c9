"""The io_uring layer against the real kernel: what is posted comes once, in its order, also from the kernel's list."""

from __future__ import annotations

import os
import select
from pathlib import Path

import pytest

from ringbench.errors import MissingRequirementError
from ringbench.kernel import uring
from ringbench.kernel.uring import Uring

_NOP = 0
"""IORING_OP_NOP, which nothing but a test submits."""

pytestmark = pytest.mark.skipif(
    Path("/proc/sys/kernel/io_uring_disabled").exists()
    and Path("/proc/sys/kernel/io_uring_disabled").read_text().strip() == "2",
    reason="io_uring is switched off here (kernel.io_uring_disabled)",
)


def _post(own: Uring, target: Uring, number: int) -> int:
    """Post a completion of three numbers into *target*; return the kernel's answer."""
    own.push(
        uring.MSG_RING, target.fd, user_data=7, off=number, addr=uring.MSG_DATA, len_=number & 0xFFFF,
        op_flags=uring.MSG_RING_FLAGS_PASS, file_index=number % 11,
    )  # fmt: skip
    assert own.enter(1) == 1
    (answer,) = own.reap()
    assert answer["user_data"] == 7
    return int(answer["res"])


def test_what_is_posted_comes_in_order_round_after_round_and_nothing_twice() -> None:
    with Uring(4, cq_entries=8) as target, Uring(2) as own:
        for start in range(0, 60, 5):  # five do not divide eight: each round begins elsewhere
            assert [_post(own, target, number) for number in range(start, start + 5)] == [0] * 5
            taken = target.reap()
            assert taken["user_data"].tolist() == list(range(start, start + 5))
            assert taken["flags"].tolist() == [number % 11 for number in range(start, start + 5)]
            assert not len(target.reap())
        assert not target.overflowing


def test_a_full_ring_refuses_nothing_and_the_rest_comes_in_order() -> None:
    with Uring(1, cq_entries=4) as target, Uring(1) as own:
        assert [_post(own, target, number) for number in range(10)] == [0] * 10
        assert target.overflowing
        taken = target.reap()["user_data"].tolist()
        assert taken == [0, 1, 2, 3]
        while target.overflowing:
            target.enter()
            taken += target.reap()["user_data"].tolist()
        assert taken == list(range(10))
        assert target.dropped == 0


def test_longer_completions_carry_no_more() -> None:
    with Uring(1, cq_entries=4, flags=uring.SETUP_CQE32) as target, Uring(1) as own:
        answer = _post(own, target, 5)
        assert answer == 0
        assert target.reap()["user_data"].tolist() == [5]


def test_a_descriptor_is_polled_again_and_again_by_one_submission() -> None:
    reading, writing = os.pipe()
    with Uring(2) as ring:
        ring.push(uring.POLL_ADD, reading, user_data=3, len_=uring.POLL_ADD_MULTI, op_flags=select.EPOLLIN)
        ring.enter(1)
        assert not len(ring.reap())
        for _ in range(3):
            os.write(writing, b"x")
            ring.enter(wait=1)
            (seen,) = ring.reap()
            assert (seen["user_data"], seen["res"]) == (3, select.EPOLLIN)
            assert seen["flags"] & uring.CQE_F_MORE
            os.read(reading, 1)
    os.close(reading)
    os.close(writing)


def test_what_cannot_be_done_is_said() -> None:
    with pytest.raises(
        MissingRequirementError, match=r"io_uring cannot be had .*Invalid argument.*io_uring_disabled is"
    ):
        Uring(8, cq_entries=4)
    with Uring(1) as ring:
        ring.push(_NOP, -1)
        with pytest.raises(ValueError, match="enter"):
            ring.push(_NOP, -1)
        assert ring.enter(1) == 1


def test_no_descriptor_is_left() -> None:
    before = os.listdir("/proc/self/fd")
    with Uring(4):
        pass
    assert os.listdir("/proc/self/fd") == before
