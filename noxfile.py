"""Everything that CI checks: ``sudo ./with-env nox``. One of them: ``sudo ./with-env nox -s tests -- -k ordering``.

The sessions make no environments of their own. BCC reaches Python through the one that with-env prepared, from the
lock files; another one would test something else than what runs.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent

nox.needs_version = ">=2023.4"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "layers", "workflows", "wheel", "tests"]


NO_TESTS_COLLECTED = 5  # pytest's exit status


def run(session: nox.Session, program: str, *args: str, accepted: tuple[int, ...] = (0,)) -> None:
    """Run a program of with-env's environment, and of no other."""
    if shutil.which(program) != str(ROOT / ".venv" / "bin" / program):
        session.error(f"{program} is not the one in .venv. Run: sudo ./with-env nox -s {session.name}")
    try:
        session.run(program, *args, success_codes=accepted)
    finally:
        chown_to_invoker()


def pytest(session: nox.Session, *args: str, accepted: tuple[int, ...] = (0,)) -> None:
    """Run tests, and say which took longest."""
    run(session, "pytest", "--durations=20", *args, accepted=accepted)


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
    """The whole suite. As root it includes what runs in the kernel (tests/kernel), else that is skipped."""
    part = (0, NO_TESTS_COLLECTED) if session.posargs else (0,)  # a choice may lie in one of the two
    try:
        units(session, part)
    finally:
        kernel(session, part)


@nox.session
def units(session: nox.Session, accepted: tuple[int, ...] = (0,), options: tuple[str, ...] = ()) -> None:
    """What needs no BPF: on all CPUs, side by side."""
    side_by_side = ("-m", "not bpf", "--numprocesses=logical", "--dist=worksteal")
    pytest(session, *side_by_side, *options, *session.posargs, accepted=accepted)


@nox.session
def coverage(session: nox.Session) -> None:
    """Lines and branches that units runs: no fewer than pyproject.toml says. A tracer would slow kernel trials."""
    run(session, "coverage", "erase")
    units(session, options=("--cov", "--cov-report=", "--cov-fail-under=0"))
    run(session, "coverage", "report")


@nox.session
def kernel(session: nox.Session, accepted: tuple[int, ...] = (0,)) -> None:
    """What runs in the kernel, one test after the other: two at a time would count each other's events."""
    named = [re.sub(r"^(--junit-?xml=.*)\.xml$", r"\1-kernel.xml", arg) for arg in session.posargs]
    pytest(session, "-m", "bpf", "--ignore=tests/bench", *named, accepted=accepted)


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks: ratios of two things that take turns. Needs root; ``-- --blocks 20`` narrows their intervals."""
    pytest(session, "tests/bench", *session.posargs)


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
