"""Everything that CI checks: ``sudo ./with-env nox``. One of them: ``sudo ./with-env nox -s tests -- -k ordering``.

The sessions make no environments of their own. BCC reaches Python through the one that with-env prepared, from the
lock files; another one would test something else than what runs.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import nox

ROOT = Path(__file__).resolve().parent

nox.needs_version = ">=2023.4"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "layers", "workflows", "wheel", "tests"]


NO_TESTS_COLLECTED = 5  # pytest's exit status
PYTEST = ("pytest", "--durations=20")
UNITS = ("-m", "not bpf", "--numprocesses=logical", "--dist=worksteal")
COVERED = ("--cov", "--cov-report=", "--cov-fail-under=0")


def run(session: nox.Session, program: str, *args: str, accepted: tuple[int, ...] = (0,)) -> None:
    """Run a program of with-env's environment, and of no other."""
    if shutil.which(program) != str(ROOT / ".venv" / "bin" / program):
        session.error(f"{program} is not the one in .venv. Run: sudo ./with-env nox -s {session.name}")
    try:
        session.run(program, *args, success_codes=accepted)
    finally:
        chown_to_invoker()


def chown_to_invoker() -> None:
    """Under sudo, leave no file in the checkout that only root can remove: caches, compiled modules, coverage data."""
    if os.geteuid() != 0 or "SUDO_UID" not in os.environ:
        return
    owner = int(os.environ["SUDO_UID"])
    group = int(os.environ.get("SUDO_GID", owner))
    for folder, folders, files in os.walk(ROOT):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            if os.lstat(path).st_uid == 0:
                os.chown(path, owner, group, follow_symlinks=False)


@nox.session
def tests(session: nox.Session) -> None:
    """The whole suite. As root it includes what runs in the kernel (tests/kernel), else that is skipped.

    Tests in the kernel mostly wait; meanwhile those that need no BPF take what the CPUs have left, and give way at once
    (SCHED_IDLE). What compares times runs afterwards, with the machine for itself.
    """
    part = (0, NO_TESTS_COLLECTED) if session.posargs else (0,)  # a choice may lie in one of them
    if os.geteuid() != 0:
        units(session, part)
        return kernel(session, part)
    with contextlib.ExitStack() as stack:
        stack.callback(alone, session, part)
        with tempfile.TemporaryFile() as said, idle([*PYTEST, *UNITS, *session.posargs], said) as beside:
            stack.callback(ended, session, beside, part)
            try:
                in_kernel(session, "bpf and not alone", "kernel", part)
            finally:
                beside.wait()
                said.seek(0)
                sys.stdout.write(said.read().decode(errors="replace"))
                sys.stdout.flush()
    return None


@contextlib.contextmanager
def idle(command: Sequence[str], said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Run *command* beside what the block does, on CPU time that nobody else wants; its output goes to *said*."""
    process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
    os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def ended(session: nox.Session, process: subprocess.Popen[bytes], accepted: tuple[int, ...]) -> None:
    """Fail where *process* did."""
    if process.returncode not in accepted:
        session.error(f"the tests that need no BPF ended with status {process.returncode}")


@nox.session
def units(session: nox.Session, accepted: tuple[int, ...] = (0,)) -> None:
    """What needs no BPF: on all CPUs, side by side."""
    run(session, *PYTEST, *UNITS, *session.posargs, accepted=accepted)


@nox.session
def coverage(session: nox.Session) -> None:
    """Lines and branches that units runs: no fewer than pyproject.toml says. A tracer would slow kernel trials."""
    run(session, "coverage", "erase")
    run(session, *PYTEST, *UNITS, *COVERED, *session.posargs)
    run(session, "coverage", "report")


@nox.session
def kernel(session: nox.Session, accepted: tuple[int, ...] = (0,)) -> None:
    """What runs in the kernel, one test after the other: two at a time would count each other's events."""
    in_kernel(session, "bpf", "kernel", accepted)


def alone(session: nox.Session, accepted: tuple[int, ...]) -> None:
    """Run what compares times in the kernel."""
    in_kernel(session, "bpf and alone", "alone", accepted)


def in_kernel(session: nox.Session, marked: str, name: str, accepted: tuple[int, ...]) -> None:
    """Run the tests in the kernel that are *marked* so; their report has *name* in its own."""
    given = [arg for arg in session.posargs if not arg.startswith("--cov")]
    given = [re.sub(r"^(--junit-?xml=.*)\.xml$", rf"\1-{name}.xml", arg) for arg in given]
    run(session, *PYTEST, "-m", marked, "--ignore=tests/bench", *given, accepted=accepted)


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks: ratios of two things that take turns. Needs root; ``-- --blocks 20`` narrows their intervals."""
    run(session, *PYTEST, "tests/bench", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style: ruff's rules and its format."""
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types: mypy, strict, over the package. From nothing: its cache once hid an error that a new clone showed."""
    run(session, "mypy", "--no-incremental", *session.posargs)


@nox.session
def layers(session: nox.Session) -> None:
    """Direction of imports: the contracts in pyproject.toml."""
    run(session, "lint-imports", "--no-cache")


@nox.session
def workflows(session: nox.Session) -> None:
    """The workflows and the action, against GitHub's schemas, which come with check-jsonschema."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    run(session, "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    run(session, "check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")


@nox.session
def wheel(session: nox.Session) -> None:
    """What would be published: source archive and wheel in dist/, built from nothing but what is in the archive."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    run(session, "pyproject-build", "--no-isolation", "--outdir", "dist", ".")
    run(session, "pytest", "tests/project/test_packaging.py", "--wheel", *map(str, (ROOT / "dist").glob("*.whl")))
