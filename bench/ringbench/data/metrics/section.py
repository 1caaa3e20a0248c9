"""How the report shows a metric: a section that answers its question. Pure data, which ringbench.analysis reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Panel:
    """How a column is drawn in its section's figure of one group of rows for each setting."""

    title: str
    per_thousand: bool = False
    """Whether it is shown per 1,000 delivered events."""
    linear: bool = False
    """Whether its axis is linear, however far its values lie apart."""
    axis: str = ""
    """What the axis says in place of the unit."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the report; all have defaults, so that a metric need only say what is particular about it."""

    name: str = ""
    """Also that of the metric's question elsewhere; '' where it is the metric's."""
    place: int = 100
    """Its place in the report: lower comes first, then by name."""
    columns: tuple[str, ...] = ()
    """Those that answer, the first of them decides; none named: all of the metric's."""
    mode: str = "isolated"
    """The mode of trials that can answer: in another one the figures are shown and not ranked."""
    better: str = "is better"
    """Completes 'so perf …' for the transport whose figure is better."""
    reading: str = ""
    """How to read the figures, and what they don't show."""
    timed: bool = False
    """Its figures hang on speed: they mean nothing on an emulated processor."""
    sides: int = 1
    """How many of its figures a short report says."""
    of_load: bool = True
    """It is about what a load met: a capacity trial, which has none, cannot answer."""
    of_lives: bool = False
    """It is about the events of lives, kept one by one."""
    of_waits: bool = False
    """It is about how the reader waited, which sessions of earlier versions don't say."""
    flat_out: bool = False
    """It is about how fast things go when nothing paces them: a load with a schedule of its own cannot answer."""
    across_cpus: bool = False
    """It is about order between CPUs: where no life was seen on two, there was none to keep."""
    figure: str = ""
    """Its figure's name, where that is not the section's."""
    caption: str = ""
    """How to read its figure, and what that does not show; '' where its columns' directions say enough."""
    one_scale: bool = False
    """Whether all panels of its figure are on one scale."""
    card: str = ""
    """The title of its card at the top of the report, with the columns that are meant for it; '' for none."""
