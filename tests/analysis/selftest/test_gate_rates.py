"""The gate's own check: rates from recorded blocks whose truth is known, and the command that says them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ringbench.analysis.selftest.gate_rates import VARIANTS, apart, injected, rates
from ringbench.drivers.transports import find_transport
from tests.analysis.gate.stored import stored
from tests.analysis.gate.worlds import Row, rows, slower, wander
from tests.cli.inside import inside

BLOCKS = 30


def recorded(seed: int, share: float = 0.0, noise: float = 0.02) -> list[Row]:
    """Return a side's rows, all in the same minutes; each submission costs *share* more."""
    return rows(seed, BLOCKS, drift=wander(1, BLOCKS), noise=noise, change=slower("fill_ns_per_event", share))


def test_a_thing_and_itself_is_never_regressed_and_a_tenth_always() -> None:
    base, again, tenth = recorded(1), recorded(2), recorded(3, 0.1)
    false, power = (rates(base, head, comparisons=40, blocks=20) for head in (again, tenth))
    assert "regressed" not in false.each
    assert power.each == ("regressed",) * 40
    assert set(power.found) == {"perf", "ringbuf-reserve"}
    assert power.blocks < 20  # it stopped early
    assert false.share("regressed").high < 0.1
    ratios = injected(base, tenth)
    assert ratios["perf"].value == pytest.approx(1.1, abs=0.02)


def test_the_first_of_many_are_those_of_a_few_and_another_seed_draws_others() -> None:
    base, head = recorded(1, noise=0.05), recorded(2, noise=0.05)
    few, many = (rates(base, head, comparisons=n, blocks=20).each for n in (10, 25))
    assert many[:10] == few
    assert rates(base, head, comparisons=25, blocks=20, seed=2).each != many or len(set(many)) == 1


def test_a_threshold_on_means_cries_wolf_where_the_gate_is_in_doubt() -> None:
    found = rates(recorded(1, noise=0.2), recorded(2, noise=0.2), comparisons=30, blocks=20)
    assert found.threshold > 10
    assert "regressed" not in found.each


def test_sessions_of_one_thing_compared_as_if_they_lay_apart() -> None:
    sessions = [(rows(day, drift=wander(day)), rows(100 + day, drift=wander(day))) for day in range(4)]
    found = apart(sessions)
    assert sum(found.values()) == 12
    assert found.get("regressed", 0) == 0


def test_each_variant_is_a_transport() -> None:
    for instead in VARIANTS.values():
        for name, variant in instead.items():
            assert find_transport(variant).name.startswith(name)


def test_the_command_says_and_stores_it(tmp_path: Path) -> None:
    drift = wander(1)

    def side(name: str, instead: Mapping[str, str], share: float) -> None:
        made = rows(len(name), drift=drift, change=slower("fill_ns_per_event", share))
        named: list[dict[str, Any]] = [
            {**row, "trial": f"t{n}", "transport": instead.get(row["transport"], row["transport"])}
            for n, row in enumerate(made)
        ]
        stored(tmp_path / "gate" / name, named)

    for (name, instead), share in zip(VARIANTS.items(), (0, 0, 0.05, 0.1), strict=True):
        side(name, instead, share)
    done = inside("selftest", "gate", "--from", "gate", "--comparisons", "12", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the same again" in done.stdout
    assert "by the threshold of 10 % on means" in done.stdout
    found = json.loads((tmp_path / "gate" / "checked.json").read_text())
    assert found["kinds"]["tenth"]["each"] == "r" * 12
    assert "r" not in found["kinds"]["again"]["each"]
    assert "real" not in found and "apart" not in found


def test_what_came_of_sessions_that_are_not_kept_is_kept(tmp_path: Path) -> None:
    for name in VARIANTS:
        stored(tmp_path / "gate" / name, rows(1))
    (tmp_path / "gate" / "real.json").write_text(json.dumps([{"verdict": "same"}, {"verdict": "inconclusive"}]))
    done = inside("selftest", "gate", "--from", "gate", "--comparisons", "1", cwd=tmp_path)
    assert "2 real comparisons" in done.stdout and "every other head" not in done.stdout
    path = tmp_path / "gate" / "checked.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "apart": {"inconclusive": 2}}))
    done = inside("selftest", "gate", "--from", "gate", "--comparisons", "1", cwd=tmp_path)
    assert "every other head, as if measured apart: 2 inconclusive" in done.stdout
    assert json.loads(path.read_text())["apart"] == {"inconclusive": 2}
