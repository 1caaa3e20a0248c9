"""A fresh process for each trial, at little cost: forked from a server that has imported BCC and compiled once.

Each trial starts from the same state, whatever the trials before it did. The server dies with the runner (its end of
a pipe closes), and the trials die with the server (PR_SET_PDEATHSIG), so that after kill -9 of the runner no process
holds a BPF program, a map or a perf event.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

from ringbench import errors
from ringbench.kernel import preload as kernel_preload
from ringbench.kernel.syscalls import die_with_parent
from ringbench.spec.codes import InvalidCode

T = TypeVar("T")

_context = multiprocessing.get_context("forkserver")
_leaving: list[ForkServerProcess] = []
_preloaded: dict[ModuleType, None] = {kernel_preload: None}
"""An ordered set."""


def preload(*modules: ModuleType) -> None:
    """Let the server, once it is started, import *modules*, so that no process of a trial has to.

    Worth it is what trials run, and what the runner's own ``__main__`` imports: multiprocessing imports that again in
    each child.
    """
    _preloaded.update(dict.fromkeys(modules))


def warm_up(*modules: ModuleType) -> None:
    """Start the server, with *modules* as :func:`preload` has them; it gets ready while the caller goes on.

    Does nothing where it runs already.
    """
    preload(*modules)
    _context.set_forkserver_preload([module.__name__ for module in _preloaded])
    with kernel_preload.starting_server():
        forkserver.ensure_running()


def run(function: Callable[..., T], *args: object, timeout_s: float | None = None) -> T:
    """Call *function* in a fresh process and return what it returns; both must be picklable.

    Returns with the answer, while the process is still on its way out (the kernel takes 0.1 s to free probes and
    rings); the next call, or :func:`wait_for_exits`, waits for its end. An error of :mod:`ringbench.errors` is raised
    here as it was there, with its code. Raises InvalidMeasurementError when the process died or took longer than
    *timeout_s* seconds, and RuntimeError with the process's traceback for anything else. On KeyboardInterrupt the
    process is killed first.
    """
    started = _Started(_child, function, *args)
    try:
        kind, value = started.answer(timeout_s)
    finally:
        started.ours.close()
    return cast("T", _unwrapped(kind, value))


class SteppedProcess(Generic[T]):
    """A function in a fresh process that does its work in turns, each when it is asked for.

    The function's first argument is called before each turn; it returns once the turn has come: True, or False where
    there are no more. Errors as :func:`run` has them; after one the conversation is over.
    """

    def __init__(self, function: Callable[..., T], *args: object, timeout_s: float | None = None) -> None:
        """Start the process; *timeout_s* is the longest that one answer may take."""
        self._started = _Started(_child_in_turns, function, *args)
        self._timeout_s = timeout_s
        self._ready = False

    def wait_until_ready(self) -> None:
        """Return when the function has asked for its first turn."""
        if not self._ready:
            self._ready = True
            self._next()

    def turn(self) -> None:
        """Let it have one turn, and return when that is over."""
        self.wait_until_ready()
        self._say(again=True)
        self._next()

    def end(self) -> T:
        """Return what the function returns when it is told that there are no more turns."""
        self.wait_until_ready()
        self._say(again=False)
        kind, value = self._started.answer(self._timeout_s)
        self._started.ours.close()
        return cast("T", _unwrapped(kind, value))

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._started.kill()
        self._started.ours.close()

    def _say(self, *, again: bool) -> None:
        try:
            self._started.ours.send(again)
        except OSError:
            wait_for_exits()
            raise errors.InvalidMeasurementError(
                "the trial's process died between two turns.", InvalidCode.PROCESS_DIED
            ) from None

    def _next(self) -> None:
        kind, value = self._started.answer(self._timeout_s)
        if kind == "ready":
            return
        self._started.ours.close()
        _unwrapped(kind, value)
        raise errors.InvalidMeasurementError(
            "the trial's process was done before its turns were.", InvalidCode.LOAD_ENDED
        )


class _Started:
    """A process that was started, and the end of the pipe that it answers to."""

    def __init__(self, child: Callable[..., None], function: Callable[..., Any], *args: object) -> None:
        wait_for_exits()
        self.ours, theirs = _context.Pipe()
        warm_up()
        server: Any = forkserver._forkserver
        parent: int | None = getattr(server, "_forkserver_pid", None)
        self._process = _context.Process(target=child, args=(theirs, parent, function, args), daemon=False)
        self._process.start()
        _leaving.append(self._process)
        theirs.close()

    def answer(self, timeout_s: float | None) -> tuple[str, Any]:
        try:
            if not self.ours.poll(timeout_s):
                self.kill()
                raise errors.InvalidMeasurementError(
                    f"the trial's process gave no answer within {timeout_s:.0f} s.", InvalidCode.TIMED_OUT
                )
            kind, value = self.ours.recv()
        except (EOFError, ConnectionResetError):
            wait_for_exits()
            raise errors.InvalidMeasurementError(
                f"the trial's process died with status {self._process.exitcode} and no answer.",
                InvalidCode.PROCESS_DIED,
            ) from None
        except BaseException:
            self.kill()
            raise
        return kind, value

    def kill(self) -> None:
        self._process.kill()
        wait_for_exits()


def _unwrapped(kind: str, value: Any) -> Any:
    if kind == "returned":
        return value
    wait_for_exits()
    name, *told = value
    known = getattr(errors, name, None)
    raise (known or RuntimeError)(*told)


def wait_for_exits() -> None:
    """Wait until the process of the last call has ended, and with it everything it had in the kernel."""
    while _leaving:
        _leaving.pop().join()


def _let_the_server_go() -> None:
    """Close the end of the server's pipe that multiprocessing gives to each child, so that they could start others.

    The server ends when nobody has it any more (Lib/multiprocessing/forkserver.py, main() and _serve_one()): kept open
    here, it would outlive a runner that was killed until this process's work is done.
    """
    server: Any = forkserver._forkserver
    if (fd := getattr(server, "_forkserver_alive_fd", None)) is not None:
        os.close(fd)
        server._forkserver_alive_fd = None


def _child(answer: Connection, parent: int | None, function: Callable[..., Any], args: tuple[object, ...]) -> None:
    die_with_parent(parent)
    _let_the_server_go()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the runner decides
    try:
        answer.send(("returned", function(*args)))
    except errors.InvalidMeasurementError as error:
        answer.send(("raised", (type(error).__name__, str(error), error.code)))
    except errors.RingbenchError as error:
        answer.send(("raised", (type(error).__name__, str(error))))
    except BaseException:
        answer.send(("raised", ("", traceback.format_exc())))
    answer.close()


def _child_in_turns(
    answer: Connection, parent: int | None, function: Callable[..., Any], args: tuple[object, ...]
) -> None:
    def turn() -> bool:
        answer.send(("ready", None))
        return bool(answer.recv())

    _child(answer, parent, function, (turn, *args))
