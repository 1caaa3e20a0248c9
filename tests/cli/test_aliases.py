"""Commands that have another name now answer to the old one, too, and no help lists that."""

from __future__ import annotations

import click
import pytest
from click.shell_completion import ShellComplete

from ringbench.cli import cli

OLD = {"anatomy": "ringdump", "nested": "nesting", "selfcheck": "selftest aa", "gatecheck": "selftest gate"}


def _command(words: str) -> click.Command:
    found: click.Command = cli
    for word in words.split():
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), word)
        assert inner is not None, words
        found = inner
    return found


@pytest.mark.parametrize(("old", "new"), OLD.items())
def test_an_old_name_is_the_same_command(old: str, new: str) -> None:
    assert _command(old) is _command(new)


def test_no_help_and_no_shell_names_an_old_one() -> None:
    listed = {*cli.list_commands(click.Context(cli))}
    assert not listed & {*OLD}
    assert {new.split()[0] for new in OLD.values()} <= listed
    shell = ShellComplete(cli, {}, "ringbench", "_RINGBENCH_COMPLETE")
    assert not {item.value for item in shell.get_completions([], "")} & {*OLD}
