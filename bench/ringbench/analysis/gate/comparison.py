"""A comparison as its reports see it: what the gate found, and what the two sides are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ringbench.analysis.gate.gate import Figure, Gated, GatedCell
from ringbench.analysis.gate.verdict import EXIT_STATUS, Verdict
from ringbench.analysis.quantities import amount, count, signed
from ringbench.analysis.view import SessionView, shown
from ringbench.data.stats import Interval


@dataclass(frozen=True)
class Side:
    """One side, in words fit to be shown."""

    name: str
    """The session's name, or the file's."""
    facts: Mapping[str, str]

    @classmethod
    def of(cls, view: SessionView) -> Side:
        """Return a session as a side."""
        told = {
            "machine": view.machine,
            "revision": view.manifest.get("revision"),
            "measured by": view.ringbench,
            "BCC": view.versions.get("bcc"),
            "profile": view.manifest.get("profile"),
            "seed": view.seed,
            "measured": " to ".join(shown(t) for t in (view.manifest.get("started"), view.manifest.get("ended")) if t),
            "status": view.status,
            "trials": len(view.rows),
        }
        return cls(view.name, {name: shown(value) for name, value in told.items() if value not in (None, "")})


@dataclass(frozen=True)
class Comparison:
    """Two sides and the verdict."""

    gated: Gated
    base: Side | None
    head: Side
    notes: tuple[str, ...] = ()
    """What a reader must know: differences that were asked for, why it ended when it did."""

    @property
    def exit_status(self) -> int:
        """Return the status that the command ends with."""
        return EXIT_STATUS[self.gated.verdict]

    @property
    def headline(self) -> str:
        """Return the verdict in a sentence."""
        gated = self.gated
        regressed, improved = (gated.figures(v) for v in (Verdict.REGRESSED, Verdict.IMPROVED))
        open_ = gated.figures(Verdict.INCONCLUSIVE)
        judged = sum(len(cell.figures) for cell in gated.cells)
        if gated.verdict is Verdict.FIRST_RUN:
            return f"First run: {gated.doubts[0]}."
        if gated.verdict is Verdict.REGRESSED:
            if not regressed:
                return "Regressed."
            more = f", and {count(len(regressed) - 1, 'figure')} more" if len(regressed) > 1 else ""
            return f"Regressed: {self.said(*regressed[0])}{more}."
        if gated.verdict is Verdict.INCONCLUSIVE:
            reasons = [
                *gated.doubts,
                *(
                    [f"{len(open_)} of {count(judged, 'figure')} {'is' if len(open_) == 1 else 'are'} open"]
                    if open_
                    else []
                ),
            ]
            blocks = gated.more_blocks
            advice = f" About {count(blocks, 'more block')} would tell." if blocks and open_ else ""
            return f"Inconclusive: {'; '.join(reasons) or 'a cell of the base was not measured'}.{advice}"
        if gated.verdict is Verdict.IMPROVED:
            return f"Improved: {self.said(*improved[0])}; nothing is worse."
        return f"The same: all {count(judged, 'figure')} within the smallest effect worth reporting."

    def said(self, cell: GatedCell, figure: Figure) -> str:
        """Return one figure's change in words, with its cell."""
        return f"{figure.title.lower()} {change(figure)} ({cell.pair.transport}, {cell.pair.name})"


def change(figure: Figure) -> str:
    """Return how a figure changed: '+12.3 % [10.1, 14.2]', or in words where it is no ratio."""
    judgement = figure.judgement
    found = judgement.change
    if found is None or found.value is None:
        return judgement.why
    if judgement.kind == "ratio":
        return percent(found)
    return signed(found, figure.unit or "points")


def percent(ratio: Interval) -> str:
    """Return a ratio as a change in per cent: '+12.3 % [10.1, 14.2]'; without an interval, the value alone."""
    if ratio.value is None:
        return "not measured"
    text = f"{_signed_percent(ratio.value)} %"
    if ratio.low is None or ratio.high is None or ratio.low == ratio.high:
        return text
    return f"{text} [{_signed_percent(ratio.low)}, {_signed_percent(ratio.high)}]"


def sides(figure: Figure) -> tuple[str, str]:
    """Return both sides' medians with their unit."""
    judgement = figure.judgement
    first, second = (amount(value, figure.unit) for value in (judgement.base, judgement.head))
    return first, second


def _signed_percent(ratio: float) -> str:
    share = 100 * (ratio - 1)
    text = f"{share:+.1f}" if abs(share) < 100 else f"{share:+,.0f}"
    return text.replace("-0.0", "0.0").replace("+0.0", "0.0")


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return *comparison* as plain values: the document of ``compare --json``."""
    gated = comparison.gated
    return {
        "verdict": gated.verdict.value,
        "exit_status": comparison.exit_status,
        "headline": comparison.headline,
        "base": None if comparison.base is None else {"name": comparison.base.name, **comparison.base.facts},
        "head": {"name": comparison.head.name, **comparison.head.facts},
        "interleaved": gated.interleaved,
        "tests": gated.tests,
        "doubts": list(gated.doubts),
        "notes": list(comparison.notes),
        "more_blocks": gated.more_blocks,
        "cells": [_cell(cell) for cell in gated.cells],
    }


def _cell(cell: GatedCell) -> dict[str, Any]:
    return {
        "cell": cell.pair.name,
        "transport": cell.pair.transport,
        "blocks": cell.pair.blocks,
        "verdict": cell.verdict.value,
        "why": cell.why,
        "figures": [_figure(figure) for figure in cell.figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    judgement = figure.judgement
    found = judgement.change
    return {
        "metric": figure.name,
        "title": figure.title,
        "unit": figure.unit,
        "better": None if figure.judged is None else figure.judged.column.better,
        "verdict": judgement.verdict.value,
        "why": judgement.why,
        "judged_by": judgement.kind,
        "smallest_effect": None if figure.judged is None else figure.judged.smallest,
        "base": judgement.base,
        "head": judgement.head,
        "change": None if found is None else {"value": found.value, "low": found.low, "high": found.high, "n": found.n},
        "more_blocks": judgement.more_blocks,
    }
