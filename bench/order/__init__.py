"""Order and latency at scale: exact figures over recordings of any length, and how long a consumer must wait.

Stored data only, in chunks. bench.metrics.ordering has the contract's figures for one trial's array in numpy; this has
them, and more, for streams. The loops are C (order.c), the same as in bench.native: numpy has none for these.
"""

from __future__ import annotations

from bench.order.analysis import analyse
from bench.order.chunk import Recorded, Source
from bench.order.result import Order

__all__ = ["Order", "Recorded", "Source", "analyse"]
