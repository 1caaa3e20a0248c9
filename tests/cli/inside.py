"""The command inside of the test's own process: that saves most of a second each time, which pandas takes to load."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from ringbench.cli import main


def inside(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``ringbench *arguments*`` in the folder *cwd*, and return what it said and how it ended."""
    out, err, before, on_term = io.StringIO(), io.StringIO(), Path.cwd(), signal.getsignal(signal.SIGTERM)
    hidden = {name: "" for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")}
    os.chdir(cwd)
    try:
        with (
            mock.patch.object(sys, "argv", ["ringbench", *arguments]),
            mock.patch.dict(os.environ, {**hidden, **environment}),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
    finally:
        os.chdir(before)
        signal.signal(signal.SIGTERM, on_term)
    return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), out.getvalue(), err.getvalue())
