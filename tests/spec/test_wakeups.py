"""A wake-up is one object: registered, it is read, compiled, opened, limited and named like the others."""

from __future__ import annotations

import struct

import pytest

from ringbench.analysis.setting import Setting
from ringbench.data.store.schema import TRIALS
from ringbench.errors import OptionError
from ringbench.kernel.syscalls import bpf_output_attr
from ringbench.spec.wakeups import WAKEUPS, WakeupKind, is_waking, wakeup
from tests.analysis.synthetic import row

_FLAGS, _WAKEUP = 40, 48
_WATERMARK = 1 << 14
"""Offsets in struct perf_event_attr, and its bit `watermark` (include/uapi/linux/perf_event.h)."""


@pytest.fixture
def dozens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that is made up: `dozens:N`."""
    kind = WakeupKind(
        name="dozens",
        usage="dozens:N",
        description="one record in a dozen",
        define=lambda n: f"-DWAKE_BATCH={12 * n}",
        perf_records=lambda n: 12 * n,
        least_bytes=lambda n, stride: 12 * n * stride,
        parse=int,
        example="dozens:2",
        place=0,
        words="a wake-up for every dozen or so",
    )
    monkeypatch.setitem(WAKEUPS, "dozens", kind)


def _attributes(name: str) -> tuple[bool, int]:
    """Return whether perf goes by bytes under the policy, and after how many it wakes."""
    attr = bpf_output_attr(wakeup(name))
    (flags,), (after,) = struct.unpack_from("<Q", attr, _FLAGS), struct.unpack_from("<I", attr, _WAKEUP)
    return bool(flags & _WATERMARK), after


@pytest.mark.usefixtures("dozens")
def test_a_new_kind_needs_nothing_else() -> None:
    policy = wakeup("dozens:2")
    assert policy.name == "dozens:2"
    assert policy.wakes
    assert policy.define == "-DWAKE_BATCH=24"
    assert _attributes("dozens:2") == (False, 24)
    assert policy.ring_too_small(4096, 64) is None
    assert "1536 bytes in a ring of 2048" in str(policy.ring_too_small(2048, 64))
    setting = Setting.of({**dict.fromkeys(TRIALS.names), **row(wakeup="dozens:2", wait="epoll")})
    assert setting.wakeup_words == "a wake-up for every dozen or so"
    assert setting.woken
    with pytest.raises(OptionError, match="write it like dozens:2"):
        wakeup("dozens:none")


@pytest.mark.parametrize(
    ("name", "define", "attributes"),
    [
        ("every", "-DWAKE=BPF_RB_FORCE_WAKEUP", (False, 1)),
        ("batch:500", "-DWAKE_BATCH=500", (False, 500)),
        ("bytes:16K", "-DWAKE_BYTES=16384", (True, 16384)),
        ("none", "-DWAKE=BPF_RB_NO_WAKEUP", (True, 0xFFFFFFFF)),
        ("adaptive", "-DWAKE=0", (True, 0xFFFFFFFF)),
    ],
)
def test_what_each_kind_is_for_the_ringbuf_and_for_perf(name: str, define: str, attributes: tuple[bool, int]) -> None:
    assert wakeup(name).define == define
    assert _attributes(name) == attributes


def test_who_is_not_known_is_taken_to_wake() -> None:
    assert is_waking("gone:7")
    assert not is_waking("none")
