"""The command line: a file a verb, loaded when it is called, so that a small command starts fast."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from typing import Any, NoReturn

import click

from ringbench import __version__
from ringbench.cli.invocation import Invocation
from ringbench.errors import RingbenchError

_COMMANDS = {
    "doctor": "ringbench.cli.doctor:doctor",
    "list": "ringbench.cli.list:list_",
    "run": "ringbench.cli.run:run",
    "report": "ringbench.cli.report:report",
    "export": "ringbench.cli.export:export",
    "order": "ringbench.cli.order:order",
    "ringdump": "ringbench.cli.ringdump:ringdump",
    "claims": "ringbench.cli.claims:claims_",
    "nesting": "ringbench.cli.nesting:nesting",
    "compare": "ringbench.cli.compare:compare",
    "ab": "ringbench.cli.ab:ab",
    "baseline": "ringbench.cli.baseline:baseline",
    "history": "ringbench.cli.history:history",
    "selftest": "ringbench.cli.selftest:selftest",
    "side": "ringbench.cli.worker:side",
}
_ALIASES = {
    "anatomy": "ringbench.cli.ringdump:ringdump",
    "nested": "ringbench.cli.nesting:nesting",
    "selfcheck": "ringbench.cli.selftest_aa:aa",
    "gatecheck": "ringbench.cli.selftest_gate:gate",
}
"""Names that commands had before. They work as they did, and no help lists them."""


class _Verbs(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS]  # not list(): that is a module of this package, once it is loaded

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name) or _ALIASES.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


_EXAMPLES = """\b
Examples:
  sudo ringbench run                the four questions in about a minute
  sudo ringbench run -- make -j2    the same for the processes of a build
  ringbench report latest           draw the report again, without root
"""


@click.group(
    cls=_Verbs,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="ringbench")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """Measure the BPF perf buffer against the BPF ringbuf on real fork, exec and exit events.

    Exit status: 0 done; 1 regression; 2 wrong usage, or an environment that cannot do it; 3 the measurement is
    invalid, inconclusive or was interrupted.
    """
    context.ensure_object(Invocation).debug = debug  # main() shows errors


def main() -> NoReturn:
    """Run the command; turn errors into a line or two and an exit status."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    call = Invocation(tuple(sys.argv[1:]))
    try:
        sys.exit(cli.main([*call.arguments], prog_name="ringbench", standalone_mode=False, obj=call) or 0)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        if type(error).show not in (click.ClickException.show, click.UsageError.show):
            error.show()  # no command was given: that is answered by the help
            sys.exit(2)
        _fail(call, 2, *_wrong_call(error))
    except (click.Abort, KeyboardInterrupt):
        _fail(call, 3, "interrupted.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except RingbenchError as error:
        _fail(call, error.exit_status, str(error))
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        _fail(call, 2, f"{type(error).__name__}: {lines[-1]} (a defect: `ringbench --debug …` shows where)")


def _as_interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _wrong_call(error: click.ClickException) -> tuple[str, ...]:
    """Return what is wrong with a call, and which help says how it is right: a line each."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    told = " ".join(error.format_message().split())
    return (told,) if context is None else (told, f"Try: {context.command_path} --help")


def _fail(call: Invocation, status: int, *lines: str) -> NoReturn:
    from ringbench.text import printable

    if call.debug:
        traceback.print_exc()
    click.echo("\n".join(["ringbench: " + printable(lines[0]), *map(printable, lines[1:])]), err=True)
    sys.exit(status)
