"""The errors a person sees: one or two lines that say what failed, what was seen and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RingbenchError(Exception):
    """An error with an exit status of its own; its text is shown as it is, without a traceback.

    ``exit_status`` is 2 (wrong usage, or an environment that cannot do it) unless a subclass says otherwise.
    """

    exit_status = 2


class OptionError(RingbenchError):
    """What was asked for does not exist or does not fit together."""


class MissingRequirementError(RingbenchError):
    """This machine lacks what the measurement needs: root, BPF, BCC, headers, a program."""


class UnreadableSessionError(RingbenchError):
    """A stored session is damaged, foreign, or newer than this version."""


class InvalidMeasurementError(RingbenchError):
    """The measurement ran, and its result cannot be trusted; its ``code`` says why to a program."""

    exit_status = 3

    def __init__(self, text: str, code: str = "other") -> None:
        """Say *text* to a person, and to a program *code*: a value of ringbench.spec.codes.InvalidCode."""
        super().__init__(text)
        self.code = str(code)


def unknown_name(what: str, name: str, valid: Iterable[str]) -> OptionError:
    """Return the error for a name that is not one of *valid*: it lists them and the nearest."""
    names = list(valid)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return OptionError(f"unknown {what} {name!r}.{hint} Valid: {', '.join(names)}.")
