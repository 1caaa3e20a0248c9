"""A violation as a person can see it: which CPU, which process, what happened when and what was delivered when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.quantities import amount
from ringbench.analysis.view import shown
from ringbench.data.order.result import Example, Seen

_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


@dataclass(frozen=True)
class Line:
    """One event of a timeline, as text."""

    stamped: str
    """After the life's first stamp."""
    cpu: str
    kind: str
    who: str
    turn: str
    """Which of the life's events was delivered first, and so on."""
    delivered: str
    """The first one after the life's first stamp, the others after that."""
    place: str
    """In the whole recording."""


def worst(surveyed: Sequence[Surveyed], most: int = 10) -> list[tuple[Surveyed, Example]]:
    """Return the worst violations of several recordings, the worst first, each with its recording."""
    found = [(each, example) for each in surveyed for example in each.order.examples]
    return sorted(found, key=lambda pair: -pair[1].lateness_ns)[:most]


def headline(example: Example) -> str:
    """Return what happened, in a line."""
    cause = next((event for event in example.events if event.place == example.cause_place), example.events[-1])
    before = [event.kind for event in example.events if event.place < cause.place and _after(event, cause)]
    own = " and ".join(f"its {kind}" for kind in dict.fromkeys(before)) or "later events of its own"
    return (
        f"pid {cause.pid} ({shown(_name(example))}): its {cause.kind} was delivered after {own}, "
        f"{amount(example.lateness_ns, 'ns')} behind the newest event"
    )


def lines(example: Example) -> list[Line]:
    """Return the events by stamp."""
    turn = {event.place: number for number, event in enumerate(_delivered(example), start=1)}
    return [
        Line(
            amount(event.ts_ns, "ns"),
            str(event.cpu),
            event.kind,
            f"{event.pid} {shown(event.comm)}",
            _ORDINALS.get(turn[event.place], f"{turn[event.place]}th"),
            _when(event, example),
            f"{event.place:,}",
        )
        for event in _stamped(example)
    ]


def svg(example: Example) -> Markup:
    """Return the same as a drawing: a lane a CPU with events at their stamps, and below the order of delivery.

    Stamps are spread evenly, not to scale: they lie from nanoseconds to milliseconds apart. Times are written out.
    """
    stamped, delivered = _stamped(example), _delivered(example)
    cpus = sorted({event.cpu for event in stamped})
    left, step, lane = 90, max(90, 600 // max(1, len(stamped))), 34
    width, below = left + step * len(stamped) + 20, 40 + lane * len(cpus)
    at = {event.place: left + step * number + step // 2 for number, event in enumerate(stamped)}
    turn = {event.place: left + step * number + step // 2 for number, event in enumerate(delivered)}
    parts = [
        f'<svg viewBox="0 0 {width} {below + 76}" role="img" aria-label="{escape(headline(example))}" '
        'font-size="12" font-family="DejaVu Sans, sans-serif">'
    ]
    for number, cpu in enumerate(cpus):
        y = 30 + lane * number
        parts.append(f'<text x="4" y="{y + 4}" fill="#59636e">CPU {cpu}</text>')
        parts.append(f'<line x1="{left}" x2="{width - 10}" y1="{y}" y2="{y}" stroke="#d1d9e0"/>')
    parts.append(f'<text x="4" y="{below + 44}" fill="#59636e">delivered</text>')
    parts.append(f'<line x1="{left}" x2="{width - 10}" y1="{below + 40}" y2="{below + 40}" stroke="#d1d9e0"/>')
    for event in stamped:
        x, y, to = at[event.place], 30 + lane * cpus.index(event.cpu), turn[event.place]
        late = event.place == example.cause_place
        colour, dash = ("#d55e00", "") if late else ("#59636e", ' stroke-dasharray="3 3"')
        parts.append(f'<line x1="{x}" y1="{y}" x2="{to}" y2="{below + 40}" stroke="{colour}"{dash}/>')
        parts.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>')
        parts.append(f'<circle cx="{to}" cy="{below + 40}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{x}" y="{y - 9}" text-anchor="middle" fill="#1f2328">{escape(event.kind)}</text>')
        parts.append(_below(x, y + 17, amount(event.ts_ns, "ns")))
        parts.append(_below(to, below + 58, _when(event, example)))
        parts.append(_below(to, below + 72, f"#{event.place:,}"))
    return Markup("".join(parts) + "</svg>")


def _when(event: Seen, example: Example) -> str:
    first = _delivered(example)[0]
    if event.place == first.place:
        return f"after {amount(event.received_ns, 'ns')}"
    return f"+{amount(event.received_ns - first.received_ns, 'ns')}"


def _below(x: int, y: int, words: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle" fill="#59636e" font-size="10">{escape(words)}</text>'


def _stamped(example: Example) -> list[Seen]:
    return sorted(example.events, key=lambda event: (event.ts_ns, event.place))


def _delivered(example: Example) -> list[Seen]:
    return sorted(example.events, key=lambda event: event.place)


def _after(event: Seen, cause: Seen) -> bool:
    return event.kind == "exit" or (event.kind == "exec" and cause.kind == "fork")


def _name(example: Example) -> bytes:
    """Return what the process called itself last."""
    return max(example.events, key=lambda event: (event.ts_ns, event.place)).comm
