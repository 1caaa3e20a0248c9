"""The figure of a comparison: every figure that has an interval, as a change in per cent, worst first."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn

from ringbench.analysis.gate.comparison import Comparison, percent
from ringbench.analysis.gate.gate import Figure, GatedCell
from ringbench.analysis.gate.verdict import Verdict
from ringbench.analysis.quantities import count
from ringbench.report.figures import style

_ROW, _AXIS = 0.19, 0.5
_MOST = 60
_LEFT, _RIGHT = 3.5, 1.5
_COLORS = {
    Verdict.REGRESSED: "#d55e00",
    Verdict.IMPROVED: "#0072b2",
    Verdict.SAME: "#59636e",
    Verdict.INCONCLUSIVE: "#59636e",
}
CAPTION = (
    "Each row is one figure of one cell: the change of the head against the base, estimated from pairs of blocks where "
    "the two took turns (so it is not the ratio of the two medians), and the interval that the verdict “regressed” "
    "rests on. Grey bands: the smallest effect worth "
    "reporting. To the right is worse. Filled: decided; hollow: inconclusive. It does not show counts that must be "
    "zero, or what is computed: the table does."
)


@dataclass(frozen=True)
class _Row:
    cell: GatedCell
    figure: Figure
    value: float
    low: float | None
    high: float | None
    margin: float

    @property
    def name(self) -> str:
        return f"{self.figure.title}, {self.cell.pair.transport}"


@dataclass(frozen=True)
class _Foot:
    machine: str
    ringbench: str
    name: str


def draw(comparison: Comparison) -> Drawn | None:
    """Return the figure; None where nothing has an interval."""
    rows = _rows(comparison)
    if not rows:
        return None
    shown = rows[:_MOST]
    more = f" {count(len(rows) - _MOST, 'more figure')} had no room." if len(rows) > _MOST else ""
    head = comparison.head
    foot = _Foot(head.facts.get("machine", ""), head.facts.get("measured by", ""), head.name)
    ns = sorted({row.figure.judgement.change.n for row in shown if row.figure.judgement.change})
    blocks = f"{ns[0]}" if len(ns) == 1 else f"{ns[0]} to {ns[-1]}"
    way = "measured in turn" if comparison.gated.interleaved else "measured apart"
    sheet = style.Sheet(
        foot, comparison.headline, f"Head against base, {way}, n = {blocks} blocks.",
        body=_ROW * len(shown) + _AXIS, note=f"To the right of 0 is worse. Bars: intervals of the verdict.{more}",
    )  # fmt: skip
    with style.looks():
        axes = sheet.panel(0, _ROW * len(shown), left=_LEFT, right=_RIGHT)
        _plot(axes, shown)
    return sheet.figure


def words(comparison: Comparison) -> str:
    """Return what the figure shows, for who can't see it."""
    return " ".join(
        f"{row.name} ({row.cell.pair.name}): {percent(row.figure.judgement.change)}, "
        f"{row.figure.judgement.verdict.value}."
        for row in _rows(comparison)[:_MOST]
        if row.figure.judgement.change
    )


def _rows(comparison: Comparison) -> list[_Row]:
    found = []
    for cell in comparison.gated.cells:
        for figure in cell.figures:
            change, judged = figure.judgement.change, figure.judged
            if change is None or change.value is None or judged is None or figure.judgement.kind != "ratio":
                continue
            lower = judged.column.better == "lower"
            ends = [_percent(end, lower=lower) for end in (change.value, change.low, change.high)]
            low, high = (ends[1], ends[2]) if lower else (ends[2], ends[1])
            assert ends[0] is not None
            found.append(_Row(cell, figure, ends[0], low, high, 100 * judged.smallest))
    return sorted(found, key=lambda row: -row.value)


def _percent(ratio: float | None, *, lower: bool) -> float | None:
    """Return a ratio as per cent worse."""
    if ratio is None:
        return None
    return 100 * (ratio - 1) if lower else 100 * (1 / ratio - 1) if ratio else None


def _plot(axes: Axes, rows: list[_Row]) -> None:
    for place, row in enumerate(rows):
        verdict = row.figure.judgement.verdict
        color = _COLORS.get(verdict, style.QUIET)
        axes.fill_betweenx([place - 0.5, place + 0.5], -row.margin, row.margin, color=style.RULE, alpha=0.5, lw=0)
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [place, place], color=color, lw=1.6, solid_capstyle="butt")
        filled = verdict is not Verdict.INCONCLUSIVE
        marker = {Verdict.REGRESSED: ">", Verdict.IMPROVED: "<"}.get(verdict, "o")
        axes.plot(row.value, place, marker, color=color, mfc=color if filled else style.PAPER, ms=4.5)
        said = percent(row.figure.judgement.change).partition(" [")[0] if row.figure.judgement.change else ""
        axes.annotate(
            f"{said}  {verdict.value}", (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=7.5,
            color=color if verdict in (Verdict.REGRESSED, Verdict.IMPROVED) else style.QUIET,
        )  # fmt: skip
    axes.axvline(0, color=style.INK, lw=0.8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    reach = max([abs(end) for row in rows for end in (row.value, row.low, row.high, row.margin) if end is not None])
    axes.set_xlim(-1.05 * reach, 1.05 * reach)
    axes.set_yticks(range(len(rows)), [style.text(_label(row), 62) for row in rows], fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.set_xlabel("change, % (right is worse)")


def _label(row: _Row) -> str:
    setting = row.cell.pair.key[0] if row.cell.pair.key else None
    reader = f", {setting.reader}" if setting is not None else ""
    return f"{row.figure.title}, {row.cell.pair.transport}{reader}"
