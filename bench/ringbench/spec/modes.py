"""The modes of a trial: what is attached at a time, and what is measured of it."""

from __future__ import annotations

from ringbench.errors import unknown_name

MODES = {
    "paired": "both transports in one trial",
    "isolated": "one at a time",
    "capacity": "fill, then drain",
    "overhead": "cost per tracing stage",
    "transport-only": "no tracing",
}
"""What each does, by its name."""


def mode(name: str) -> str:
    """Return *name* if it is a mode; OptionError lists the valid names."""
    if name not in MODES:
        raise unknown_name("mode", name, MODES)
    return name
