"""The docs say what the recorded sessions show."""

from __future__ import annotations

import importlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from ringbench.analysis.cells import Cell, cells_of
from ringbench.analysis.claims import claims, judged
from ringbench.analysis.comparison import contrast
from ringbench.analysis.designs import MEASURED, designs, said
from ringbench.analysis.losses import sweeps
from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.overhead_breakdown import splits
from ringbench.analysis.quantities import amount, estimate, number, signed, times
from ringbench.analysis.selftest.gate_rates import BASE, VARIANTS, rates
from ringbench.analysis.setting import Setting
from ringbench.analysis.user_producers import said as said_of_users
from ringbench.analysis.user_producers import user_producers
from ringbench.analysis.view import SessionView
from ringbench.data.stats import Interval
from ringbench.data.store.folder import read_session
from ringbench.drivers.transports import TRANSPORTS, USER_SPACE, transports_carrying
from ringbench.report.markdown.claims_table import markdown
from ringbench.report.terminal import ringdump_screen as rings
from ringbench.report.terminal.session_screen import show
from ringbench.spec.record import SWITCH
from ringbench.tools.ringdump import dump_json
from tests import ROOT

REFERENCE = ROOT / "results" / "reference"
TOP = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "notebooks/README.md")
PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))


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


@pytest.mark.parametrize(
    "path", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *(f"docs/{path}" for path in PAGES)]
)
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
    told_in_words = " ".join(_doc("gate.md").split())
    assert f"{len(real)} real comparisons of a thing with itself: {counted}" in told_in_words
    assert list(found["apart"].items()) == [("inconclusive", len(real) * (len(real) - 1))]
    assert f"all {found['apart']['inconclusive']} inconclusive" in told_in_words


@pytest.mark.parametrize("name", _GATE)
def test_the_first_comparisons_come_out_as_they_did(name: str) -> None:
    found = _checked(name)
    rows = {side: _recorded(f"{name}/{side}").rows for side in VARIANTS}
    for kind, came in found["kinds"].items():
        drawn = rates(rows[BASE], rows[kind], comparisons=10, blocks=found["blocks_a_comparison"])
        assert "".join(verdict[0] for verdict in drawn.each) == came["each"][:10]
        if kind != "again":
            assert all(ratio["value"] > 1 for ratio in came["injected"].values())


def test_the_rings_of_the_docs_are_the_recorded_ones() -> None:
    out = io.StringIO()
    rings.show(dump_json.read(REFERENCE / "anatomy" / "rings.json"), out, 80)
    shown = "\n".join(line.rstrip() for line in out.getvalue().splitlines())
    captured = re.findall(r"```\n(\d\. .*?)\n```", _doc("ringdump.md"), re.DOTALL)
    assert len(captured) == 6
    assert [block for block in captured if f"{block}\n\n" not in shown] == []


def test_the_captured_run_of_the_readme_is_what_the_session_says() -> None:
    shown = io.StringIO()
    show(read_session(REFERENCE, REFERENCE), (), shown, 80)
    lines = [line.rstrip() for line in shown.getvalue().splitlines()]
    (captured,) = re.findall(r"```\n(Session reference .*?)\n\n\[…\]\n```", (ROOT / "README.md").read_text(), re.DOTALL)
    told = captured.splitlines()
    assert len(told) > 40
    assert told == lines[: len(told)]


def _switch_row(cell: Cell) -> str:
    units = {"events_per_s": "1/s", "drop_rate": "", "producer_ns_per_event": "ns"}
    units |= {"wakeups_per_s": "1/s", "context_switches_per_s": "1/s"}
    figures = (estimate(cell.interval(column), unit) for column, unit in units.items())
    return f"| {' | '.join((cell.setting.workload, f'{cell.transport}, {cell.setting.wakeup}', *figures))} |"


def test_what_switches_cost_is_as_the_docs_have_it() -> None:
    told, rows = _doc("sched-switch.md"), []
    for name, cells, trials, disturbed in (("sched-switch", 22, 110, 0), ("sched-switch-designs", 18, 90, 0)):
        view = _recorded(name)
        rows += [_switch_row(cell) for cell in cells_of(view.figures)]
        assert len(cells_of(view.figures)) == cells
        assert len({row["trial"] for row in view.rows}) == trials
        assert len({row["trial"] for row in view.rows if row["disturbed"]}) == disturbed
        assert re.search(rf"\b{disturbed} of {trials} trials (were )?disturbed", " ".join(told.split()))
    assert [line for line in told.splitlines() if line.startswith("| sched-switch")] == rows
    carried = set(transports_carrying(SWITCH.struct))
    assert {row["transport"] for row in _recorded("sched-switch-designs").rows} == carried


def _ftrace_rows(view: SessionView) -> list[str]:
    every, cells, rows = designs(view), cells_of(view.figures), []
    for design in every:
        alone = [cell for cell in cells if (cell.transport, cell.setting.mode) == (design.transport, "isolated")]
        flat_out = next(cell for cell in alone if cell.setting.workload == "fork-exec")
        told = dict(zip(MEASURED, design.measured(), strict=True))
        figures = (
            estimate(flat_out.interval("memory_physical_bytes"), "bytes"),
            *(told[name] for name in ("Needs to lose nothing", "Lost", "Causal violations", "Late, per 1,000")),
            estimate(flat_out.interval("events_per_s"), "events/s"),
            told["Producer"],
            told["Reader"],
        )
        rows.append(f"| `{design.transport}` | {' | '.join(figures)} |")
    return rows


def test_ftrace_is_as_the_docs_have_it() -> None:
    view, told = _recorded("ftrace"), _doc("ftrace.md")
    rows = _ftrace_rows(view)
    assert len(rows) == 3
    assert [line for line in told.splitlines() if line.startswith("| `")] == rows
    assert all(row["valid"] for row in view.rows)
    assert {row["producer_ns_per_event"] is None for row in view.rows if row["mode"] == "paired"} == {True}


