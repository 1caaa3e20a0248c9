"""A stored session as the report sees it: plain rows and a description of the machine, fit to be shown.

All that a session holds may have been written by others: a process names itself, a file is edited. Text passes
:func:`ringbench.text.printable` here, once, so that no control character reaches a terminal or a page; each
writer still escapes for its own format. Numbers that aren't finite count as not measured.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ringbench.analysis.order.survey import Surveyed, survey
from ringbench.data.store.folder import StoredSession
from ringbench.data.store.schema import TRIALS
from ringbench.data.store.session_json import notes_of
from ringbench.drivers.transports import known
from ringbench.errors import RingbenchError
from ringbench.spec.codes import Note
from ringbench.spec.transport import TransportSpec
from ringbench.text import printable

Record = Mapping[str, Any]
"""A row of trials.parquet: every column of the schema, None for null."""


def plain(value: Any) -> Any:
    """Return a cell of a data frame as a Python object: None for any null and for what isn't finite."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, list):
        return [text for text in value if isinstance(text, str)]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a trials frame with every column of the schema, in its order; further columns after it."""
    names = [*TRIALS.names, *(str(name) for name in frame.columns if name not in TRIALS.names)]
    columns = {name: [plain(value) for value in frame[name]] if name in frame else None for name in names}
    return [{name: values[i] if values else None for name, values in columns.items()} for i in range(len(frame))]


def shown(value: Any) -> str:
    """Return anything a session holds as one line of printable text."""
    return " ".join(printable(value if isinstance(value, bytes) else str(value)).split())


def _printable(value: Any) -> Any:
    if isinstance(value, list):
        return [shown(text) for text in value]
    return shown(value) if isinstance(value, str | bytes) else value


def _words(value: Any) -> list[str]:
    """Return the words of a command, however they were stored."""
    if isinstance(value, str):
        return [shown(value)]
    return [shown(word) for word in value] if isinstance(value, Sequence) else []


def order_of(transport: str) -> tuple[int, str]:
    """Return the sort key of a transport: by its place; one that is not installed by its name alone, after those."""
    found = known(transport)
    return TransportSpec.place if found is None else found.place, transport


def adds_up(row: Record) -> bool:
    """Tell whether a row's account holds: attempted == delivered + failed. One with a null can't be told to fail."""
    attempted, delivered, failed = row["attempted"], row["delivered"], row["failed"]
    return None in (attempted, delivered, failed) or attempted == delivered + failed


def is_valid(row: Record) -> bool:
    """Tell whether figures may be made of a row. One that doesn't say so may not."""
    return row["valid"] is True and adds_up(row)


def is_figure(row: Record) -> bool:
    """Tell whether a row may be averaged in: it is valid, and its load was what every other cell was offered."""
    return is_valid(row) and row["saturated"] is not True


