"""The formats that tables are exported in; :mod:`ringbench.data.store.export` has how each is written."""

from __future__ import annotations

FORMATS = ("csv", "json", "parquet")
