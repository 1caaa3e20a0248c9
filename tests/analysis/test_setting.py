from __future__ import annotations

import pytest

from ringbench.analysis.cells import cells_of
from ringbench.analysis.setting import Setting
from tests.analysis.synthetic import row, view

OLD = {"wait": None, "placement": None, "record_bytes": None}
WOKEN = {"drain_interval_s": None, "wait": "epoll"}


def words(**changed: object) -> str:
    return Setting.of(row(**changed)).words()


def test_the_setting_is_told_in_words() -> None:
    assert words(workload="burst", cpus="0") == (
        "bulk reader, no wake-ups (drained every 1 ms), burst on CPU 0, 1 MiB, isolated trials"
    )
    assert words(reader="callback", wakeup="every", mode="paired") == (
        "callback reader, a wake-up for every event, fork-exec on CPUs 0-1, 1 MiB, paired trials"
    )
    assert "wake-up adaptive" in words(wakeup="adaptive")


def test_what_is_usual_goes_without_saying() -> None:
    assert words(wait="sleep:1ms", placement="free", record_bytes=56) == words(**OLD)
    assert words(wakeup="every", **WOKEN, placement="free", record_bytes=56) == words(wakeup="every", **OLD)
    assert words(drain_interval_s=None, **OLD).startswith("bulk reader, no wake-ups (timed drain), ")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"placement": "other"}, "bulk reader on another CPU, no"),
        ({"placement": "same"}, "bulk reader on the same CPU, no"),
        ({"placement": "moon"}, "bulk reader placed moon, no"),
        ({"wait": "spin:50us", "drain_interval_s": None}, "no wake-ups, spinning, a look every 50 µs, fork"),
        ({"wait": "spin:0s", "drain_interval_s": None}, "no wake-ups, spinning without a pause, fork"),
        ({"wait": "epoll", "drain_interval_s": None}, "no wake-ups, asleep in epoll until woken, fork"),
        ({"wakeup": "batch:500", "wait": "sleep:1ms"}, "wake-up batch:500, asleep, a look every 1 ms, fork"),
        (
            {"wakeup": "adaptive", **WOKEN, "wait": "epoll:50us"},
            "wake-up adaptive, asleep 50 µs after each look, fork",
        ),
        ({"wakeup": "every", **WOKEN, "wait": "uring"}, "a wake-up for every event, asleep in io_uring, fork"),
        (
            {"wakeup": "adaptive", **WOKEN, "wait": "uring:50us"},
            "wake-up adaptive, asleep in io_uring, and 50 µs after each look, fork",
        ),
        ({"wakeup": "bytes:16K", **WOKEN, "wait": "tea:break"}, "wake-up bytes:16K, wait tea:break, fork"),
        ({"workload": "firehose:32", "record_bytes": 1024}, "firehose:32 on CPUs 0-1, 1,024-byte records, 1 MiB"),
        ({"workload": "firehose:32", "record_bytes": 56}, "firehose:32 on CPUs 0-1, 56-byte records, 1 MiB"),
        ({"mode": "capacity", "drain_interval_s": None}, "bulk reader, no wake-ups, fork-exec"),
    ],
)
def test_what_is_not_usual_is_named(changed: dict[str, object], told: str) -> None:
    assert told in words(**changed)


def test_without_reader_or_load_the_rest_is_told() -> None:
    setting = Setting.of(row(placement="other", record_bytes=8))
    assert setting.words(with_reader=False).startswith("no wake-ups (drained every 1 ms), fork-exec")
    assert setting.words(with_load=False) == (
        "bulk reader on another CPU, no wake-ups (drained every 1 ms), isolated trials"
    )


def test_numbers_come_in_the_order_of_what_they_count_and_unknown_names_last() -> None:
    def order(name: str, values: list[object]) -> list[object]:
        rows = [row(block=n, **{name: value}) for n, value in enumerate(values)]
        return [getattr(cell.setting, name) for cell in cells_of(view(rows).valid)]

    assert order("wakeup", ["batch:1000", "moon", "batch:64", "none", "batch:512"]) == [
        *("none", "batch:64", "batch:512", "batch:1000", "moon")
    ]
    assert order("reader", ["callback", "bulk-view:1ms", "libbpf", "bulk"]) == [
        *("bulk", "bulk-view:1ms", "libbpf", "callback")
    ]
    assert order("record_bytes", [1024, 8, 64]) == [8, 64, 1024]
    assert order("placement", ["same", "free", "other"]) == ["free", "other", "same"]
