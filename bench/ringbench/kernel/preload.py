"""What the fork server does before the first trial: import BCC, and compile once.

The first compilation in a process takes three times as long as the later ones (LLVM sets itself up), and a forked
child inherits that state. Nothing is loaded or attached here; what fails will fail again in the trial, and is
reported there. A fork server does nothing but import, so importing this module compiles there, and nowhere else.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from ringbench.errors import RingbenchError
from ringbench.kernel import program

_IN_SERVER = "RINGBENCH_IN_FORK_SERVER"
"""In the environment of a fork server that is just starting, and of nothing that it starts."""


@contextlib.contextmanager
def starting_server() -> Iterator[None]:
    """Tell a process that is started in the block that it is the fork server."""
    os.environ[_IN_SERVER] = "1"
    try:
        yield
    finally:
        del os.environ[_IN_SERVER]


if os.environ.pop(_IN_SERVER, None) and os.geteuid() == 0:
    with contextlib.suppress(RingbenchError):
        program.compile_only()
