"""How ftrace's pages and events are laid out: the texts of tracefs that say so, read when a ring is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ringbench import native
from ringbench.errors import MissingRequirementError

_FIELD = re.compile(
    r"^\s*field:\s*(?P<declared>[^;]+?);\s*offset:(?P<offset>\d+);\s*size:(?P<size>\d+);\s*(?:signed:[01];)?\s*$",
    re.MULTILINE,
)
_ID = re.compile(r"^ID: (\d+)$", re.MULTILINE)
_NAME = re.compile(r"(\w+)(?:\[\d*\])?$")
_MOST_BYTES = 1 << 16
"""Of an event, and of a page: nothing that tracefs describes comes near."""


@dataclass(frozen=True)
class Field:
    """A field of a page's or an event's header or data."""

    offset: int
    size: int
    located: bool
    """Whether it is a ``__data_loc``: where the text lies, in 16 bits, below its length, in 16 bits."""

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.size


def fields(text: str) -> Mapping[str, Field]:
    """Return the fields that *text*, a ``format`` or ``header_page`` of tracefs, describes, by name.

    MissingRequirementError for a field that can't be.
    """
    found: dict[str, Field] = {}
    for match in _FIELD.finditer(text):
        declared = match["declared"].strip()
        field = Field(int(match["offset"][:9]), int(match["size"][:9]), declared.startswith("__data_loc"))
        if field.end > _MOST_BYTES:
            raise MissingRequirementError(
                f"tracefs has a field {declared[:40]!r} of {field.size} bytes at {field.offset}."
            )
        if name := _NAME.search(declared):
            found.setdefault(name[1], field)  # header_page has `overwrite` in the place of commit, behind it
    return found


@dataclass(frozen=True)
class Page:
    """Where a page's parts lie."""

    commit: int
    commit_bytes: int
    data: int
    nbytes: int
    """Of the whole page."""


def page(text: str) -> Page:
    """Return how a page is laid out, by *text* of events/header_page; MissingRequirementError for one that is not
    known.
    """
    found = fields(text)
    stamp, commit, data = (_wanted(found, name, "a page's header") for name in ("timestamp", "commit", "data"))
    known = (stamp.offset, stamp.size) == (0, 8) and commit.size in (4, 8) and commit.end <= data.offset
    if not known or not data.size:
        raise MissingRequirementError(
            f"ftrace's pages have a layout that is not known here: {' '.join(text.split())[:200]}"
        )
    return Page(commit.offset, commit.size, data.offset, data.end)


def event(text: str, pid: str, other_pid: str | None, name: str) -> native.Traced:
    """Return where the fields *pid*, *other_pid* and the text *name* of an event lie, by *text* of its format.

    MissingRequirementError where it has no such fields, or they can't be what they are taken for.
    """
    found, number = fields(text), _ID.search(text)
    if number is None:
        raise MissingRequirementError(f"tracefs gives no ID for an event with {name}.")
    first, second = (_wanted(found, each, "an event") for each in (pid, other_pid or pid))
    words = _wanted(found, name, "an event")
    kind = _wanted(found, "common_type", "an event")
    sizes = (first.size, second.size, kind.offset, kind.size)
    if sizes != (4, 4, 0, 2) or (words.located and words.size != 4) or not words.size:
        raise MissingRequirementError(f"an event with {name} has fields of a size that is not known here.")
    return native.Traced(
        type=int(number[1][:9]),
        least=max(field.end for field in (first, second, words, kind)),
        pid=first.offset,
        other_pid=second.offset,
        text=words.offset,
        text_bytes=0 if words.located else words.size,
    )


def _wanted(found: Mapping[str, Field], name: str, where: str) -> Field:
    if name not in found:
        raise MissingRequirementError(f"{where} of this kernel's ftrace has no field {name}.")
    return found[name]
