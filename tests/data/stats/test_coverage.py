"""The intervals that the project uses keep to their level, and those that it doesn't use are why."""

from __future__ import annotations

import pytest

from tests.data.stats.coverage import WAYS, WORLDS, false_differences

_USED = WAYS["median of ratios, expanded (used)"]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
@pytest.mark.parametrize("blocks", [6, 10, 20])
def test_of_two_things_that_are_the_same_a_difference_is_shown_in_about_a_twentieth_at_most(
    world: object, blocks: int
) -> None:
    share, _ = false_differences(world, blocks, _USED, 600)  # type: ignore[arg-type]
    assert share < 0.05 + 3 * (0.05 * 0.95 / 600) ** 0.5


def test_with_five_blocks_the_interval_is_their_range_and_its_level_one_in_sixteen() -> None:
    share, _ = false_differences(WORLDS[0], 5, _USED, 1000)
    assert share == pytest.approx(2 / 2**5, abs=3 * (0.0625 * 0.9375 / 1000) ** 0.5)


def test_the_plain_percentile_interval_is_too_narrow_for_few_blocks() -> None:
    share, _ = false_differences(WORLDS[0], 8, WAYS["median of ratios, percentile"], 1000)
    assert share > 0.06


def test_the_ratio_of_medians_lets_the_drift_in() -> None:
    _, used = false_differences(WORLDS[1], 20, _USED, 300)
    _, of_medians = false_differences(WORLDS[1], 20, WAYS["ratio of medians, percentile"], 300)
    assert of_medians > 1.4 * used
