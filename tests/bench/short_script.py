"""What a short BCC script does: the yardstick for our callback readers."""

from __future__ import annotations

from typing import Any

total = 0
bpf: Any = None
events = ""


def decoding(context: Any, data: int, size: int) -> int:
    global total  # noqa: PLW0603 - as scripts do
    event = bpf[events].event(data)
    total += event.seq
    return 0


def counting(context: Any, data: int, size: int) -> int:
    global total  # noqa: PLW0603
    total += 1
    return 0
