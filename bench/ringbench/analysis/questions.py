"""The questions a report answers: one for each metric that has a section, and in which trials it can be answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringbench.analysis.setting import Setting
from ringbench.data.metrics import COLUMNS, METRICS, Metric, Section


@dataclass(frozen=True, kw_only=True)
class Question(Section):
    """One question, and how it is answered."""

    asked: str

    def fits(self, setting: Setting) -> bool:
        """Tell whether trials in *setting* can answer at all."""
        if "overhead" in (self.mode, setting.mode):
            return self.mode == setting.mode
        if self.mode == "capacity":
            return setting.capacity
        if self.flat_out and setting.paced:
            return False
        return not (self.of_load and setting.capacity) and not (self.of_waits and not setting.wait)

    def asked_of(self, setting: Setting) -> bool:
        """Tell whether trials in *setting* are meant to answer."""
        return self.fits(setting) and not (self.of_lives and setting.sampled)

    def unranked(self, column: str, setting: Setting, *, emulated: bool) -> str:
        """Return why figures of *column* in *setting* are shown and not ranked, '' where they are."""
        if COLUMNS[column].unranked:
            return COLUMNS[column].unranked
        if self.timed and emulated:
            return "this machine is emulated, and its speed means nothing"
        if self.timed and setting.paired and self.mode != "paired":
            return "in paired trials each transport bears the other's cost, too"
        if COLUMNS[column].same_load and not setting.paired and not setting.paced:
            return "flat out each transport sets the producers' pace, so they were not offered the same"
        return ""


def questions(metrics: Iterable[Metric]) -> tuple[Question, ...]:
    """Return the questions of those *metrics* that have a section, in the order of the report.

    Of two of one name, the first is kept, as of two metrics.
    """
    found: dict[str, Question] = {}
    for metric in metrics:
        if metric.section is not None:
            named = {
                "name": metric.section.name or metric.name,
                "columns": metric.section.columns or tuple(column.name for column in metric.columns),
            }
            question = Question(**{**vars(metric.section), **named, "asked": metric.question})
            found.setdefault(question.name, question)
    return tuple(sorted(found.values(), key=lambda question: (question.place, question.name)))


QUESTIONS = questions(METRICS)
_BY_NAME = {question.name: question for question in QUESTIONS}
MEMORY, DROPS, THROUGHPUT, COST = (_BY_NAME[name] for name in ("memory", "drops", "throughput", "cost"))
OVERHEAD, CAPACITY, WAKEUPS = (_BY_NAME[name] for name in ("overhead", "capacity", "wakeups"))
ORDER, LATENCY = _BY_NAME["order"], _BY_NAME["latency"]
"""Those that something of their own is said of, or drawn."""


def wins(question: Question, column: str) -> str:
    """Return what completes 'so perf …' for the transport whose figure of *column* is better."""
    return COLUMNS[column].wins or question.better
