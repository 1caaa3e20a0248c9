"""What hypothesis draws for a ring: where it starts, how large it is, and what happens to it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st

from tests.native.fake import MODULO, PAGE

TORTURE = settings(deadline=None, max_examples=100)

BASES = (1 << 16, 1 << 32, 1 << 63, MODULO)
"""Where 32 bits, the sign and 64 bits end, and a place where none does: all of them are the end of the data, too."""

starts = st.builds(
    lambda base, words: (base - 8 * words) % MODULO,
    st.sampled_from(BASES),
    st.one_of(st.integers(0, 200), st.integers(0, 2 * 16 * PAGE // 8)),
)
"""Positions somewhat before one of them, so that a ring wraps soon, at any offset."""

sizes = st.sampled_from([PAGE, PAGE, 2 * PAGE, 16 * PAGE])
lengths = st.one_of(st.sampled_from([8, 32, 56, 64]), st.integers(8, 1024), st.sampled_from([1500, 4000, 8192]))
LIMITS = (1, 1, 2, 3, 10, 50, MODULO - 1)


def scripts(verbs: Sequence[tuple[str, int]]) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """Return lists of steps: one of *verbs*, a verb and a number of its own, with any number behind it."""
    # One draw for a step: drawing is most of what these tests cost.
    step = st.integers(0, len(verbs) * 4096 - 1).map(lambda n: (*verbs[n % len(verbs)], n // len(verbs)))
    return st.lists(step, min_size=20, max_size=60)
