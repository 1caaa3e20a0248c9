"""A checkout as small as with-env prepares one, and with-env run in it as a shell would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests import ROOT

BUILDERS = ("hatchling", "editables", "packaging", "pathspec", "pluggy", "trove-classifiers", "tomli", "tomlkit")


def with_env(
    checkout: Path, *command: str, cwd: Path | None = None, wrapper: tuple[str, ...] = (), **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run ./with-env of *checkout*, through another command if any; *changes* are environment variables."""
    argv = [*wrapper, str(checkout / "with-env"), *command]
    env = environment(checkout, **changes)
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def environment(checkout: Path, **changes: str) -> dict[str, str]:
    """Return what a shell would have, less what the with-env that runs this test left, and what tells of a sudo.

    The cache is one beside *checkout*; headers that this machine has fetched count as the caller's own.
    """
    hidden = ("VIRTUAL_ENV", "SUDO_UID", "SUDO_GID", "SUDO_USER")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    kept["PATH"] = os.pathsep.join(p for p in kept["PATH"].split(os.pathsep) if not p.startswith(str(ROOT)))
    tree = Path(kept.get("RINGBENCH_CACHE", "")) / "headers" / os.uname().release / "tree"
    if tree.exists():
        kept["BCC_KERNEL_SOURCE"] = str(tree)
    kept["RINGBENCH_CACHE"] = str(checkout.parent / "a cache")
    return kept | changes


def small_checkout(folder: Path) -> Path:
    """The least that with-env prepares: a package without dependencies, and locks with only what builds it."""
    package = folder / "bench" / "ringbench"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "1"\n\n\ndef main():\n    print("ran in", __file__)\n')
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "small"\nversion = "1"\n[project.scripts]\nsmall = "ringbench:main"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["bench/ringbench"]\n'
    )
    entry = re.compile(rf"^(?:{'|'.join(BUILDERS)})==.*\n(?:    --hash.*\n)+", re.MULTILINE)
    chosen = entry.findall((ROOT / "requirements.lock").read_text())
    for name in ("requirements.lock", "requirements-dev.lock"):
        (folder / name).write_text("".join(chosen))
    shutil.copy(ROOT / "with-env", folder / "with-env")
    return folder


def add_native(checkout: Path, answer: int = 1) -> Path:
    """Give *checkout* a rings.c whose library answers so, and what compiles it; return where the library will be."""
    native = checkout / "bench" / "ringbench" / "native"
    if not native.exists():
        native.mkdir()
        shutil.copy(ROOT / "hatch_build.py", checkout / "hatch_build.py")
        with (checkout / "pyproject.toml").open("a") as settings:
            settings.write("[tool.hatch.build.targets.wheel.hooks.custom]\n")
    (native / "rings.c").write_text(f"#include <stdint.h>\nint32_t answer(void) {{ return {answer}; }}\n")
    return native / "rings.so"


def shim(folder: Path, program: str, script: str) -> None:
    """Put a program of this name into *folder*."""
    (folder / program).write_text(f"#!/bin/sh\n{script}\n")
    (folder / program).chmod(0o755)


def without(folder: str) -> tuple[str, ...]:
    """Return the command that runs another one where *folder* seems empty, as if its package were not installed."""
    return ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{folder}" && exec "$@"', "sh")