@dataclass(frozen=True)
class SessionView:
    """One session, ready to be reported."""

    name: str
    manifest: Mapping[str, Any]
    rows: tuple[Record, ...]
    session: StoredSession | None = None
    """Where its recorded events are; None: nowhere."""
    identify: bool = False
    """Whether to name the host, the user and the command line: pages get shared."""

    @classmethod
    def of(cls, session: StoredSession, *, identify: bool = False) -> SessionView:
        """Take what the report needs from a stored session; to name whose it is only if that is asked for."""
        rows = [{name: _printable(value) for name, value in row.items()} for row in records(session.trials)]
        return cls(shown(session.path.name or session.path), session.manifest, tuple(rows), session, identify)

    @property
    def orders(self) -> list[Surveyed]:
        """Return what ringbench.data.order finds in the recorded events; nothing where :attr:`no_orders` says why."""
        return self._surveyed[0]

    @property
    def no_orders(self) -> str:
        """Return why recorded events could not be analysed, '' where they could."""
        return self._surveyed[1]

    @property
    def _surveyed(self) -> tuple[list[Surveyed], str]:
        if self.session is None:
            return [], ""
        if "orders" not in self.session.derived:  # page, figures, summary and terminal ask for it
            try:
                self.session.derived["orders"] = survey(self.session), ""
            except RingbenchError as error:
                self.session.derived["orders"] = [], shown(error)
        found: tuple[list[Surveyed], str] = self.session.derived["orders"]
        return found

    @cached_property
    def valid(self) -> tuple[Record, ...]:
        """Rows whose account adds up."""
        return tuple(row for row in self.rows if is_valid(row))

    @cached_property
    def figures(self) -> tuple[Record, ...]:
        """Rows that figures are made of: valid, and not saturated."""
        return tuple(row for row in self.rows if is_figure(row))

    @cached_property
    def invalid(self) -> tuple[Record, ...]:
        """Rows left out of every figure."""
        return tuple(row for row in self.rows if not is_valid(row))

    @property
    def status(self) -> str:
        """Return 'complete', 'interrupted' or what else the session says."""
        return shown(self.manifest.get("status") or "unknown")

    @property
    def transports(self) -> list[str]:
        """Return the transports that have valid rows, perf first."""
        return sorted({str(row["transport"]) for row in self.valid}, key=order_of)

    @property
    def finished_trials(self) -> int:
        """Return how many trials are stored; a paired one counts once."""
        return len({row["trial"] for row in self.rows})

    @property
    def planned_trials(self) -> int | None:
        """Return how many trials the plan held, None if it doesn't say."""
        trials = self._mapping("plan").get("trials")
        return len(trials) if isinstance(trials, Sequence) and not isinstance(trials, str) else None

    @property
    def cpus(self) -> int:
        """Return how many CPUs were online, 0 if it isn't known."""
        online = self._mapping("environment").get("cpus_online")
        return online if isinstance(online, int) and not isinstance(online, bool) and online > 0 else 0

    @property
    def emulated(self) -> bool:
        """Tell whether the processor was emulated, so that times mean nothing."""
        return self._mapping("environment").get("emulated") is True

    @property
    def inconclusive(self) -> bool:
        """Tell whether too many trials were disturbed (ringbench.machine.interference)."""
        return self._mapping("disturbance").get("inconclusive") is True

    @property
    def environment(self) -> dict[str, str]:
        """Return what is known of the machine, as text."""
        flat: dict[str, Any] = {}
        for key, value in self._mapping("environment").items():
            flat |= {f"{key}, {k}": v for k, v in value.items()} if isinstance(value, Mapping) else {key: value}
        return {shown(key): shown(value) for key, value in flat.items() if value is not None}

    @property
    def versions(self) -> dict[str, str]:
        """Return the versions of ringbench, bcc, the kernel and Python, as text."""
        return {shown(key): shown(value) for key, value in self._mapping("versions").items() if value is not None}

    @property
    def machine(self) -> str:
        """Return the machine in a line: processor, CPUs, kernel, and whether it is emulated."""
        environment = self.environment
        cpus = environment.get("cpus_online", "")
        kernel = environment.get("kernel") or self.versions.get("kernel", "")
        parts = (
            environment.get("cpu_model", "processor not recorded"),
            f"{cpus} CPU{'' if cpus == '1' else 's'}" if cpus.isdigit() else f"CPUs {cpus}" if cpus else "",
            f"Linux {kernel}" if kernel else "",
            "EMULATED" if self.emulated else "",
        )
        return ", ".join(part for part in parts if part)

    @property
    def ringbench(self) -> str:
        """Return the name and version of what measured this session."""
        return f"ringbench {self.versions.get('ringbench', '(version not recorded)')}"

    @property
    def seed(self) -> int | None:
        """Return what drew the order of the trials."""
        seed = self.manifest.get("seed")
        return seed if isinstance(seed, int) else None

    @property
    def command_words(self) -> list[str]:
        """Return the words of the command that measured this session; none if it isn't recorded.

        Not to be shown as they are: see :attr:`identity`.
        """
        return _words(self.manifest.get("command_line"))

    @property
    def workload_words(self) -> list[str]:
        """Return the words of the command that was the workload. Not to be shown as they are either."""
        return _words(self._mapping("plan").get("command"))

    @property
    def identity(self) -> dict[str, str]:
        """Return whose session it is and how it was called; nothing unless :attr:`identify`."""
        if not self.identify:
            return {}
        told = {
            "host": self._mapping("measured_by").get("host"),
            "user": self._mapping("measured_by").get("user"),
            "command": shlex.join(self.command_words),
            "workload's command": shlex.join(self.workload_words),
        }
        return {name: shown(value) for name, value in told.items() if value}

    @property
    def facts(self) -> dict[str, str]:
        """Return what else there is to know of how it was measured."""
        plan = self._mapping("plan")
        told = {
            "measured": " to ".join(shown(t) for t in (self.manifest.get("started"), self.manifest.get("ended")) if t),
            "status": self.status,
            "profile": self.manifest.get("profile"),
            "seed": self.seed,
            "repeats": plan.get("repeats"),
            "seconds of warm-up": plan.get("warmup_s"),
            "seconds measured a trial": plan.get("duration_s"),
            "seconds between timed drains": plan.get("drain_interval_s"),
        }
        return {name: shown(value) for name, value in told.items() if value not in (None, "")}

    @property
    def notes(self) -> list[Note]:
        """Return the session's notes, one a line, each with its code."""
        return [Note(shown(note), note.code) for note in notes_of(self.manifest)]

    def _mapping(self, key: str) -> Mapping[str, Any]:
        value = self.manifest.get(key)
        return value if isinstance(value, Mapping) else {}
