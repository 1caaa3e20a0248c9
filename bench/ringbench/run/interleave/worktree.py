"""A revision of the project in a folder and an environment of its own, to be measured beside another one."""

from __future__ import annotations

import contextlib
import fcntl
import os
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
_PREFIX = "ringbench-ab-"
_SAME = ("requirements.lock", "pyproject.toml", "hatch_build.py")
"""Where these are the same, what is installed for one revision serves another."""
_COMPILE = """
import pathlib, sys
project = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(project))
from hatch_build import SOURCES, compile_into
seen = [compile_into((project / name).with_suffix(".so"), project / name) for name in SOURCES]
sys.exit("\\n".join(filter(None, seen)) or 0)
"""
"""Compiles a revision's C, as its own installation does; ends with what was seen where it could not."""


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

    It runs in this environment where it asks for the same packages, else in one of its own, which takes half a minute
    to make. What that says goes to *log*. Raises OptionError where there is no such revision, MissingRequirementError
    where its environment cannot be made.
    """
    if name == AS_IT_IS:
        top = checkout() or Path.cwd()
        yield Version(name, None, top, [sys.executable, "-m", "ringbench", "side"])
        return
    check_revision(name)
    commit, top = commit_of(name), _top()
    with own_folder() as folder:
        project = folder / "project"
        try:
            git(top, "worktree", "add", "--detach", "--force", str(project), commit)
            if side := _in_this_environment(top, project, log):
                yield Version(name, commit, project, side)
            else:
                _prepare(project, name, log)
                yield Version(name, commit, project, ["./with-env", "ringbench", "side"])
        finally:
            shutil.rmtree(project, ignore_errors=True)
            with contextlib.suppress(OptionError):
                git(top, "worktree", "prune")


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Yield a new folder that is gone afterwards; those that a killed process left behind go, too.

    A folder is locked while its process lives, so one that can be locked belongs to nobody any more.
    """
    place = Path(tempfile.gettempdir())
    for left in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with _locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of *folder*, one of our own and no link; OSError where somebody else holds it, or owns it."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(opened).st_uid != os.geteuid():
            raise PermissionError(f"{folder} is another user's")
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)


def _in_this_environment(top: Path, project: Path, log: Path) -> list[str] | None:
    """Return the command that runs the revision in *project* on the packages of this environment.

    None where it asks for others than the checkout *top*, or its C does not compile: it needs one of its own then.
    """
    program = Path(sys.executable).with_name("ringbench")
    if not program.exists() or any(_text(top / name) != _text(project / name) for name in _SAME):
        return None
    with open(log, "ab") as said:
        chown_to_invoker(said.fileno())
        words = [sys.executable, "-c", _COMPILE, str(project)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/", check=False)
    if done.returncode:
        return None
    # Its code comes before ours: our own is on the path by a file in site-packages, which comes after PYTHONPATH.
    return ["/usr/bin/env", f"PYTHONPATH={project / 'bench'}", str(program), "side"]


def _text(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return None


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
