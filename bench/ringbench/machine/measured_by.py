"""Whose measurement it is: the host's name and the user's. Stored, and shown only where somebody asks for it."""

from __future__ import annotations

import os
import platform
import pwd

from ringbench.text import one_line


def measured_by() -> dict[str, str | None]:
    """Return ``measured_by`` of session.json: ``host`` and ``user``, printable; None for what isn't known.

    The user is who called sudo, if anybody did.
    """
    return {"host": one_line(platform.node()) or None, "user": _user()}


def caller() -> pwd.struct_passwd | None:
    """Return the user who called sudo; None where that was root, or nobody called it."""
    name = os.environ.get("SUDO_UID", "")
    if os.geteuid() != 0 or not name.isdecimal() or int(name) == 0:
        return None
    return _known(int(name))


def _user() -> str | None:
    found = caller() or _known(os.geteuid())
    return one_line(found.pw_name) if found else None


def _known(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except (KeyError, OverflowError):
        return None
