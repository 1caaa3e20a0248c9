"""The docs say what the recorded sessions show."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.claims import claims, judged
from bench.claims.table import markdown
from bench.gatecheck import BASE, VARIANTS, rates
from bench.order.survey import Surveyed
from bench.report.cells import cells_of
from bench.report.losses import sweeps
from bench.report.quantities import amount, estimate, number, signed
from bench.report.setting import Setting
from bench.report.split import splits
from bench.report.view import SessionView
from bench.stats import Interval
from bench.store.folder import read_session

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"


def _recorded(name: str) -> SessionView:
    return SessionView.of(read_session(REFERENCE / name, REFERENCE))


def _doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_the_claims_are_judged_as_the_docs_have_it() -> None:
    view = _recorded("claims")
    assert _doc("claims.md") == markdown(view, judged(view, claims()))


def test_the_smallest_sizes_without_loss_are_those_of_the_docs() -> None:
    view, told = _recorded("frontier"), _doc("memory.md")
    for sweep in sweeps(cells_of(view.figures)):
        found = sweep.smallest_without_loss()
        sizes = re.findall(r"(?:: |; )(\S+) (\d+ KiB), ([\d.]+ KiB) of memory held \(0 of ([\d,]+) lost", found)
        assert len(sizes) == 2, found
        for (transport, size, held, events), need in zip(sizes, sweep.needs(view.cpus), strict=True):
            row = next(line for line in told.splitlines() if f"| {transport} | {size} (0 of {events}" in line)
            assert f"| {held} |" in row
            assert need.words().startswith(f"{transport} {row.split('|')[5].strip()} ")


def test_the_parts_of_the_overhead_are_those_of_the_docs() -> None:
    told = _doc("overhead.md")
    found = splits(cells_of(_recorded("overhead").figures))
    assert len(found) == 16
    for split in found:
        (row,) = [
            line
            for line in told.splitlines()
            if line.startswith(f"| {split.workload.split()[0]} | {split.transport}, {split.wakeup} |")
        ]
        assert all(f"| {signed(part, 'ns')} |" in row for part in split.parts.values())
        assert row.endswith(f"| {signed(split.slowdown, '')} |")


@pytest.mark.parametrize("path", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))])
def test_every_link_to_a_file_leads_somewhere(path: str) -> None:
    text = (ROOT / path).read_text()
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not ((ROOT / path).parent / link).exists()] == []


def _order_row(each: Surveyed) -> str:
    order = each.order
    first, second, *_, every = order.windows
    merged = "—" if order.merged is None else f"{number(order.merged.late_events)}, {order.merged.causal_violations}"
    setting = Setting.of(each.row or {})
    cells = (
        f"{setting.reader}, {setting.wakeup_words.partition(',')[0]}",
        order.transport,
        f"{number(order.delivered.late_events)} of {number(order.events)}",
        number(order.delivered.causal_violations),
        merged,
        ", ".join(amount(window.window_ns, "ns") for window in (first, second, every)),
        f"{number(every.held_events)} ({amount(every.held_bytes, 'bytes')})",
        f"{amount(order.delivered.latency.p50, 'ns')} → {amount(every.latency.p50, 'ns')}",
    )
    return f"| {' | '.join(cells)} |"


def test_how_long_to_wait_is_as_the_docs_have_it() -> None:
    rows = [_order_row(each) for each in _recorded("order").orders]
    assert len(rows) == 8
    assert [line for line in _doc("order.md").splitlines() if line.startswith(("| bulk", "| callback"))] == rows


_GATE = {"gate": "quiet", "gate-disturbed": "disturbed"}
_KINDS = {"again": "the same again", "twentieth": "a twentieth dearer", "tenth": "a tenth dearer"}


def _checked(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / name / "checked.json").read_text())
    return found


def _gate_rows(name: str) -> list[str]:
    found = _checked(name)
    n, rows = found["comparisons"], []
    for kind, came in found["kinds"].items():
        verdicts = [came["verdicts"].get(verdict, 0) for verdict in ("regressed", "same", "improved", "inconclusive")]
        assert sum(verdicts) == n
        filled = ", ".join(number(ratio["value"]) for ratio in came["injected"].values())
        share = estimate(Interval(**came["regressed"]), "")
        counts = f"{verdicts[1]} | {verdicts[2]} | {verdicts[3]}"
        blocks = number(came["blocks"])
        cells = (_GATE[name], _KINDS[kind], filled, share, counts, blocks, f"{came['threshold']} of {n}")
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def test_how_often_the_gate_is_wrong_is_as_the_docs_have_it() -> None:
    told = [line for line in _doc("gate.md").splitlines() if line.startswith(("| quiet", "| disturbed"))]
    assert told == [row for name in _GATE for row in _gate_rows(name)]
    found = _checked("gate")
    real = [each["verdict"] for each in found["real"]]
    assert found["kinds"]["again"]["regressed"]["value"] <= 0.01
    assert found["kinds"]["tenth"]["regressed"]["value"] >= 0.95
    counted = ", ".join(f"{real.count(verdict)} {verdict}" for verdict in ("same", "inconclusive", "regressed"))
    assert f"{len(real)} real comparisons of a thing with itself: {counted}" in " ".join(_doc("gate.md").split())


@pytest.mark.parametrize("name", _GATE)
def test_the_first_comparisons_come_out_as_they_did(name: str) -> None:
    found = _checked(name)
    rows = {side: _recorded(f"{name}/{side}").rows for side in VARIANTS}
    for kind, came in found["kinds"].items():
        drawn = rates(rows[BASE], rows[kind], comparisons=10, blocks=found["blocks_a_comparison"])
        assert "".join(verdict[0] for verdict in drawn.each) == came["each"][:10]
        if kind != "again":
            assert all(ratio["value"] > 1 for ratio in came["injected"].values())
