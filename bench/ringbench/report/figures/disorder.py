"""Figure: the disorder itself: in which order one stretch of time was delivered, by CPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.text import together, where
from ringbench.analysis.quantities import amount, count, number
from ringbench.analysis.view import SessionView, shown
from ringbench.data.order.scene import Scene
from ringbench.report.figures import style
from ringbench.report.figures.axis import linear_x, linear_y
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind
from ringbench.report.figures.style import Sheet
from ringbench.report.figures.svg import tip

_SIDE, _LEFT, _BETWEEN, _RIGHT = 3.0, 0.8, 0.35, 0.2
_LEGEND, _HEAD, _AXIS = 0.12, 0.42, 0.5
_CPUS = (("#1f2328", "o"), ("#cc79a7", "^"), ("#009e73", "s"), ("#e69f00", "D"))
"""How the first CPUs are drawn, in none of the transports' colours; more of them take turns."""
_NAMED = 4
"""CPUs that the legend has room for."""


def draw(view: SessionView) -> Figure | None:
    """Draw the same stretch for each of two transports of one trial; None where no event was late."""
    seen = _seen(view)
    if not seen:
        return None
    scenes = [scene for _, scene in seen]
    cpus = _cpus(scenes)
    wide = (style.WIDTH - _LEFT - _RIGHT - _BETWEEN * (len(seen) - 1)) / len(seen)
    sheet = Sheet(view, _title(seen), _subtitle(seen), body=_LEGEND + _HEAD + _SIDE + _AXIS, note=_note(seen))
    with style.looks():
        for place, (each, scene) in enumerate(seen):
            left = _LEFT + place * (wide + _BETWEEN)
            axes = sheet.panel(_LEGEND + _HEAD, _SIDE, left, style.WIDTH - left - wide)
            _panel(axes, scene, scenes, cpus)
            few = f"{number(scene.late_events)} of {count(scene.events, 'event')} late"
            axes.set_title(f"{style.text(each.order.transport, 30)}: {few}", loc="left", fontsize=9, pad=8)
            if place:
                axes.tick_params(labelleft=False)
            else:
                axes.set_ylabel("order of delivery", fontsize=8.5)
        sheet.legend(_keys(cpus))
    return sheet.figure


def alt(view: SessionView) -> str:
    """Say what each transport did with the stretch."""
    return " ".join(
        f"{shown(each.order.transport)}: of {count(scene.events, 'event')} stamped within "
        f"{amount(scene.length_ns, 'ns')}, {_late(scene)} were delivered after a younger one."
        for each, scene in _seen(view)
    )


def data(view: SessionView) -> Table:
    """Return every event that is drawn."""
    return [
        {
            "transport": shown(each.order.transport),
            "order of delivery": int(place),
            "ns since the stretch began": int(after),
            "CPU": int(cpu),
            "late": bool(late),
        }
        for each, scene in _seen(view)
        for place, after, cpu, late in zip(scene.place, scene.after_ns, scene.cpu, scene.late, strict=True)
    ]


def _seen(view: SessionView) -> list[tuple[Surveyed, Scene]]:
    # In a paired trial one scene is of both; a scene takes a reading, so only those that are drawn are asked for.
    late = (
        each for each in view.orders if each.order.delivered.late_events or (each.row or {}).get("mode") == "paired"
    )
    return [(each, scene) for each in together(late) if (scene := each.scene) is not None]


def _title(seen: Sequence[tuple[Surveyed, Scene]]) -> str:
    told = [f"{_late(scene)} with {shown(each.order.transport)}" for each, scene in seen]
    return f"Events that came late within {amount(seen[0][1].length_ns, 'ns')}: {', '.join(told)}"


def _subtitle(seen: Sequence[tuple[Surveyed, Scene]]) -> str:
    first = seen[0][0]
    same = (
        "the same events with each transport"
        if first.row is not None and first.row["mode"] == "paired"
        else "each transport had events of its own"
    )
    return f"{where(first)}: {same}" if where(first) else same


def _note(seen: Sequence[tuple[Surveyed, Scene]]) -> str:
    every = max(scene.every for _, scene in seen)
    thinned = f" Drawn: one event in {every}, in the order of delivery." if every > 1 else ""
    return (
        "A point is an event. In order, points rise from left to right; a point left of one below it was delivered "
        f"after a younger event. The stretch is the one around the latest event. First repeat alone.{thinned}"
    )


def _late(scene: Scene) -> str:
    by = f", by up to {amount(scene.latest_ns, 'ns')}" if scene.latest_ns else ""
    return f"{number(scene.late_events)} of {number(scene.events)}{by}"


def _panel(axes: Axes, scene: Scene, every: Sequence[Scene], cpus: Sequence[int]) -> None:
    for cpu in np.unique(scene.cpu):
        color, marker = _look(int(cpu), cpus)
        mine = scene.cpu == cpu
        (points,) = axes.plot(
            scene.after_ns[mine], scene.place[mine], marker, ls="", color=color, ms=2.6, mew=0, clip_on=False
        )
        points.set_gid(tip(f"CPU {cpu}: {count(int(mine.sum()), 'event')}, {int(scene.late[mine].sum())} of them late"))
    unit = linear_x(axes, [float(other.length_ns) for other in every], "ns", 4)
    linear_y(axes, [float(max(other.events for other in every))], "1")
    axes.grid()
    axes.set_axisbelow(True)
    axes.set_xlabel(f"stamp, {unit} since the stretch began", fontsize=8.5)


def _keys(cpus: Sequence[int]) -> list[Line2D]:
    keys = []
    for cpu in cpus[:_NAMED]:
        color, marker = _look(cpu, cpus)
        keys.append(Line2D([], [], ls="", color=color, marker=marker, ms=4, label=f"event of CPU {cpu}"))
    if len(cpus) > _NAMED:
        keys.append(Line2D([], [], ls="", label=f"{count(len(cpus) - _NAMED, 'more CPU')}, whose looks repeat"))
    return keys


def _look(cpu: int, cpus: Sequence[int]) -> tuple[str, str]:
    return _CPUS[cpus.index(cpu) % len(_CPUS)]


def _cpus(scenes: Sequence[Scene]) -> list[int]:
    return sorted({int(cpu) for scene in scenes for cpu in np.unique(scene.cpu)})


FIGURE = FigureKind(
    "disorder",
    "wait",
    draw,
    alt,
    "One ring read from its beginning is a line that rises; a reader that empties rings in turn draws a saw, with a "
    "tooth for each ring: all that one CPU did since the last turn, and then, back in time, all that the next one did. "
    "What lies higher was delivered later. It does not show how typical this stretch is: it is the worst of the trial.",
    data,
)
