"""The table of commands: loaded when they are called, and none of them forgotten."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import click
import pytest

from ringbench import cli as package
from ringbench.cli import _ALIASES, _COMMANDS, cli

FOLDER = Path(package.__file__).parent


def is_command(node: ast.stmt) -> bool:
    """Tell whether *node* is a function that click.command() or click.group() makes a command of the main group."""
    calls = (each.func for each in getattr(node, "decorator_list", ()) if isinstance(each, ast.Call))
    return any(ast.unparse(call) in ("click.command", "click.group") for call in calls)


def declared() -> set[str]:
    """Return every command that a module of the package declares, as the tables have them."""
    found = set()
    for path in FOLDER.glob("*.py"):
        if path.stem != "__init__":
            body = ast.parse(path.read_text()).body
            found |= {f"ringbench.cli.{path.stem}:{getattr(node, 'name', '')}" for node in body if is_command(node)}
    return found


@pytest.mark.parametrize("name", [*_COMMANDS, *_ALIASES])
def test_every_entry_is_a_command(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert isinstance(command, click.Command)
    assert command.name == name or name in _ALIASES
    module, _, function = (_COMMANDS | _ALIASES)[name].partition(":")
    assert getattr(importlib.import_module(module), function) is command


def test_every_command_that_is_declared_has_an_entry() -> None:
    assert declared() == {*_COMMANDS.values(), *_ALIASES.values()}
