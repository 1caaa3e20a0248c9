"""ftrace's pages: what is in a sound one comes out as it went in, and no other reads out of bounds or without end."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench import native
from ringbench.drivers.readers.arena import Arena
from ringbench.errors import InvalidMeasurementError, MissingRequirementError
from ringbench.kernel import ftrace_format
from ringbench.spec.event import EVENT
from ringbench.spec.event import EXEC as AN_EXEC
from ringbench.spec.event import EXIT as AN_EXIT
from ringbench.spec.event import FORK as A_FORK
from ringbench.spec.record import LIFECYCLE
from tests.native import ftrace_pages as pages

pytestmark = pytest.mark.skipif(native.missing() is not None, reason="the compiled loops were not built")

BASE = 1 << 40
pids = st.integers(1, (1 << 31) - 1)
comms = st.binary(max_size=15).map(lambda name: name.split(b"\0")[0])
paths = st.binary(max_size=300).map(lambda path: path.split(b"\0")[0])
deltas = st.one_of(st.integers(0, 3), st.integers(0, (1 << 27) - 1))


def taken(content: bytes, **spans: int) -> tuple[np.ndarray, pages.Ring, Arena]:
    """Return the records that come out of a page, its ring, and the arena that they lie in."""
    held = np.frombuffer(bytearray(content), np.uint8)
    ring, arena = pages.Ring(held.ctypes.data, **spans), Arena(LIFECYCLE, 2000, keep=True)
    count = native.library().ftrace_page(ring.ring, arena.sink)
    assert count == arena.count == ring.ring.seq
    return arena._records[:count], ring, arena


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2][:15].rstrip(b"\0")


made = st.one_of(
    st.builds(lambda p, c, n: (A_FORK, c, p, n, pages.fork(p, c, n)), pids, pids, comms),
    st.builds(lambda p, o, n: (AN_EXEC, p, o, _name(n), pages.exec_(p, o, n)), pids, pids, paths),
    st.builds(lambda p, n: (AN_EXIT, p, 0, n, pages.exit_(p, n)), pids, comms),
)
steps = st.lists(st.tuples(st.sampled_from(["record", "long", "extend", "stamp", "padding", "foreign"]), deltas, made))


@given(steps)
def test_what_is_in_a_sound_page_comes_out_as_it_went_in(script: list[tuple]) -> None:
    ts_ns, content, expected, used = BASE, [], [], 0
    for what, delta, (kind, pid, other, comm, data) in script:
        after = ts_ns + delta
        if what == "extend":
            after, piece = ts_ns + (delta << 3), pages.extend(delta << 3)
        elif what == "stamp":
            after, piece = ts_ns + delta, pages.stamp(ts_ns + delta)
        elif what == "padding":
            after, piece = ts_ns + 1, pages.padding(4 + len(data) // 4 * 4)
        elif what == "foreign":
            piece = pages.record(struct.pack("<H", 5) + data[2:], delta)
        else:
            piece = pages.record(data, delta, long=what == "long")
            expected.append((after, kind, pid, other, comm))
        if used + len(piece) > 4080:
            expected = expected[: len(expected) - (what in ("record", "long"))]
            break
        ts_ns, used = after, used + len(piece)
        content.append(piece)
    found, ring, arena = taken(pages.page(BASE, content))
    arena.check()
    assert [(e["ts_ns"], e["kind"], e["pid"], e["parent_pid"], e["comm"]) for e in found] == expected
    assert list(found["seq"]) == list(range(len(found)))
    assert set(found["cpu"]) <= {3}
    assert set(found["birth"]) <= {0}
    assert ring.ring.counted == len(found)
    assert ring.ring.bytes == used


@given(st.binary(max_size=4080), st.integers(0, 4096), st.integers(0, (1 << 64) - 1))
def test_a_page_of_any_bytes_is_read_to_an_end_and_within_its_bounds(content: bytes, commit: int, ts_ns: int) -> None:
    # Out of bounds would be seen by the memory checker, which replays such pages between guards (checked.py).
    found, _, arena = taken(pages.page(ts_ns, [content], commit))
    assert len(found) <= 4080 // 4
    assert arena.sink.error in (native.NOTHING, native.DAMAGED)
    assert found.dtype == EVENT


def _text_elsewhere(offset: int, length: int) -> bytes:
    return pages.record(pages.fork(1, 2, b"x").replace(pages.located(24, 2), pages.located(offset, length)), 1)


@pytest.mark.parametrize(
    "content",
    [
        pages.page(BASE, [], 4081),
        pages.page(BASE, [], (1 << 27) - 1),
        pages.page(BASE, [b"\x05\0\0\0"]),  # twenty bytes that are not there
        pages.page(BASE, [struct.pack("<II", 0, 3)]),  # shorter than its own length
        pages.page(BASE, [struct.pack("<II", 0, 5000)]),
        pages.page(BASE, [struct.pack("<I", 30)]),  # a time without its second word
        pages.page(BASE, [b"\x05\0"]),
        pages.page(BASE, [pages.record(pages.exit_(7, b"short")[:24], 1)]),
        pages.page(BASE, [_text_elsewhere(9999, 2)]),
        pages.page(BASE, [_text_elsewhere(24, 99)]),
    ],
)
def test_a_page_that_contradicts_itself_is_refused(content: bytes) -> None:
    found, _, arena = taken(content)
    assert len(found) == 0
    with pytest.raises(InvalidMeasurementError, match="the ring is damaged"):
        arena.check()


def test_flags_above_the_commit_say_that_events_were_lost_and_are_no_length() -> None:
    content = pages.record(pages.exit_(7, b"it"), 5)
    found, *_ = taken(pages.page(BASE, [content], 3 << 30 | len(content)))
    assert found["pid"].tolist() == [7]
    assert found["ts_ns"].tolist() == [BASE + 5]


def test_the_window_is_from_its_first_run_up_to_the_first_behind_it() -> None:
    content = pages.page(BASE, [pages.record(pages.exit_(pid, b"it"), 10) for pid in range(1, 8)])
    found, ring, _ = taken(content, first_ns=BASE + 15, next_ns=BASE + 45)
    assert found["pid"].tolist() == [2, 3, 4]
    assert (ring.ring.counted, ring.ring.outside) == (3, 4)
    assert len(taken(content, first_ns=0)[0]) == 0
    assert len(taken(content, first_ns=BASE + 10)[0]) == 7
    assert len(taken(content, first_ns=1, next_ns=BASE + 10)[0]) == 0


_HEADER = """	field: u64 timestamp;	offset:0;	size:8;	signed:0;
	field: local_t commit;	offset:8;	size:8;	signed:1;
	field: int overwrite;	offset:8;	size:1;	signed:1;
	field: char data;	offset:16;	size:4080;	signed:0;
