"""report.html of two sessions: what differs, what each says, and every figure of both beside the other's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringbench.analysis.advice import advice
from ringbench.analysis.caveats import caveats
from ringbench.analysis.findings import findings
from ringbench.analysis.quantities import LEGEND, amount, bounds
from ringbench.analysis.side_by_side import NAMES, differences, pairs, reading
from ringbench.analysis.view import SessionView
from ringbench.data.stats import Interval
from ringbench.report.figures import FIGURES
from ringbench.report.figures.data import as_link
from ringbench.report.figures.svg import inline
from ringbench.report.html import template


def render(views: tuple[SessionView, SessionView], plots: Mapping[str, tuple[str, ...]]) -> str:
    """Return the page; *plots* has each figure's SVG of both *views*, by the figure's name."""
    found = (findings(views[0]), findings(views[1]))
    return template.render(
        "beside.html.j2",
        amount=amount,
        bounds=_bounds,
        sides=[
            {"name": name, "view": view, "advice": advice(view, each), "caveats": caveats(view, each)}
            for name, view, each in zip(NAMES, views, found, strict=True)
        ],
        differences=differences(views),
        pairs=pairs(found),
        reading=reading,
        figures=_figures(views, plots),
        legend=LEGEND,
    )


def _figures(
    views: tuple[SessionView, SessionView], plots: Mapping[str, tuple[str, ...]]
) -> list[list[dict[str, Any]]]:
    """Return each figure of A with the same of B; names are told apart, since both stand in one page."""
    return [
        [
            {
                "name": f"{kind.name}-{name.lower()}",
                "side": name,
                "caption": kind.caption,
                "words": kind.alt(view),
                "svg": inline(svg, f"f{place}{name.lower()}", f"{name}: {kind.alt(view)}"),
                "csv": as_link(kind.data(view)),
            }
            for name, view, svg in zip(NAMES, views, plots[kind.name], strict=True)
        ]
        for place, kind in enumerate(FIGURES)
        if kind.name in plots
    ]


def _bounds(figure: Interval | None, unit: str) -> str:
    return "" if figure is None else bounds(figure, unit)
