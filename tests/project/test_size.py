"""No file and no function is longer than a person reads at once. Complexity is ruff's: C901, PLR0912 and PLR0915."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT

MOST_LINES = 400
"""Of a file."""
MOST_IN_A_FUNCTION = 60
FOLDERS = ("bench", "bpf", "tests", "notebooks", "examples", "contrib")
SOURCES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".c", ".h") and "__pycache__" not in path.parts
)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and the lines of each function of a Python file, decorators left out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def test_the_folders_are_looked_into() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} >= {"bench", "bpf", "tests"}


@pytest.mark.parametrize("suffix", [".py", ".c", ".h"])
def test_no_file_is_too_long(suffix: str) -> None:
    lines = {path: len(path.read_text().splitlines()) for path in SOURCES if path.suffix == suffix}
    assert lines
    assert {str(path.relative_to(ROOT)): n for path, n in lines.items() if n > MOST_LINES} == {}


def test_no_function_is_too_long() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{name}": n
        for path in SOURCES
        if path.suffix == ".py"
        for name, n in _functions(path)
        if n > MOST_IN_A_FUNCTION
    }
    assert found == {}
