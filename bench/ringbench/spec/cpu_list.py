"""Lists of CPUs as the kernel writes them: "0-1,4"."""

from __future__ import annotations

from collections.abc import Iterable

from ringbench.errors import OptionError


def parse(text: str) -> tuple[int, ...]:
    """Return the CPUs of a list like "0-1,4", sorted, each once; OptionError when it isn't one."""
    cpus: set[int] = set()
    for part in text.strip().split(","):
        low, dash, high = part.partition("-")
        if not (low.isdecimal() and (high.isdecimal() if dash else not high)) or not part.isascii() or len(part) > 12:
            raise OptionError(f"{text!r} is not a list of CPUs: write it like 0-1,4.")
        first, last = int(low), int(high or low)
        if last < first or last > 65535:
            raise OptionError(f"{text!r} is not a list of CPUs: write it like 0-1,4.")
        cpus.update(range(first, last + 1))
    return tuple(sorted(cpus))


def count(text: str | None) -> int | None:
    """Return how many CPUs a list like "0-1,4" names; None where it is none."""
    try:
        return None if text is None else len(parse(text))
    except OptionError:
        return None


def show(cpus: Iterable[int]) -> str:
    """Return CPUs as a list like "0-1,4"."""
    runs: list[list[int]] = []
    for cpu in sorted(cpus):
        if runs and runs[-1][1] == cpu - 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
