"""Which revision of the project this is, where it runs from a checkout; and git, asked as whoever owns the checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ringbench.errors import OptionError
from ringbench.text import one_line

_PATIENCE_S = 60.0


def checkout() -> Path | None:
    """Return the top of the checkout that this package lies in; None for an installed wheel."""
    top = Path(__file__).resolve().parents[4]
    return top if (top / ".git").exists() and (top / "with-env").exists() else None


def revision(top: Path | None = None) -> str | None:
    """Return the commit that is checked out at *top* (None: this package's), with a + behind it if files differ.

    None where that is not known: no checkout, or no git.
    """
    top = top or checkout()
    if top is None:
        return None
    try:
        commit = git(top, "rev-parse", "HEAD")
        return commit + ("+" if git(top, "status", "--porcelain", "--untracked-files=no") else "")
    except OptionError:
        return None


def git(top: Path, *words: str) -> str:
    """Return what git prints in *top*, stripped. Raises OptionError with its last line where it fails, or isn't there.

    Root may ask in somebody else's checkout: that is what sudo makes of every call. So git is told that the folder is
    safe, for this call only, and that its own commands run without hooks of the repository.
    """
    command = ["git", "-c", f"safe.directory={top}", "-c", "core.hooksPath=/dev/null", "-C", str(top), *words]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_S,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OptionError(f"git {words[0]} did not work ({one_line(error)}); install git, or use `compare`.") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise OptionError(f"git {words[0]} in {one_line(top)}: {one_line(said)}")
    return done.stdout.strip()
