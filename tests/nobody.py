"""An ordinary user who may read everything, since the checkout may lie in root's home."""

from __future__ import annotations

UID = 65534
AS_NOBODY = (
    *("setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups"),
    *("--bounding-set=-all,+dac_read_search", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)
"""Put before a command. Only root can do this."""
