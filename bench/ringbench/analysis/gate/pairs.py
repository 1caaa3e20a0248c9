"""What is compared: the figures of one cell on both sides, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringbench.analysis.account import invalid_code
from ringbench.analysis.cells import Cell, cells_of
from ringbench.analysis.gate.registry import JUDGED, Judged
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import Record, is_figure, is_valid
from ringbench.drivers.transports import known, plain_name
from ringbench.spec.codes import AnswerCode, Code

Values = Mapping[str, float]
"""A figure by the name of its block."""


@dataclass(frozen=True)
class Broken:
    """A trial that is in no figure."""

    code: Code
    """Why, an :class:`InvalidCode` or :attr:`AnswerCode.SATURATED`."""
    said: str
    """What its account, or whatever broke it off, says."""


SATURATED = Broken(AnswerCode.SATURATED, "saturated: the load could not be offered")
"""A trial that was measured, and not offered what it should be."""


@dataclass(frozen=True)
class MetricPair:
    """One figure of a cell: what both sides have of it."""

    judged: Judged
    base: Values
    head: Values
    undisturbed: frozenset[str] = frozenset()
    """Blocks of the head in which nothing else went on."""


@dataclass(frozen=True)
class CellPair:
    """One cell on both sides."""

    name: str
    """The cell in words."""
    transport: str
    scenario: str
    """As the plan calls it."""
    series: tuple[MetricPair, ...]
    blocks: int
    """Of the side that has more."""
    base_broken: tuple[Broken, ...] = ()
    """Its trials without figures."""
    head_broken: tuple[Broken, ...] = ()
    only_in: str = ""
    """'base' or 'head', where the other side never measured this cell."""
    unpromised: bool = False
    """Whether the transport promises no order across CPUs."""
    key: tuple[Any, ...] = ()


def cell_pairs_of(
    base: Iterable[Record], head: Iterable[Record], rename: Mapping[str, str] | None = None
) -> list[CellPair]:
    """Return every cell that *base* or *head*, rows of trials.parquet, has, in the order in which they are shown.

    *rename*: transports of the head by the names that the base has for them.
    """
    sides = [_sides(base, {}), _sides(head, rename or {})]
    keys = dict.fromkeys(key for side in sides for key in (*side.cells, *side.broken))
    return [_cell_pair(key, sides[0], sides[1]) for key in keys]


_Key = tuple[Setting, str]


@dataclass(frozen=True)
class _Side:
    cells: Mapping[_Key, Cell]
    broken: Mapping[_Key, Sequence[Broken]]
    disturbed: Mapping[_Key, frozenset[str]]
    blocks: Mapping[_Key, int]
    scenarios: Mapping[_Key, str]


def _sides(rows: Iterable[Record], rename: Mapping[str, str]) -> _Side:
    renamed = [{**row, "transport": rename.get(str(row["transport"]), row["transport"])} for row in rows]
    cells = {(cell.setting, cell.transport): cell for cell in cells_of(row for row in renamed if is_figure(row))}
    broken: dict[_Key, list[Broken]] = {}
    disturbed: dict[_Key, set[str]] = {}
    blocks: dict[_Key, set[str]] = {}
    scenarios: dict[_Key, str] = {}
    for row in renamed:
        key = (Setting.of(row), str(row["transport"] or "unknown"))
        scenarios.setdefault(key, str(row["scenario"]))
        blocks.setdefault(key, set()).add(str(row["block"]))
        if not is_valid(row):
            said = str(row["invalid_reason"] or "it does not say that it is valid")
            broken.setdefault(key, []).append(Broken(invalid_code(row), said))
        elif row["saturated"] is True:
            broken.setdefault(key, []).append(SATURATED)
        if row["disturbed_codes"]:
            disturbed.setdefault(key, set()).add(str(row["block"]))
    return _Side(
        cells,
        broken,
        {key: frozenset(found) for key, found in disturbed.items()},
        {key: len(found) for key, found in blocks.items()},
        scenarios,
    )


def _cell_pair(key: _Key, base: _Side, head: _Side) -> CellPair:
    setting, transport = key
    kind = known(plain_name(transport))
    b, h = base.cells.get(key), head.cells.get(key)
    disturbed = head.disturbed.get(key, frozenset())
    found = []
    for name, judged in JUDGED.items():
        of_base, of_head = (cell.by_block(name) if cell else {} for cell in (b, h))
        if (of_base or of_head) and judged.applies(setting):
            found.append(MetricPair(judged, of_base, of_head, frozenset(of_head) - disturbed))
    return CellPair(
        setting.words(),
        transport,
        base.scenarios.get(key) or head.scenarios[key],
        tuple(found),
        max(side.blocks.get(key, 0) for side in (base, head)),
        tuple(base.broken.get(key, ())),
        tuple(head.broken.get(key, ())),
        only_in="" if key in base.blocks and key in head.blocks else "base" if key in base.blocks else "head",
        unpromised=kind is not None and not kind.keeps_order,
        key=key,
    )
