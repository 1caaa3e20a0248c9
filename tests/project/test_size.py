"""No file and no function is longer than a person reads at once. Complexity is ruff's: C901, PLR0912 and PLR0915."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests import ROOT

MOST_LINES = 400
"""Of a file."""
MOST_IN_A_FUNCTION = 60
MOST_PARAMETERS = 9
"""Of a function, without self; a command has one for each of its options."""
FOLDERS = ("bench", "bpf", "tests", "notebooks", "examples", "contrib")
SOURCES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".c", ".h") and "__pycache__" not in path.parts
)


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield each function of the Python files, and where it is."""
    for path in SOURCES:
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{path.relative_to(ROOT)}:{node.name}", node


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count them, decorators left out."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count them, self left out; none of a command, which click calls."""
    if any(re.search(r"\bcommand\(", ast.unparse(decorator)) for decorator in function.decorator_list):
        return 0
    those = function.args
    names = [each.arg for each in (*those.posonlyargs, *those.args, *those.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def test_the_folders_are_looked_into() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} >= {"bench", "bpf", "tests"}


@pytest.mark.parametrize("suffix", [".py", ".c", ".h"])
def test_no_file_is_too_long(suffix: str) -> None:
    lines = {path: len(path.read_text().splitlines()) for path in SOURCES if path.suffix == suffix}
    assert lines
    assert {str(path.relative_to(ROOT)): n for path, n in lines.items() if n > MOST_LINES} == {}


def test_no_function_is_too_long() -> None:
    assert {name: n for name, each in _functions() if (n := _lines(each)) > MOST_IN_A_FUNCTION} == {}


def test_no_function_takes_too_much() -> None:
    assert {name: n for name, each in _functions() if (n := _parameters(each)) > MOST_PARAMETERS} == {}


def test_what_is_counted() -> None:
    text = '@click.option("-a")\n@click.command("x")\ndef x(a, *, b):\n    """Do."""\n    return a\n\n\n'
    text += "class C:\n    async def m(self, a, /, b, *rest, c, **more):\n        return 1\n"
    found = (each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    command, method = found
    assert (_lines(command), _parameters(command)) == (3, 0)
    assert (_lines(method), _parameters(method)) == (2, 3)


def test_ruff_s_limits_hold_for_all() -> None:
    """They are switched on, no folder is excepted, and no line of the package switches one off."""
    text = (ROOT / "pyproject.toml").read_text()
    settings = text.partition("[tool.ruff.lint]")[2].partition("[tool.importlinter]")[0]
    selected, _, rest = settings.partition("ignore = [")
    assert {'"C901"', '"PL"'} <= set(re.findall(r'"\w+"', selected))
    assert re.search(r"max-complexity = 15\b", rest)
    rules = r"C901|PLR0912|PLR0915"
    assert not re.search(rules, rest)
    package = (path for path in SOURCES if ROOT / "bench" in path.parents and path.suffix == ".py")
    assert [path for path in package if re.search(rf"noqa\b.*({rules})", path.read_text())] == []
