"""Amounts and names on the command line: one way to write each, in every command, told in its help and completed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.shell_completion import ShellComplete

from ringbench.cli import cli, names
from ringbench.cli.options import DURATION, SHARE, SIZE, Amount
from ringbench.drivers.readers import READERS
from ringbench.drivers.transports import TRANSPORTS, USER_SPACE, transports_carrying
from ringbench.drivers.waits import WAITS
from ringbench.drivers.workloads import WORKLOADS
from ringbench.run.planner.profiles import PROFILES
from ringbench.spec.modes import MODES
from ringbench.spec.placement import PLACEMENTS
from ringbench.spec.record import NESTED
from ringbench.spec.wakeups import WAKEUPS
from ringbench.units import parse_seconds, parse_share
from tests import ROOT

NEEDED = {"ab": ["--base", "."], "export": ["latest", "--format", "csv"], "save": ["latest"], "show": ["latest"]}
NEEDED |= {"compare": ["a", "b"], "order": ["latest"], "report": ["latest"]}
HEAVY = ("bcc", "matplotlib", "pandas", "pyarrow", "scipy")


def every(group: click.Group = cli) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from every(command)
        else:
            yield command


def options() -> Iterator[tuple[click.Command, click.Option]]:
    for command in every():
        yield from ((command, each) for each in command.params if isinstance(each, click.Option))


def of(kind: Amount) -> list[tuple[click.Command, click.Option]]:
    return [(command, option) for command, option in options() if option.type is kind]


def parsed(command: click.Command, option: click.Option, text: str) -> object:
    words = [*NEEDED.get(str(command.name), []), option.opts[0], text]
    value = command.make_context("ringbench", words).params[str(option.name)]
    return value[0] if option.multiple else value


def helped(command: click.Command, option: click.Option) -> str:
    record = option.get_help_record(click.Context(command))
    assert record is not None
    return record[1]


def test_every_option_that_is_a_time_takes_the_same_times() -> None:
    timed = {f"{command.name} {option.opts[0]}" for command, option in of(DURATION)}
    assert timed == {
        "run --duration", "run --drain-interval", "run --max-time", "ab --max-time", "gate --max-time",
        "nesting --duration",
    }  # fmt: skip
    assert not [option.opts for _, option in options() if option.type is click.FLOAT], "a number without its unit"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e-3", 1e-3),
        ("10ms", 0.01),
        ("20us", 2e-5),
        ("30m", 1800.0),
        ("1h", 3600),
    ],
)
def test_a_time_is_in_seconds_or_with_its_unit(text: str, seconds: float) -> None:
    for command, option in of(DURATION):
        assert parsed(command, option, text) == pytest.approx(seconds, rel=1e-12), (command.name, option.opts)


@pytest.mark.parametrize("text", ["soon", "-1", "0", "0ms", "25h", "nan", "inf", "10 parsecs", ""])
def test_what_is_no_time_is_refused_by_each_option(text: str) -> None:
    for command, option in of(DURATION):
        with pytest.raises(
            click.BadParameter, match=r"write it like 0\.01, 10ms, 20us or 30m|more than 0, at most a day"
        ):
            parsed(command, option, text)


def test_every_option_of_bytes_takes_sizes_and_every_share_takes_per_cent() -> None:
    assert {option.opts[0] for _, option in of(SIZE)} == {"--record-bytes", "--buffer-bytes"}
    assert {option.opts[0] for _, option in of(SHARE)} == {"--precision"}
    for command, option in of(SIZE):
        assert parsed(command, option, "64K") == 65536
        assert isinstance(parsed(command, option, "64K"), int)
    for command, option in of(SHARE):
        assert parsed(command, option, "5%") == parsed(command, option, "0.05") == 0.05


def test_the_help_says_which_forms_there_are() -> None:
    forms = {DURATION: ("10ms", "30m"), SIZE: (), SHARE: ("5%", "0.05")}
    for kind, examples in forms.items():
        for command, option in of(kind):
            for example in examples:
                assert example in helped(command, option), (command.name, option.opts)


def test_amounts_in_words() -> None:
    assert parse_seconds("1E-2 S") == 0.01
    assert parse_share(" 12.5 % ") == 0.125
    for wrong in ("1_000", "٣", "0x10", "1e400", "+1", "5 %%"):
        with pytest.raises(ValueError, match="write it like"):
            parse_seconds(wrong)
        with pytest.raises(ValueError, match="write it like"):
            parse_share(wrong)


NAMED = {
    "transports": [*TRANSPORTS, *USER_SPACE],
    "readers": [kind.usage or kind.name for kind in READERS.values()],
    "wakeups": [kind.usage for kind in WAKEUPS.values()],
    "waits": [kind.usage for kind in WAITS.values()],
    "placements": [*PLACEMENTS],
    "workloads": [kind.usage for kind in WORKLOADS.values()],
    "profile_name": [*PROFILES],
    "mode": [*MODES],
}


def test_the_help_names_all_that_can_be_chosen() -> None:
    found = set()
    for command, option in options():
        if option.name in NAMED:
            found.add(option.name)
            expected = transports_carrying(NESTED.struct) if command.name == "nesting" else NAMED[option.name]
            assert [name for name in expected if name not in helped(command, option)] == [], (command.name, option.opts)
    assert found == set(NAMED)


@pytest.mark.parametrize(
    ("words", "begun", "completed"),
    [
        (["run", "--transport"], "ringbuf-re", ["ringbuf-reserve"]),
        (["ab", "--reader"], "bulk", ["bulk", "bulk-view"]),
        (["run", "--wakeup"], "b", ["batch:", "bytes:"]),
        (["run", "--wait"], "ep", ["epoll"]),
        (["run", "--workload"], "stress", ["stress-ng:"]),
        (["run", "--mode"], "pa", ["paired"]),
        (["nesting", "--transport"], "f", []),
    ],
)
def test_a_shell_completes_names(words: list[str], begun: str, completed: list[str]) -> None:
    shell = ShellComplete(cli, {}, "ringbench", "_RINGBENCH_COMPLETE")
    assert [item.value for item in shell.get_completions(words, begun)] == completed


def test_a_name_is_checked_as_its_registry_checks_it() -> None:
    assert names.TRANSPORT.convert("perf~again", None, None) == "perf~again"
    assert names.NESTED_TRANSPORT.convert("perf~spin:8", None, None) == "perf~spin:8"
    assert names.WAIT.convert("sleep:1ms", None, None) == "sleep:1ms"


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([each, "--help"] for each in ("run", "ab", "list"))])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = f"""
import sys
from ringbench.cli import main
sys.argv = ["ringbench", *{words!r}]
try:
    main()
finally:
    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == "[]\n"
    assert "ringbench" in done.stdout
