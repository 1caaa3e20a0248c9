"""Compiled loops: C beside its Python, built by the packaging (hatch_build.py), loaded by ctypes and checked.

Without a compiler a library is not there; then whoever asks for it is told what to do, and the rest goes on working.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path

from ringbench.errors import MissingRequirementError

U64 = ctypes.c_uint64


def library(name: str) -> Path:
    """Return where the build puts the library of ``NAME.c``: beside its source."""
    return Path(__file__).with_name(f"{name}.so")


def words(names: str) -> list[tuple[str, type[ctypes.c_uint64]]]:
    """Return the fields of a structure that has nothing but u64 (addresses, too), from their *names* in a line."""
    return [(name, U64) for name in names.split()]


def load(path: Path, sizes: Sequence[int]) -> ctypes.CDLL:
    """Return the library at *path*, whose ``structure_bytes`` must be *sizes*.

    MissingRequirementError, with what to do, where it was not built, cannot be used, or is another version's.
    """
    if not path.exists():
        raise MissingRequirementError(
            f"the compiled loops ({path.name}) were not built, as there was no C compiler. "
            "Install gcc and libc6-dev, then run ./with-env again, or reinstall ringbench."
        )
    try:
        found = ctypes.CDLL(str(path))
        seen = list((U64 * len(sizes)).in_dll(found, "structure_bytes"))
    except (OSError, ValueError) as error:
        raise MissingRequirementError(
            f"{path} cannot be used ({error}): reinstall ringbench to build it again."
        ) from error
    if seen != list(sizes):
        raise MissingRequirementError(f"{path} is of another version: reinstall ringbench to build it again.")
    return found


def missing(library: Callable[[], ctypes.CDLL]) -> str | None:
    """Return why *library*, which loads one, cannot be used here; None when it can."""
    try:
        library()
    except MissingRequirementError as error:
        return str(error)
    return None
