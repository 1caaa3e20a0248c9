"""What sentences of older sessions say, as codes: they have nothing else. No other module reads a sentence.

The beginnings are those of every release that wrote schema version 4 or older. A sentence that is not known is
``other``, and a note that is not known a remark.
"""

from __future__ import annotations

import re

from ringbench.spec.codes import DisturbedCode, InvalidCode, Note, NoteCode

_INVALID = (
    (InvalidCode.ACCOUNT_UNBALANCED, r"The account does not add up"),
    (InvalidCode.CHECKSUM_MISMATCH, r"The checksum does not add up"),
    (InvalidCode.NOTHING_PRODUCED, r"Nothing was produced"),
    (InvalidCode.KERNEL_ACCOUNT_MISMATCH, r"ftrace's account of CPU"),
    (InvalidCode.LOST_OUTSIDE_WINDOW, r"ftrace dropped events"),
    (InvalidCode.PROCESS_DIED, r"the trial's process died"),
    (
        InvalidCode.TIMED_OUT,
        r"the trial's process gave no answer|a round of |a writer had not ended|not every writer was",
    ),
    (InvalidCode.WINDOW_MISSED, r"the window began before"),
    (InvalidCode.LOAD_ENDED, r"the measured window has no length|the producer ended|the trial's process was done"),
    (InvalidCode.LOAD_FAILED, r"the workload died half-way|a writer broke off"),
    (InvalidCode.READER_FAILED, r"lib(bcc|bpf)'s reader failed|the callback failed|io_uring's poll"),
    (InvalidCode.READER_FULL, r"the reader's arena is full"),
    (InvalidCode.WRITER_FAILED, r"the process that writes events|\d+ events of \S+ are on disk"),
    (InvalidCode.RING_DAMAGED, r"the ring(buf)? (is damaged|holds a record)|CPU \d+'s perf ring"),
    (InvalidCode.OTHER_SIDE, r"\S+ is gone, or answers in no way"),
)
_DISTURBED = (
    (DisturbedCode.HOST_STEAL, r"the host took"),
    (DisturbedCode.OTHER_PROCESSES, r"other processes took"),
    (DisturbedCode.FREQUENCY, r"CPU frequency went"),
    (DisturbedCode.THROTTLED, r"cores were throttled"),
    (DisturbedCode.OTHER_PROGRAMS, r"\d+ other BPF programs"),
    (DisturbedCode.PERF_LIMIT, r"perf_event_max_sample_rate went"),
)
_BROKE_OFF = re.compile(r"the rounds broke off: (?:[\w.-]+: )?")
_NEXT = re.compile("; (?=" + "|".join(pattern for _, pattern in _DISTURBED) + ")")


def invalid_code(reason: str) -> InvalidCode:
    """Return the code of an ``invalid_reason``."""
    said = _BROKE_OFF.sub("", reason)
    return next((code for code, pattern in _INVALID if re.match(pattern, said)), InvalidCode.OTHER)


def disturbed_codes(text: str) -> list[DisturbedCode]:
    """Return the codes of what ``disturbed`` says; none where it is empty."""
    # A process that calls itself "a; b" is in these texts: only what begins like a reason is the next one.
    said = [part for part in _NEXT.split(text) if part]
    return [next((c for c, pattern in _DISTURBED if re.match(pattern, part)), DisturbedCode.OTHER) for part in said]


def note(text: str) -> Note:
    """Return a note with its code."""
    known = {"Ended: ": NoteCode.ENDED, "left out: ": NoteCode.LEFT_OUT}
    return Note(text, next((code for start, code in known.items() if text.startswith(start)), NoteCode.REMARK))
