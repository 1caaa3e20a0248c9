"""Numbers as a person reads them: three significant digits, a unit that fits, and the interval beside the value.

A measured zero is shown as 0 and nothing else is: rounding never turns a small figure into none.
"""

from __future__ import annotations

import math

from ringbench.data.stats import Interval

NOT_MEASURED = "not measured"
"""What a null is called. It is never shown as 0."""
LEGEND = "In brackets: 95 % intervals; none where all repeats are alike or fewer than five."
"""What tables say of their brackets."""

TIMES = "\N{MULTIPLICATION SIGN}"

_STEPS: dict[str, tuple[tuple[float, str], ...]] = {
    "": ((0.01, "%"),),
    "points": ((0.01, "points"),),
    "1": ((1, ""),),
    "ns": ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")),
    "bytes": ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "bytes")),
    "bytes/s": ((1 << 30, "GiB/s"), (1 << 20, "MiB/s"), (1 << 10, "KiB/s"), (1, "bytes/s")),
    "events/s": ((1e6, "M events/s"), (1, "events/s")),
    "1/s": ((1, "a second"),),
}
"""Units of :class:`ringbench.data.metrics.Column` and what they are shown in, the largest first.

'' is a share of one, and 'points' (percentage points) the difference of two shares; '1' is a bare number."""

_THOUSAND = 1000
_DIGITS = 3


def scale(unit: str, magnitude: float) -> tuple[float, str]:
    """Return what to divide by, and the unit shown, for figures of about *magnitude* in *unit*."""
    steps = _STEPS.get(unit, ((1, unit),))
    return next((step for step in steps if abs(magnitude) >= step[0]), steps[-1])


def number(value: float) -> str:
    """Return *value* with three significant digits (all of them before the point), grouped by thousands."""
    if not math.isfinite(value):
        return NOT_MEASURED
    if value == 0:
        return "0"
    magnitude = abs(value)
    if magnitude >= _THOUSAND:
        return f"{value:,.0f}"
    decimals = max(0, _DIGITS - 1 - math.floor(math.log10(magnitude)))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float | None, unit: str) -> str:
    """Return *value* with its unit: '3.1 %', '1.02 MiB', '15.2 µs'; 'not measured' for None."""
    if value is None:
        return NOT_MEASURED
    factor, shown = scale(unit, value)
    return f"{number(value / factor)} {shown}".rstrip()


def size(value: float | None) -> str:
    """Return a number of bytes in the largest binary unit: '128 KiB'."""
    return "unknown size" if value is None else amount(value, "bytes")


def bounds(interval: Interval, unit: str) -> str:
    """Return the interval in the unit that :func:`amount` gives its value: '[2.0, 4.4]'.

    Return '' where there is none, and where it has no width since all repeats are alike.
    """
    if interval.value is None or interval.low is None or interval.high is None:
        return ""
    if math.isclose(interval.low, interval.high, rel_tol=1e-9):
        return ""
    factor, _ = scale(unit, interval.value or interval.high)
    return f"[{number(interval.low / factor)}, {number(interval.high / factor)}]"


def estimate(interval: Interval | None, unit: str) -> str:
    """Return value, unit and interval: '3.1 % [2.0, 4.4]'. Without an interval, the value alone."""
    if interval is None or interval.value is None:
        return NOT_MEASURED
    factor, shown = scale(unit, interval.value or interval.high or 0)
    return " ".join(part for part in (number(interval.value / factor), shown, bounds(interval, unit)) if part)


def signed(difference: Interval, unit: str) -> str:
    """Return a difference with its sign, unit and interval: '+120 events [80, 150]'."""
    return f"{'+' if difference.value and difference.value > 0 else ''}{estimate(difference, unit)}"


def positive(difference: Interval) -> Interval:
    """Return how far apart two sides are, whichever is ahead; for a difference whose interval excludes 0."""
    ends = sorted(abs(end) for end in (difference.low, difference.high) if end is not None)
    value = None if difference.value is None else abs(difference.value)
    return Interval(value, ends[0] if ends else None, ends[-1] if ends else None, difference.n)


def times(ratio: Interval) -> str:
    """Return a ratio as a factor with its interval: '0.23 x [0.21, 0.25]', with the sign of multiplication."""
    if ratio.value is None:
        return NOT_MEASURED
    return " ".join(part for part in (f"{number(ratio.value)} {TIMES}", bounds(ratio, "1")) if part)


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Return '1 repeat', '5 repeats'."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listed(words: list[str]) -> str:
    """Return 'a', 'a and b', 'a, b and c'."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
