"""A fresh process for each trial, at little cost: forked from a server that has imported BCC and compiled once.

Each trial starts from the same state, whatever the trials before it did. The server dies with the runner (its end of
a pipe closes), and the trials die with the server (PR_SET_PDEATHSIG), so that after kill -9 of the runner no process
holds a BPF program, a map or a perf event.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any, TypeVar, cast

from bench import errors
from bench.kernel.syscalls import die_with_parent

T = TypeVar("T")

_context = multiprocessing.get_context("forkserver")
_leaving: list[ForkServerProcess] = []


def warm_up() -> None:
    """Start the server; it gets ready while the caller goes on."""
    # bench.cli stands for the runner's own __main__, which multiprocessing imports again in each child.
    _context.set_forkserver_preload(["bench.cli", "bench.kernel.warm", "bench.trial"])
    from multiprocessing import forkserver

    forkserver.ensure_running()


def run(function: Callable[..., T], *args: object, timeout_s: float | None = None) -> T:
    """Call *function* in a fresh process and return what it returns; both must be picklable.

    Returns with the answer, while the process is still on its way out (the kernel takes 0.1 s to free probes and
    rings); the next call, or :func:`settle`, waits for its end. An error of :mod:`bench.errors` is raised here as it
    was there. Raises MeasurementInvalid when the process died or took longer than *timeout_s* seconds, and
    RuntimeError with the process's traceback for anything else. On KeyboardInterrupt the process is killed first.
    """
    settle()
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=_child, args=(theirs, function, args), daemon=False)
    process.start()
    _leaving.append(process)
    theirs.close()
    try:
        if not ours.poll(timeout_s):
            raise errors.MeasurementInvalid(f"the trial's process gave no answer within {timeout_s:.0f} s.")
        kind, value = ours.recv()
    except EOFError:
        settle()
        raise errors.MeasurementInvalid(
            f"the trial's process died with status {process.exitcode} and no answer."
        ) from None
    except BaseException:
        process.kill()
        settle()
        raise
    finally:
        ours.close()
    if kind == "returned":
        return cast("T", value)
    settle()
    name, text = value
    known = getattr(errors, name, None)
    raise (known or RuntimeError)(text)


def settle() -> None:
    """Wait until the process of the last call has ended, and with it everything it had in the kernel."""
    while _leaving:
        _leaving.pop().join()


def _child(answer: Connection, function: Callable[..., Any], args: tuple[object, ...]) -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the runner decides
    try:
        answer.send(("returned", function(*args)))
    except errors.RingbenchError as error:
        answer.send(("raised", (type(error).__name__, str(error))))
    except BaseException:
        answer.send(("raised", ("", traceback.format_exc())))
    answer.close()
