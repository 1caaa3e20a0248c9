"""How large the page gets: it is mailed, attached to issues and read on phones."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ringbench.analysis.claims import claims, judged
from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.view import SessionView, records
from ringbench.data.store.trials_parquet import frame, table_of
from ringbench.report.figures import FIGURES, style
from ringbench.report.html import session_page
from ringbench.run.planner.profiles import STANDARD
from ringbench.spec.profile import Group
from tests.analysis import synthetic
from tests.analysis.synthetic import Row

MOST = 3_000_000
CPUS = 2
NOT_MEASURED = {*synthetic.row(), "delivered", "drop_rate"}


def cells(group: Group) -> Iterator[Row]:
    """Yield the settings of *group*, as a session of two CPUs has them."""
    factors = (group.readers, group.wakeups, group.workloads, group.sizes(CPUS))
    for reader, wakeup, workload, size in itertools.product(*factors):
        where = {"reader": reader, "wakeup": wakeup, "workload": workload, "asked_bytes": size, "buffer_bytes": size}
        yield {"mode": group.mode, "cpus": "0-1", "drain_interval_s": STANDARD.drain_interval_s, **where}


def rows() -> Iterator[Row]:
    """Yield the rows of a session of the profile `standard`, each with the figures of a like one and noise of its own.

    Every value differs from every other, so that no two parts of a figure are drawn at the same place.
    """
    random = np.random.default_rng(11)
    alike = {(each["mode"], each["transport"]): each for each in synthetic.quick()}
    counted = ("attempted", "failed")
    for group in STANDARD.groups:
        for setting, block in itertools.product(cells(group), range(STANDARD.repeats)):
            for transport in group.transports:
                like = alike[group.mode, transport]
                measured = {
                    name: type(value)(value * random.lognormal(0, 0.1))
                    for name, value in like.items()
                    if name not in (*NOT_MEASURED, *counted) and isinstance(value, int | float)
                }
                account = {name: like[name] for name in counted}
                yield synthetic.row(**setting, block=block, transport=transport, **account, **measured)


def recorded(every: list[Row]) -> Iterator[Surveyed]:
    """Yield a recording of each cell: what is kept of its first repeat."""
    found = {each.order.transport: each for each in synthetic.orders()}
    first = [row for row in every if row["block"] == 0 and row["transport"] in found]
    for row, of_trial in zip(first, records(frame(table_of(first))), strict=True):
        yield dataclasses.replace(found[row["transport"]], row=of_trial)


def test_the_page_of_a_standard_session_is_small_enough() -> None:
    every = list(rows())
    view = SessionView.of(synthetic.session(every, recorded=recorded(every), profile="standard"))
    assert len(view.valid) == len(every) == 570
    drawn = {kind.name: figure for kind in FIGURES if (figure := kind.draw(view))}
    assert len(drawn) > 8
    svgs = {name: style.render(figure, "svg").decode() for name, figure in drawn.items()}
    html = session_page.render(view, svgs, judged(view, claims()))
    assert 1_000_000 < len(html.encode()) < MOST


def test_the_page_of_the_recorded_session_is_small_enough(reference: Path) -> None:
    assert 1_000_000 < (reference / "report.html").stat().st_size < MOST
