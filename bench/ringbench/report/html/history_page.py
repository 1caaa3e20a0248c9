"""history.html: figures over many sessions, by machine and profile, with their steps."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringbench.analysis.history.series import METRICS, Series, as_json, series_of
from ringbench.analysis.quantities import amount, count
from ringbench.analysis.view import SessionView, shown
from ringbench.data.store import atomic
from ringbench.machine.identity import machine_id
from ringbench.report.figures import history_figure, style
from ringbench.report.figures.svg import inline
from ringbench.report.html import template

_MOST = 12
"""Panels of one figure."""
_DRAWN = 48
"""Panels of one line, those with a step first: a panel takes 20 KB, and a large profile has hundreds."""
_COME_AND_GO = ("kernel", "kernel_build", "mitigations", "bcc", "bcc_package", "libbpf")
"""What changes within a line, and is marked there (SessionPoint.changes)."""


@dataclass(frozen=True)
class Line:
    """The sessions of one machine and one profile: never two of either in one line."""

    machine: str
    profile: str
    views: tuple[SessionView, ...]
    series: tuple[Series, ...]

    @property
    def name(self) -> str:
        """Return both in words."""
        return f"{self.machine}, profile {self.profile}"

    @property
    def stepped(self) -> list[Series]:
        """Return the series that have a step."""
        return [each for each in self.series if each.steps]


def hardware_id(view: SessionView) -> str:
    """Return the id of a session's machine without its kernel and BCC, as a line has it: kernels come and go on it."""
    environment = view.manifest.get("environment") or {}
    return machine_id({**environment, **dict.fromkeys(_COME_AND_GO)})


def lines_of(views: Sequence[SessionView], columns: Collection[str] = METRICS) -> list[Line]:
    """Sort *views* by machine and profile."""
    found: dict[tuple[str, str], list[SessionView]] = {}
    for view in views:
        key = hardware_id(view), shown(view.manifest.get("profile"))
        found.setdefault(key, []).append(view)
    return [
        Line(machine, profile, tuple(group), _stepped_first(series_of(group, columns)))
        for (machine, profile), group in sorted(found.items())
    ]


def _stepped_first(series: Sequence[Series]) -> tuple[Series, ...]:
    return tuple(sorted(series, key=lambda each: not each.steps))


def document(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the history as plain values."""
    return [
        {
            "machine": line.machine,
            "profile": line.profile,
            "sessions": len(line.views),
            "series": [as_json(each) for each in line.series],
        }
        for line in lines
    ]


def write(lines: Sequence[Line], out: Path) -> list[Path]:
    """Write history.html and history.json into *out*; return them."""
    contents = {
        out / "history.html": render(lines).encode(),
        out / "history.json": json.dumps(document(lines), indent=1, allow_nan=False).encode(),
    }
    for path, data in contents.items():
        atomic.write(path, data)
    return list(contents)


def render(lines: Sequence[Line]) -> str:
    """Return the page."""
    return template.render(
        "history.html.j2",
        amount=amount,
        count=count,
        lines=[
            {
                "line": line,
                "figures": [
                    _drawn(line, f"{n}-{place}", place) for place in range(0, min(len(line.series), _DRAWN), _MOST)
                ],
            }
            for n, line in enumerate(lines)
        ],
        caption=history_figure.CAPTION,
        drawn=_DRAWN,
    )


def _drawn(line: Line, name: str, place: int) -> dict[str, Any]:
    chosen = line.series[place : min(place + _MOST, _DRAWN)]
    stepped = sum(len(each.steps) for each in chosen)
    title = f"{count(stepped, 'step')} in {count(len(chosen), 'figure')}" if stepped else "No step in any figure here"
    drawn = history_figure.draw(chosen, title, line.views[-1])
    assert drawn is not None
    words = history_figure.words(chosen)
    return {"svg": inline(style.render(drawn, "svg").decode(), f"history-{name}", words), "words": words}
