"""report.html: one file that opens offline, with nothing from elsewhere in it.

Whatever a session holds is shown as text. Jinja escapes all of it, the Content-Security-Policy forbids
anything that would have to be fetched, and the one style sheet and the one script are allowed by their hashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bench.order.survey import Surveyed
from bench.report import html
from bench.report import user_producers as of_users
from bench.report.account import account, answered, checksums
from bench.report.advice import RULE, advice
from bench.report.again import again
from bench.report.apart import outliers_said
from bench.report.cards import cards
from bench.report.caveats import caveats
from bench.report.designs import MEASURED, SAID, designs, said
from bench.report.figures import FIGURES, FigureKind
from bench.report.figures.data import as_link
from bench.report.findings import findings
from bench.report.orders import timeline, words
from bench.report.orders.table import figures, kinds, latencies, pairs, remains
from bench.report.orders.words import told
from bench.report.quantities import LEGEND, amount, bounds
from bench.report.questions import OWN_WORDS, QUESTIONS
from bench.report.sentences import TOLD, Statement
from bench.report.svg import inline
from bench.report.view import SessionView, shown
from bench.stats import Interval

if TYPE_CHECKING:
    from bench.claims.claim import Judged

_RECORDINGS = 12
"""Recordings whose order is shown in full."""
_SETTINGS = 4
"""Settings whose sentences a section shows at once: the others wait to be opened."""


def render(view: SessionView, plots: Mapping[str, str], claims: Sequence[Judged] = ()) -> str:
    """Return the page on *view*; *plots* has the SVG of each figure that was drawn, by the figure's name.

    *claims* are published statements as *view* judges them.
    """
    found, compared, written = findings(view), designs(view), of_users.user_producers(view)
    return html.render(
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
        better={c: OWN_WORDS.get(c, question.better) for question in QUESTIONS for c in question.columns},
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
    words = kind.alt(view)
    return {
        "name": kind.name,
        "caption": kind.caption,
        "words": words,
        "svg": inline(svg, short, words),
        "csv": as_link(kind.data(view)),
    }


def _order(each: Surveyed) -> dict[str, object]:
    tables = (figures, remains, kinds, pairs) if each.order.delivered.late_events else ()
    return {
        "where": words.where(each),
        "answer": words.answer(each.order),
        "said": [*words.causes(each.order), *filter(None, [words.blocks(each.order)])],
        "tables": [table(each.order) for table in tables],
    }


def _worst(orders: Sequence[Surveyed]) -> list[dict[str, object]]:
    return [
        {
            "transport": shown(each.order.transport),
            "where": words.where(each),
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
