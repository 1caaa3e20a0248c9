"""The pause of a reader that nobody paces."""

from __future__ import annotations

PACE_S = 200e-6
"""The pause between two looks that costs the producers least, or nearly: docs/readers.md has the sweep. A reader that
looks more often keeps the ring's own cache lines moving, and under `adaptive` it is woken for almost every record."""
