"""What the fork server does before the first trial: import BCC, and compile once.

The first compilation in a process takes three times as long as the later ones (LLVM sets itself up), and a forked
child inherits that state. Nothing is loaded or attached here; what fails will fail again in the trial, and is
reported there.
"""

from __future__ import annotations

import contextlib
import os

from ringbench.errors import RingbenchError
from ringbench.kernel import program

if os.geteuid() == 0:
    with contextlib.suppress(RingbenchError):
        program.compile_only()
