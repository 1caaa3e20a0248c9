"""Where BCC finds kernel headers to compile against.

A kernel without headers of its own works against the newest packaged ones (``with-env`` fetches them and merges
Debian's two halves into one tree): the programs use tracepoint arguments and helpers only, and follow no pointer
into the kernel.
"""

from __future__ import annotations

import os
from pathlib import Path

from ringbench.errors import MissingRequirementError

_TELLTALE = "include/linux/kconfig.h"


def cache_folder() -> Path:
    """Return the project's cache folder: ``$RINGBENCH_CACHE``, else ``ringbench`` in the user's cache."""
    if given := os.environ.get("RINGBENCH_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringbench"


def find() -> Path | None:
    """Return the header tree to name in BCC_KERNEL_SOURCE, or None where BCC finds headers by itself.

    Raises MissingRequirementError when there are none anywhere, naming the command that fetches them.
    """
    release = os.uname().release
    given = os.environ.get("BCC_KERNEL_SOURCE")
    if given:
        if not (Path(given) / _TELLTALE).exists():
            raise MissingRequirementError(
                f"BCC_KERNEL_SOURCE={given} holds no kernel headers ({_TELLTALE} is missing)."
            )
        return Path(given)
    if (Path("/lib/modules") / release / "build" / _TELLTALE).exists() or (
        Path("/lib/modules") / release / "source" / _TELLTALE
    ).exists():
        return None
    if Path("/sys/kernel/kheaders.tar.xz").exists():
        return None
    tree = cache_folder() / "headers" / release / "tree"
    if (tree / _TELLTALE).exists():
        return tree
    raise MissingRequirementError(
        f"no kernel headers for {release}: BCC cannot compile. "
        "Run through ./with-env, which fetches them, or set BCC_KERNEL_SOURCE."
    )
