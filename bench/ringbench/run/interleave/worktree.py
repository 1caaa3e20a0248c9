"""A revision of the project in a folder and an environment of its own, to be measured beside another one."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringbench.data.store.owner import chown_to_invoker
from ringbench.errors import MissingRequirementError, OptionError
from ringbench.run.interleave.worker_client import environment
from ringbench.run.session.revision import checkout, git
from ringbench.text import one_line, printable

AS_IT_IS = "."
"""Names the checkout as it is, changes that are not committed included."""
_PATIENCE_S = 900.0


@dataclass(frozen=True)
class Version:
    """A version that can be measured."""

    name: str
    """As it was asked for."""
    commit: str | None
    """None: the checkout as it is, from no repository."""
    folder: Path
    side: Sequence[str]
    """The command that starts a side of it, in its folder."""


def commit_of(name: str) -> str:
    """Return the commit that *name* stands for in this checkout's repository; OptionError where there is none."""
    top = _top()
    if name.startswith("-"):
        raise OptionError(f"{printable(name)} is no revision.")
    try:
        return git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except OptionError:
        raise OptionError(
            f"there is no revision {printable(name)} in {one_line(top)}. A shallow clone lacks most: "
            "git fetch --unshallow."
        ) from None


def check_revision(name: str) -> None:
    """Raise OptionError where *name* is neither ``.`` nor a revision that can be measured. Makes nothing."""
    if name == AS_IT_IS:
        return
    commit = commit_of(name)
    if not git(_top(), "ls-tree", commit, "with-env"):
        raise OptionError(f"{printable(name)} has no with-env: it cannot be measured.")


@contextlib.contextmanager
def version(name: str, log: Path) -> Iterator[Version]:
    """Yield *name*, a revision or ``.``, ready to be measured; what was made for it is gone afterwards.

    Making the environment takes half a minute; what it says goes to *log*. Raises OptionError where there is no such
    revision, MissingRequirementError where its environment cannot be made.
    """
    if name == AS_IT_IS:
        top = checkout() or Path.cwd()
        yield Version(name, None, top, [sys.executable, "-m", "ringbench", "side"])
        return
    check_revision(name)
    commit, top = commit_of(name), _top()
    folder = Path(tempfile.mkdtemp(prefix="ringbench-ab-"))
    try:
        git(top, "worktree", "add", "--detach", "--force", str(folder / "project"), commit)
        _prepare(folder / "project", name, log)
        yield Version(name, commit, folder / "project", ["./with-env", "ringbench", "side"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OptionError):
            git(top, "worktree", "prune")


def _prepare(folder: Path, name: str, log: Path) -> None:
    with open(log, "ab") as said:
        chown_to_invoker(said.fileno())
        try:
            done = subprocess.run(
                ["./with-env", "ringbench", "--version"],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=_PATIENCE_S, env=environment(),
                check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MissingRequirementError(
                f"the environment of {printable(name)} cannot be made: {one_line(error)}"
            ) from error
    if done.returncode:
        last = (log.read_text(errors="replace").strip().splitlines() or ["nothing was said"])[-1]
        raise MissingRequirementError(
            f"the environment of {printable(name)} cannot be made: {one_line(last)}. Log: {log}"
        )


def _top() -> Path:
    top = checkout()
    if top is None:
        raise OptionError(
            "this ringbench is installed, not a checkout: it has no revisions. Run it from a clone, by ./with-env."
        )
    return top
