"""The command that measures a session again."""

from __future__ import annotations

import shlex
from pathlib import PurePath

from bench.report.view import SessionView

_FOLDERS = ("--out", "--resume")
"""Options that name the folder of the session that is there already."""


def again(view: SessionView) -> str:
    """Return what to type in a clone to repeat *view*, its trials in the same order; else a plain run."""
    words = view.command_words
    known = len(words) > 1 and PurePath(words[0]).name in ("ringbench", "__main__.py") and words[1] == "run"
    options, workload = _split(words[2:]) if known else ([], [])
    if view.seed is not None and not any(word.split("=")[0] == "--seed" for word in options):
        options += ["--seed", str(view.seed)]
    return f"sudo ./with-env {shlex.join(['ringbench', 'run', *options, *workload])}"


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Split into options, without those that name a folder, and the workload's own command from '--' on."""
    end = words.index("--") if "--" in words else len(words)
    options: list[str] = []
    skip = False
    for word in words[:end]:
        if not skip and word.split("=")[0] not in _FOLDERS:
            options.append(word)
        skip = not skip and word in _FOLDERS
    return options, words[end:]
