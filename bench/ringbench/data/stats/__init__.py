"""Statistics over repeated trials: intervals that say how far a figure can be trusted."""

from __future__ import annotations

from ringbench.data.stats.interval import Interval, median_interval, ratio_interval

__all__ = ["Interval", "median_interval", "ratio_interval"]
