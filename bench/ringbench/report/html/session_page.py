"""report.html: one file that opens offline, with nothing from elsewhere in it.

Whatever a session holds is shown as text. Jinja escapes all of it, the Content-Security-Policy forbids
anything that would have to be fetched, and the one style sheet and the one script are allowed by their hashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ringbench.analysis import user_producers as of_users
from ringbench.analysis.account import account, answered, checksums
from ringbench.analysis.advice import RULE, advice
from ringbench.analysis.caveats import caveats
from ringbench.analysis.designs import MEASURED, SAID, designs, said
from ringbench.analysis.findings import findings
from ringbench.analysis.order import text, timeline
from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.table import figures, kinds, latencies, pairs, remains
from ringbench.analysis.order.text import told
from ringbench.analysis.outliers import outliers_said
from ringbench.analysis.quantities import LEGEND, amount, bounds
from ringbench.analysis.questions import QUESTIONS, wins
from ringbench.analysis.sentences import TOLD, Statement
from ringbench.analysis.view import SessionView, shown
from ringbench.data.stats import Interval
from ringbench.report.cards import cards
from ringbench.report.figures import FIGURES, FigureKind
from ringbench.report.figures.data import as_link
from ringbench.report.figures.svg import inline
from ringbench.report.html import template
from ringbench.report.reproduce_command import again

if TYPE_CHECKING:
    from ringbench.analysis.claims.claim import Judged

_RECORDINGS = 12
"""Recordings whose order is shown in full."""
_SETTINGS = 4
"""Settings whose sentences a section shows at once: the others wait to be opened."""


def render(view: SessionView, plots: Mapping[str, str], claims: Sequence[Judged] = ()) -> str:
    """Return the page on *view*; *plots* has the SVG of each figure that was drawn, by the figure's name.

    *claims* are published statements as *view* judges them.
    """
    found, compared, written = findings(view), designs(view), of_users.user_producers(view)
    return template.render(
        "report.html.j2",
        amount=amount,
        bounds=_bounds,
        by_setting=_by_setting,
        view=view,
        caveats=caveats(view, found),
        cards=cards(found, view.cpus),
        advice=advice(view, found),
        rule=RULE,
        findings=[finding for finding in found if finding.asked],
        answered=answered(found),
        checksums=checksums(view),
        outliers=outliers_said(view),
        orders=[_order(each) for each in told(view.orders, _RECORDINGS)],
        more_orders=len(view.orders) - _RECORDINGS,
        latencies=latencies(view.orders),
        worst=_worst(view.orders),
        figures=_figures(view, plots),
        designs=[(each, each.measured(), said(each, compared)) for each in compared],
        design_heads=(MEASURED, SAID),
        user_producers=[(each, each.measured(), of_users.said(each, written)) for each in written],
        user_heads=(of_users.MEASURED, of_users.SAID),
        told=[each for each in claims if each.told],
        untold=[each for each in claims if not each.told],
        entries=account(view),
        again=again(view),
        headlines=[finding.headline for finding in found if finding.headline],
        better={c: wins(question, c) for question in QUESTIONS for c in question.columns},
        legend=LEGEND,
        room=_SETTINGS,
        brief=TOLD,
    )


def _figures(view: SessionView, plots: Mapping[str, str]) -> dict[str, list[dict[str, object]]]:
    """Return the figures that were drawn, by the question they help to answer."""
    found: dict[str, list[dict[str, object]]] = {}
    for place, kind in enumerate(FIGURES):
        if kind.name in plots:
            found.setdefault(kind.question, []).append(_figure(view, kind, plots[kind.name], f"f{place}"))
    return found


def _figure(view: SessionView, kind: FigureKind, svg: str, short: str) -> dict[str, object]:
    text = kind.alt(view)
    return {
        "name": kind.name,
        "caption": kind.caption,
        "words": text,
        "svg": inline(svg, short, text),
        "csv": as_link(kind.data(view)),
    }


def _order(each: Surveyed) -> dict[str, object]:
    tables = (figures, remains, kinds, pairs) if each.order.delivered.late_events else ()
    return {
        "where": text.where(each),
        "answer": text.answer(each.order),
        "said": [*text.causes(each.order), *filter(None, [text.blocks(each.order)])],
        "tables": [table(each.order) for table in tables],
    }


def _worst(orders: Sequence[Surveyed]) -> list[dict[str, object]]:
    return [
        {
            "transport": shown(each.order.transport),
            "where": text.where(each),
            "headline": timeline.headline(example),
            "svg": timeline.svg(example),
            "lines": timeline.lines(example),
        }
        for each, example in timeline.worst(orders)
    ]


def _bounds(figure: Interval | None, unit: str) -> str:
    return "" if figure is None else bounds(figure, unit)


def _by_setting(said: Sequence[Statement]) -> dict[str, list[str]]:
    """Group sentences by the setting that they speak of."""
    found: dict[str, list[str]] = {}
    for statement in said:
        found.setdefault(statement.where, []).append(statement.text)
    return found
