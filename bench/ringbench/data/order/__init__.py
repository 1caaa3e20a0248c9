"""Order and latency at scale: exact figures over recordings of any length, and how long a consumer must wait.

Stored data only, in chunks. ringbench.data.metrics.ordering has the contract's figures for one trial's array in numpy;
this has them, and more, for streams. The loops are C (order.c), the same as in ringbench.native: numpy has none for
these.
"""

from __future__ import annotations

from ringbench.data.order.analysis import analyse
from ringbench.data.order.chunk import Source
from ringbench.data.order.result import Order

__all__ = ["Order", "Source", "analyse"]