def _has_rows_of(transport: str, told: str, *rows: Sequence[str]) -> None:
    for row in rows:
        assert f"| `{transport}` | {' | '.join(row)} |" in told


def test_the_designs_are_as_the_docs_have_them() -> None:
    view, told = _recorded("designs"), _doc("designs.md")
    every = designs(view)
    assert {design.transport for design in every} == set(TRANSPORTS)
    for design in every:
        _has_rows_of(design.transport, told, design.measured(), said(design, every))
    assert view.machine in told


def test_what_user_space_writes_to_is_as_the_docs_have_it() -> None:
    view, told = _recorded("user-producers"), _doc("user-producers.md")
    every = user_producers(view)
    assert {one.transport for one in every} == set(USER_SPACE)
    for one in every:
        _has_rows_of(one.transport, told, one.measured(), said_of_users(one, every))
    assert view.machine in told


_WAITED = {"wakeups_per_s": "1/s", "context_switches_per_s": "1/s", "latency_p50_ns": "ns", "latency_p90_ns": "ns"}
_WAITED |= {"consumer_cpu_ns_per_event": "ns", "producer_ns_per_event": "ns"}
_COMPARED = ("latency_p50_ns", "consumer_cpu_ns_per_event", "producer_ns_per_event")


def _waiting_rows(view: SessionView) -> list[str]:
    """Return the rows of both tables of docs/uring-reader.md: each cell, then io_uring over epoll."""
    cells, waited, compared = cells_of(view.figures), [], []
    for cell in cells:
        name = f"{cell.transport}, {cell.setting.wakeup}"
        figures = (estimate(cell.interval(column), unit) for column, unit in _WAITED.items())
        waited.append(f"| {' | '.join((name, f'`{cell.setting.wait}`', *figures))} |")
        if cell.setting.wait == "uring":
            epoll = (cell.transport, replace(cell.setting, wait="epoll"))
            (base,) = (other for other in cells if (other.transport, other.setting) == epoll)
            ratios = (times(contrast(base, cell).ratio(column)) for column in _COMPARED)
            compared.append(f"| {' | '.join((name, *ratios))} |")
    return waited + compared


def test_what_a_reader_in_io_uring_costs_is_as_the_docs_have_it() -> None:
    view, told = _recorded("uring-reader"), _doc("uring-reader.md")
    rows = _waiting_rows(view)
    assert len(rows) == 10 + 5
    assert [line for line in told.splitlines() if line.startswith(("| perf, ", "| ringbuf-reserve, "))] == rows


def test_the_code_of_the_page_on_plug_ins_is_that_of_the_example() -> None:
    example = ROOT / "examples" / "plugins"
    texts = [path.read_text() for path in sorted(example.rglob("*")) if path.suffix in {".py", ".h", ".toml"}]
    blocks = re.findall(r"^```(?:toml|c|python)\n(.*?)^```$", _doc("plugins.md"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 7
    assert [block for block in blocks if not any(block in text for text in texts)] == []


def test_the_page_on_plug_ins_names_what_there_is() -> None:
    (table,) = re.findall(r"\| group \|.*?\n\n", _doc("plugins.md"), re.DOTALL)
    rows = re.findall(r"\| `ringbench\.(\w+)` \| `(\w+)` \| `([\w.]+)` \|", table)
    project = (ROOT / "examples" / "plugins" / "pyproject.toml").read_text()
    assert {f"ringbench.{group}" for group, _, _ in rows} == {*re.findall(r'entry-points."([\w.]+)"', project)}
    kinds = {group: getattr(importlib.import_module(module), kind) for group, kind, module in rows}
    for name in re.findall(
        r"`(\w+)(?:\(\))?`", _doc("plugins.md").split("| attribute or method |")[1].split("\n\n")[0]
    ):
        known = {field.name for field in fields(kinds["transports"])} | {*dir(kinds["transports"])}
        assert name in known | {"ITS_PROGRAM"}, name


_FILE = re.compile(r"(?<![\w/.-])(?:bench|bpf|tests|examples|contrib|notebooks|docs|results/reference)/[\w./*-]+")
_IN_PACKAGE = re.compile(r"(?<![\w/.-])(?:[a-z_]+/)+[a-z_]+\.(?:py|c|h)\b")


def _not_there(names: Iterable[str], *roots: Path) -> list[str]:
    named = {name.rstrip(".") for name in names if "NAME" not in name and "*" not in name}
    return sorted(name for name in named if not any((root / name).exists() for root in roots))


@pytest.mark.parametrize("path", ["README.md", "notebooks/README.md", *(f"docs/{path}" for path in PAGES)])
def test_every_file_of_ours_that_a_page_names_is_there(path: str) -> None:
    assert _not_there(_FILE.findall((ROOT / path).read_text()), ROOT) == []


@pytest.mark.parametrize("path", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_of_the_package_that_is_named_is_there(path: str) -> None:
    text = "\n".join(line for line in (ROOT / path).read_text().splitlines() if not line.startswith("    bad "))
    package = ROOT / "bench" / "ringbench"
    assert _not_there([*_FILE.findall(text), *_IN_PACKAGE.findall(text)], ROOT, package, package / "report") == []


def test_every_file_that_a_comment_names_is_there() -> None:
    sources = [path for folder in ("bench", "bpf") for path in (ROOT / folder).rglob("*.[pch]*")]
    named = {name for path in sources if path.suffix in {".py", ".c", ".h"} for name in _FILE.findall(path.read_text())}
    assert len(named) > 10
    assert _not_there(named, ROOT) == []
