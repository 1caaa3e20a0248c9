"""The command that measures a session again."""

from __future__ import annotations

import itertools
import shlex
from pathlib import PurePath

from ringbench.analysis.view import SessionView

_UNTOLD = "COMMAND"
"""Stands for the workload's own command where that is not to be shown."""
_FOLDERS = ("--out", "--resume")
"""Options that name the folder of the session that is there already."""


def again(view: SessionView) -> str:
    """Return what to type in a clone to repeat *view*, its trials in the same order; else a plain run.

    A workload's own command is shown only where the view may :attr:`~SessionView.identify`.
    """
    words, workload = view.command_words, view.workload_words
    known = bool(words) and PurePath(words[0]).name in ("ringbench", "__main__.py")
    # Before the command stand flags alone, like --debug.
    call = list(itertools.dropwhile(lambda word: word.startswith("-"), words[1:])) if known else []
    options = _options(call[1:], workload) if call[:1] == ["run"] else []
    if view.seed is not None and not any(word.split("=")[0] == "--seed" for word in options):
        options += ["--seed", str(view.seed)]
    behind = ["--", *(workload if view.identify else [_UNTOLD])] if workload else []
    return f"sudo ./with-env {shlex.join(['ringbench', 'run', *options, *behind])}"


def _options(words: list[str], workload: list[str]) -> list[str]:
    """Return the options among *words*, without those that name a folder, up to the workload's own command."""
    end = words.index("--") if "--" in words else len(words)
    if workload and words[-len(workload) :] == workload:  # a '--' before it may go without saying
        end = min(end, len(words) - len(workload))
    options: list[str] = []
    skip = False
    for word in words[:end]:
        if not skip and word.split("=")[0] not in _FOLDERS:
            options.append(word)
        skip = not skip and word in _FOLDERS
    return options
