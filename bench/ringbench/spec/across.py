"""In what two sessions can differ and still be compared, where that is asked for."""

from __future__ import annotations

ACROSS = ("machine", "kernel", "bcc", "configuration", "tools", "profile", "seed")
