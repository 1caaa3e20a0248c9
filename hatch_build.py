"""Compiles the C of ``bench/ringbench/native/`` into the wheel, and into the checkout for an editable install.

ctypes loads the result, so a wheel with it fits every Python of its platform. A machine without a C compiler still gets
ringbench, less what needs these loops: the build warns and goes on.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

SOURCES = tuple(f"bench/ringbench/native/{name}.c" for name in ("rings", "producers", "order"))
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-fPIC", "-shared")


class NativeBuildHook(BuildHookInterface[Any]):
    """Builds each library beside its source, before the files of the wheel are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and tag the wheel by what came of it."""
        for name in SOURCES:
            source = Path(self.root, name)
            library = source.with_suffix(".so")
            if seen := compile_into(library, source):
                library.unlink(missing_ok=True)  # one of an older source would be worse than none
                self.app.display_warning(
                    f"{name} could not be compiled, so these loops are left out: {seen}\n"
                    "Install gcc and libc6-dev, then reinstall ringbench. All else works without."
                )
                continue
            build_data["artifacts"].append(f"/{library.relative_to(self.root)}")  # git ignores it, and so would hatch
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform()}"


def compile_into(library: Path, source: Path) -> str | None:
    """Return None once *library* is built, at once and whole; else what was seen, in one line."""
    part = library.with_name(f"{library.stem}.{os.getpid()}.so")
    try:
        compiler, compile_flags, link_flags = (shlex.split(os.environ.get(n, "")) for n in ("CC", "CFLAGS", "LDFLAGS"))
        command = [*(compiler or ["cc"]), *FLAGS, *compile_flags, "-o", str(part), str(source), *link_flags]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode == 0:
            print(done.stderr, end="", file=sys.stderr)
            part.replace(library)  # a process that has the old one loaded keeps it
            return None
    except (OSError, ValueError) as error:
        return str(error)
    finally:
        part.unlink(missing_ok=True)
    said = [line.strip() for line in done.stderr.splitlines() if "error" in line.lower()]
    return said[0] if said else f"{command[0]} ended with status {done.returncode}"


def platform() -> str:
    """Return this platform's plain tag: the libc that a manylinux tag promises was not asked for."""
    return next(tag for tag in platform_tags() if not tag.startswith(("manylinux", "musllinux")))
