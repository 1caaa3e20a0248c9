"""What programs read in place of sentences: short identifiers, each beside the sentence that says it to people.

They are written to files and JSON documents as they stand here, so a value is never changed and never used again for
something else. A new one goes before ``other``.
"""

from __future__ import annotations

from enum import Enum


class Code(str, Enum):
    """A short identifier: equal to its text, and written as its text."""

    __str__ = str.__str__


class InvalidCode(Code):
    """Why a trial is invalid: ``invalid_code`` in trials.parquet."""

    ACCOUNT_UNBALANCED = "account_unbalanced"
    """attempted is not delivered + failed."""
    CHECKSUM_MISMATCH = "checksum_mismatch"
    """The numbers agree, and the sequence numbers don't: one record was read twice, another one not at all."""
    NOTHING_PRODUCED = "nothing_produced"
    KERNEL_ACCOUNT_MISMATCH = "kernel_account_mismatch"
    """The transport's own count, kept by the kernel, contradicts what was read."""
    LOST_OUTSIDE_WINDOW = "lost_outside_window"
    """The transport dropped events before the measured window, or after it."""
    PROCESS_DIED = "process_died"
    """The trial's own process."""
    TIMED_OUT = "timed_out"
    WINDOW_MISSED = "window_missed"
    """The load took every CPU, so the window began before it could be set."""
    LOAD_ENDED = "load_ended"
    """The workload was over before the measurement was."""
    LOAD_FAILED = "load_failed"
    """The workload died, or broke off."""
    READER_FAILED = "reader_failed"
    READER_FULL = "reader_full"
    """The memory that the reader keeps events in was full."""
    WRITER_FAILED = "writer_failed"
    """The process that writes events to disk died, or wrote another number than was delivered."""
    RING_DAMAGED = "ring_damaged"
    """Positions or a record that cannot be."""
    OTHER_SIDE = "other_side"
    """Another side of a comparison is gone, or cannot be understood."""
    OTHER = "other"


class DisturbedCode(Code):
    """What disturbed a trial, by the rules of ringbench.machine.interference: ``disturbed_codes`` in trials.parquet."""

    HOST_STEAL = "host_steal"
    OTHER_PROCESSES = "other_processes"
    FREQUENCY = "frequency"
    THROTTLED = "throttled"
    OTHER_PROGRAMS = "other_programs"
    PERF_LIMIT = "perf_limit"
    OTHER = "other"


class SessionVerdict(Code):
    """What a session is worth as a whole: ``verdict`` in session.json."""

    ANSWERED = "answered"
    """Every question that was asked of it."""
    PARTLY = "partly"
    """Some of them; or it was interrupted."""
    INCONCLUSIVE = "inconclusive"
    """Too many of its trials were disturbed."""
    INVALID = "invalid"
    """Some of its trials are."""


class AnswerCode(Code):
    """What became of one question: ``answers`` in session.json."""

    ANSWERED = "answered"
    NOT_ASKED = "not_asked"
    """No trial was about it."""
    NOT_MEASURED = "not_measured"
    TOO_FEW_REPEATS = "too_few_repeats"
    """There are figures, and no interval."""
    DISTURBED = "disturbed"
    SATURATED = "saturated"
    """No trial could do what it was offered."""
    INVALID = "invalid"


class NoteCode(Code):
    """What a note of session.json is about: ``note_codes``."""

    LEFT_OUT = "left_out"
    """A combination that was asked for and not measured."""
    ENDED = "ended"
    """Why a comparison ended when it did."""
    REMARK = "remark"
    """Anything else that a reader of the results must know."""


class Note(str):
    """A sentence for whoever reads the results, and its code."""

    code: NoteCode

    def __new__(cls, text: str, code: str = NoteCode.REMARK) -> Note:
        """Return *text* with *code*, that of an enum above or one of its values; ValueError for another one."""
        note = super().__new__(cls, text)
        note.code = NoteCode(code)
        return note


def note_code(note: str) -> NoteCode:
    """Return a note's code; plain text is a remark."""
    return note.code if isinstance(note, Note) else NoteCode.REMARK
