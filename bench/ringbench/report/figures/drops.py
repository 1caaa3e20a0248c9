"""Figure: the share of events lost, over the size of the buffer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ringbench.analysis.findings import finding, loads_of
from ringbench.analysis.losses import Loss, Sweep
from ringbench.analysis.quantities import amount, count, estimate, listed, number, size
from ringbench.analysis.questions import DROPS
from ringbench.analysis.view import SessionView, order_of
from ringbench.report.figures import style
from ringbench.report.figures.axis import doublings_x, ticks
from ringbench.report.figures.data import Table, of_repeats
from ringbench.report.figures.figure import POINTS, FigureKind, repeats
from ringbench.report.figures.marks import Mark, key, point
from ringbench.report.figures.multiples import MOST, Multiples
from ringbench.report.figures.style import Sheet, look

_WIDE = 50
"""Above this ratio of the largest to the smallest rate above zero, the axis turns logarithmic."""
_BESIDE, _ASIDE = 0.2, 0.075
"""How far transports stand beside each other, and repeats beside their median, in inches."""
_KEYS = (("o", 6.5, 1.4, "lost nothing"), ("v", 5.0, 1.0, "size that the arrivals needed, computed"))
"""Hollow marks: marker, size, width of its edge, and what it stands for."""


def draw(view: SessionView) -> Figure | None:
    """Draw a panel for each load; None where no losses were counted."""
    loads = loads_of(finding(view, DROPS))
    kept = loads[:MOST]
    if not kept:
        return None
    cells = list(chain(*(sweep.cells for sweep in kept)))
    transports = sorted({cell.transport for cell in cells}, key=order_of)
    more = f". {count(len(loads) - MOST, 'more load')} had no room here: see the table." if len(loads) > MOST else ""
    many = Multiples([sweep.setting for sweep in kept])
    sheet = Sheet(
        view,
        _title(view, kept),
        f"{finding(view, DROPS).said[0].where}{more}",
        body=many.body,
        note=f"{repeats(cells)}. {POINTS} Lines only lead the eye. Dotted: the smallest size without a loss in any "
        "repeat, where a smaller one lost some.",
    )
    rates = [value for cell in cells for value in cell.values("drop_rate")]
    with style.looks():
        for place, sweep in enumerate(kept):
            axes = many.axes(sheet, place)
            _panel(axes, sweep, transports, many.wide, view.cpus)
            _rates(axes, rates, named=many.is_left(place))
        sheet.legend([*(key(transport) for transport in transports), *_hollow()])
    return sheet.figure


def alt(view: SessionView) -> str:
    """Say the drop rate of every cell."""
    return " ".join(
        f"{cell.transport} with {size(cell.buffer_bytes)}: {estimate(cell.interval('drop_rate'), '')} lost "
        f"({sweep.setting.words()})."
        for sweep in loads_of(finding(view, DROPS))
        for cell in sweep.cells
    )


def data(view: SessionView) -> Table:
    """Return the drop rate of every repeat."""
    return [
        row
        for sweep in loads_of(finding(view, DROPS))
        for row in of_repeats("Drop rate", "", sweep.cells, lambda cell: cell.values("drop_rate"))
    ]


def _title(view: SessionView, loads: Sequence[Sweep]) -> str:
    """Say from which size on nothing was lost, where each transport has a smaller one that lost; else who lost most."""
    enough = [{transport: _clean(sweep.losses(transport)) for transport in sweep.transports} for sweep in loads]
    if all(loss is not None for each in enough for loss in each.values()):
        told = [
            f"{listed([f'{size(loss.cell.buffer_bytes)} with {name}' for name, loss in each.items() if loss])}"
            f" ({sweep.setting.load_words})"
            for sweep, each in zip(loads, enough, strict=True)
        ]
        return f"Nothing was lost from {'; '.join(told)}"
    found = finding(view, DROPS).headline
    if found is None:
        return DROPS.asked
    cells, line = found.comparison.cells, found.lines[0]
    lost = [loss.short() for cell in cells if (loss := Loss.of(cell))]
    end = f": {line.winner} {DROPS.better}" if line.winner else ""
    return f"With {size(found.comparison.setting.asked_bytes)}, {listed(lost)}{end}"


def _panel(axes: Axes, sweep: Sweep, transports: Sequence[str], wide: float, cpus: int) -> None:
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    needed = {need.transport: need.buffer_bytes for need in sweep.needs(cpus)}
    sizes = [cell.buffer_bytes for cell in sweep.cells if cell.buffer_bytes]
    inches = doublings_x(axes, [*sizes, *needed.values()], wide)
    for place, transport in enumerate(transports):
        aside = (place - (len(transports) - 1) / 2) * _BESIDE / inches
        _transport(axes, sweep, transport, aside, _ASIDE / inches)
        _enough(axes, sweep.losses(transport), needed.get(transport), aside)
    axes.set_xlabel("buffer over all CPUs, logarithmic scale", fontsize=8.5)


def _transport(axes: Axes, sweep: Sweep, transport: str, aside: float, repeats_aside: float) -> None:
    cells = [loss.cell for loss in sweep.losses(transport)]
    places = [math.log2(cell.buffer_bytes or 1) + aside for cell in cells]
    medians = [cell.interval("drop_rate").value or 0 for cell in cells]
    axes.plot(places, medians, color=look(transport).color, lw=0.8, alpha=0.6)
    for place, cell in zip(places, cells, strict=True):
        mark = Mark(transport, cell.values("drop_rate"), f"{transport}, {size(cell.buffer_bytes)}", "")
        point(axes, mark, place, aside=repeats_aside, along_x=False)


def _hollow() -> list[Line2D]:
    return [
        Line2D([], [], ls="", marker=marker, mfc="none", mec=style.QUIET, ms=ms, mew=mew, label=label)
        for marker, ms, mew, label in _KEYS
    ]


def _clean(losses: Sequence[Loss]) -> Loss | None:
    """Return the smallest size that lost nothing, if a smaller one lost some and no larger one did."""
    lossy = [place for place, loss in enumerate(losses) if loss.failed]
    return losses[lossy[-1] + 1] if lossy and lossy[-1] + 1 < len(losses) else None


def _enough(axes: Axes, losses: Sequence[Loss], needed: int | None, aside: float) -> None:
    """Mark the smallest size that lost nothing, if a smaller one lost some, and the one that was *needed*, computed."""
    if clean := _clean(losses):
        at = math.log2(clean.cell.buffer_bytes or 1) + aside
        axes.axvline(at, color=look(clean.cell.transport).color, ls=":", lw=1.2, zorder=1)
    if needed and losses:
        at, above = math.log2(needed) + aside, axes.get_xaxis_transform()
        color = look(losses[0].cell.transport).color
        axes.plot([at], [0.96], "v", color=color, mfc="none", ms=5, mew=1, transform=above, clip_on=False)


def _rates(axes: Axes, rates: Sequence[float], *, named: bool) -> None:
    """Set the y axis: linear from zero, or logarithmic above the smallest rate with zero still in its place."""
    top, lost = max(rates) or 0.01, [rate for rate in rates if rate > 0]
    if lost and top / min(lost) > _WIDE:
        bend = 10.0 ** math.floor(math.log10(min(lost)))
        axes.set_yscale("symlog", linthresh=bend, linscale=0.6)
        places = [0.0, *(10.0**p for p in range(round(math.log10(bend)), 1) if 10.0**p <= top * 3)]
        scale = f"logarithmic above {amount(bend, '')}"
        axes.set_ylim(0, top * 1.3)
    else:
        places = [p / 100 for p in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top * 100) if p <= top * 110]
        scale = "%"
        axes.set_ylim(0, top * 1.1)
    ticks(axes.yaxis, places, [f"{number(place * 100)} %" if named else "" for place in places])
    if named:
        axes.set_ylabel(f"events lost, {scale}", fontsize=8.5)


FIGURE = FigureKind(
    "drops",
    DROPS.name,
    draw,
    alt,
    "Lower is better, and the smallest size without a loss is the memory that this load needs. Sizes are totals over "
    "all CPUs: perf splits its share evenly, so a load on one CPU has only that CPU's part. The computed size is exact "
    "for the arrivals of the repeats without a loss; other repeats had worse moments. It does not show what a "
    "faster load, a slower reader or a rarer drain would lose; a rate of 0 is 0 in these repeats only.",
    data,
)