"""
_OLD_FORK = """name: sched_process_fork
ID: 266
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:char parent_comm[16];	offset:8;	size:16;	signed:1;
	field:pid_t parent_pid;	offset:24;	size:4;	signed:1;
	field:char child_comm[16];	offset:28;	size:16;	signed:1;
	field:pid_t child_pid;	offset:44;	size:4;	signed:1;

print fmt: "comm=%s pid=%d child_comm=%s child_pid=%d", REC->parent_comm, REC->parent_pid, REC->child_comm
"""


def test_layouts_are_read_from_what_tracefs_says() -> None:
    assert ftrace_format.page(_HEADER) == ftrace_format.Page(8, 8, 16, 4096)
    old = ftrace_format.event(_OLD_FORK, "child_pid", "parent_pid", "parent_comm")
    words = [getattr(old, name) for name in ("type", "least", "pid", "other_pid", "text", "text_bytes")]
    assert words == [266, 48, 44, 24, 8, 16]


@pytest.mark.parametrize(
    ("there", "instead"),
    [("size:8;\tsigned:1", "size:2;\tsigned:1"), ("offset:16", "offset:12"), ("timestamp", "time"), ("4080", "0")],
)
def test_a_page_that_is_laid_out_otherwise_is_refused(there: str, instead: str) -> None:
    with pytest.raises(MissingRequirementError):
        ftrace_format.page(_HEADER.replace(there, instead))


@pytest.mark.parametrize(
    ("there", "instead"),
    [("ID: 266", "ID: x"), ("child_pid;", "child_id;"), ("offset:44;\tsize:4", "offset:44;\tsize:8"),
     ("offset:8;\tsize:16", "offset:8;\tsize:99999"), ("offset:0;\tsize:2", "offset:0;\tsize:4")],
)  # fmt: skip
def test_an_event_that_is_laid_out_otherwise_is_refused(there: str, instead: str) -> None:
    with pytest.raises(MissingRequirementError):
        ftrace_format.event(_OLD_FORK.replace(there, instead), "child_pid", "parent_pid", "parent_comm")


_PIECES = ["field:", ";", "\toffset:", "size:", "9" * 30, "char x[16]", "\n", "ID: 1"]


@given(st.text(), st.lists(st.sampled_from(_PIECES)))
def test_any_text_is_a_layout_or_is_refused(text: str, pieces: list[str]) -> None:
    for said in (text, "".join(pieces)):
        try:
            ftrace_format.page(said)
            ftrace_format.event(said, "pid", "old_pid", "filename")
        except MissingRequirementError:
            pass
