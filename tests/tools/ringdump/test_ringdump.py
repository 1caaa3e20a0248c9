"""Rings taken apart from their bytes: as they were written, whatever the bytes are, and from anybody's file."""

from __future__ import annotations

import base64
import io
import itertools
import json
import mmap
import os
import re
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbench.errors import InvalidMeasurementError, OptionError, RingbenchError, UnreadableSessionError
from ringbench.report.figures import ringdump_figure, style
from ringbench.report.terminal.ringdump_screen import show
from ringbench.tools.ringdump import dump_json, snapshot
from ringbench.tools.ringdump.dump import RingDump, Snapshot, Step, decode
from tests.cli.inside import inside
from tests.native.fake import BUSY, DISCARD, MODULO, PAGE, FakeRingbuf, payload
from tests.native.scripts import TORTURE, starts

FLAGS = {"committed": 0, "discarded": DISCARD, "busy": BUSY}


def _snapshot(fake: FakeRingbuf) -> Snapshot:
    return Snapshot(fake.consumer, fake.producer, 0, fake.image())


@TORTURE
@given(
    start=starts,
    steps=st.lists(st.tuples(st.sampled_from([*FLAGS]), st.integers(0, 700)), max_size=40),
    taken=st.integers(0, 40),
)
def test_what_was_written_is_what_is_seen(start: int, steps: list[tuple[str, int]], taken: int) -> None:
    with FakeRingbuf(start) as fake:
        there = []
        for number, (state, length) in enumerate(steps):
            at = fake.producer
            if fake.add(payload(number, length), FLAGS[state]) is None:
                break
            there.append((at, length, state))
        gone = min(taken, len(there))
        if gone:
            fake.consumer = (there[-1][0] + (8 + there[-1][1] + 7 & ~7)) if gone == len(there) else there[gone][0]
        seen = decode(_snapshot(fake))
    assert [(r.position, r.length, r.state) for r in seen.records] == [
        (at % MODULO, *rest) for at, *rest in there[gone:]
    ]
    states = [state for _, _, state in there[gone:]]
    assert len(seen.reachable) == (states.index("busy") if "busy" in states else len(states))
    assert seen.waiting == len([s for s in states[len(seen.reachable) :] if s != "busy"])
    assert seen.free + sum(record.total for record in seen.records) == PAGE
    for record in seen.records:
        assert record.offset == record.position % PAGE
        assert record.wraps == (record.offset + record.total > PAGE)
        assert sum(end - begin for begin, end in seen.spans(record.position, record.total)) == record.total


def test_a_record_that_ends_where_the_data_does_is_in_one_piece() -> None:
    for length, wraps in ((48, False), (56, False), (57, True)):
        with FakeRingbuf(MODULO - 64) as fake:
            fake.add(bytes(length))
            (record,) = (seen := decode(_snapshot(fake))).records
        assert record.wraps is wraps
        assert len(seen.spans(record.position, record.total)) == 1 + wraps


def test_the_longest_that_fits_is_the_longest_that_the_ring_takes() -> None:
    for filled in range(0, PAGE, 8):
        with FakeRingbuf(MODULO - 64) as fake:
            if filled:
                fake.add(bytes(filled - 8))
            longest = decode(_snapshot(fake)).longest
            assert fake.add(bytes(1 if longest is None else longest + 1)) is None
            assert longest is None or fake.add(bytes(longest)) is not None


words = st.one_of(
    st.integers(0, 600),
    st.integers(0, 600).map(lambda n: n | BUSY),
    st.integers(0, 600).map(lambda n: n | DISCARD),
    st.integers(0, (1 << 32) - 1),
)


@TORTURE
@given(
    data=st.one_of(
        st.lists(words, min_size=128, max_size=128).map(lambda each: struct.pack("<128I", *each) * 2),
        st.binary(max_size=64),
        st.sampled_from([8, 16, 512]).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    ),
    consumer=st.one_of(starts, st.integers(0, MODULO - 1)),
    ahead=st.one_of(st.integers(0, 140).map(lambda n: n * 8), st.integers(0, MODULO - 1)),
)
def test_any_bytes_are_a_ring_or_an_error(data: bytes, consumer: int, ahead: int) -> None:
    snapshot = Snapshot(consumer, (consumer + ahead) % MODULO, 0, data)
    try:
        seen = decode(snapshot)
    except InvalidMeasurementError as error:
        assert "\n" not in str(error)
        return
    # What is shown is there: record by record, from one position to the other.
    at = consumer
    for record in seen.records:
        assert record.position == at
        assert struct.unpack_from("<II", data, at % len(data)) == (record.word, record.page_offset)
        at = (at + record.total) % MODULO
    assert at == snapshot.producer


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (Snapshot(0, 0, 0, bytes(4095)), "4095 bytes of data are no power of two"),
        (Snapshot(0, 0, 0, b""), "0 bytes of data"),
        (Snapshot(0, 4096, 0, bytes(4096)), "its positions are 0 (consumer) and 4096 (producer)"),
        (Snapshot(8, 0, 0, bytes(4096)), "its positions are 8 (consumer) and 0 (producer)"),
        (Snapshot(4, 12, 0, bytes(4096)), "its positions are 4"),
        (Snapshot(0, 64, 0, struct.pack("<II", 57, 3) + bytes(4088)), "a length of 57 bytes, and reaches 8"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_ring_is_said(snapshot: Snapshot, said: str) -> None:
    with pytest.raises(InvalidMeasurementError, match=re.escape(said)):
        decode(snapshot)


# ---- photographs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("laps", [0, 1, 3, snapshot._TRIES])
def test_what_was_written_over_while_it_was_copied_is_thrown_away(monkeypatch: pytest.MonkeyPatch, laps: int) -> None:
    reads = itertools.count(1)

    def unpack_from(layout: str, memory: mmap.mmap, at: int) -> tuple[int, ...]:
        # The third read of each try is the producer's position once more, behind the copy.
        if (number := next(reads)) % 3 == 0 and number <= 3 * laps:
            fake.consumer = fake.producer
            for each in range(PAGE // 64):
                fake.consumer = fake.producer
                fake.add(payload(number + each, 56))
        return struct.unpack_from(layout, memory, at)

    with FakeRingbuf(MODULO - 64) as fake:
        fake.add(payload(0, 56))
        monkeypatch.setattr(snapshot, "struct", SimpleNamespace(unpack_from=unpack_from))
        if laps == snapshot._TRIES:
            with pytest.raises(InvalidMeasurementError, match="take a quieter moment"):
                snapshot.snapshot(fake.fd, PAGE)
        else:
            assert snapshot.snapshot(fake.fd, PAGE) == _snapshot(fake)


def test_a_ring_that_is_too_large_is_not_copied() -> None:
    with pytest.raises(OptionError, match="the ring has 134217728 bytes of data"):
        snapshot.snapshot(-1, 1 << 27)


# ---- files -------------------------------------------------------------------------------------------------------

RECORDS = struct.pack("<II56s", 56, 3, b"x" * 56) + struct.pack("<II56s", 56 | BUSY, 3, b"y" * 56)


def _dump(name: str = "two", said: str = "Two records.") -> RingDump:
    snapshot = Snapshot(0, 128, 64, RECORDS + bytes(PAGE - 128))
    return RingDump("2026-11-29T00:00:00+00:00", "Linux 6.18 x86_64", "0.1.0", (Step.of(name, said, snapshot),))


def test_a_stored_album_comes_back_as_it_was(tmp_path: Path) -> None:
    dump_json.write(tmp_path / "rings.json", _dump("n\x1b[2J", "s\u202e"))
    assert dump_json.read(tmp_path / "rings.json") == _dump("n\x1b[2J", "s\u202e")


def _stored() -> dict[str, Any]:
    data = base64.b64encode(RECORDS + bytes(PAGE - 128)).decode()
    step = {"name": "two", "said": "", "consumer": 0, "producer": 128, "pending": 0, "data": data}
    head = {"format": "ringbench.anatomy", "version": 1, "taken": "2026-11-29T00:00:00+00:00"}
    return {**head, "kernel": "Linux", "ringbench": "0.1.0", "scenes": [step]}


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("format", "other", "no rings recorded by"),
        ("version", 2, "its version is 2, this ringbench reads up to 1"),
        ("version", True, "version: an integer"),
        ("taken", "yesterday", "yesterday"),
        ("kernel", "x" * 121, "kernel: text of at most 120"),
        ("scenes", [], "scenes: a list of 1 to 100"),
        ("scenes", [7], "scene 1 is no JSON object"),
        ("scenes", [{}] * 101, "scenes: a list of 1 to 100"),
        ("scene.consumer", -8, "scene 1: consumer: an integer"),
        ("scene.consumer", 1e400, "scene 1: consumer: an integer"),
        ("scene.producer", 1 << 64, "scene 1: producer: an integer"),
        ("scene.producer", "8", "scene 1: producer: an integer"),
        ("scene.producer", 72, "scene 1: the ringbuf is damaged"),
        ("scene.data", "AAA\u001b", "scene 1: "),
        ("scene.data", "AAAA", "scene 1: the ringbuf is damaged: 3 bytes"),
        ("scene.data", None, "scene 1: data: text in base64"),
        ("scene.name", ["x"], "scene 1: name: text"),
        ("scene.said", "x" * 601, "scene 1: said: text"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, where: str, value: Any, said: str) -> None:
    document = _stored()
    outer, _, inner = where.partition(".")
    if inner:
        document["scenes"][0][inner] = value
    else:
        document[outer] = value
    (tmp_path / "rings.json").write_text(json.dumps(document))
    with pytest.raises(UnreadableSessionError) as caught:
        dump_json.read(tmp_path / "rings.json")
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


@settings(deadline=None)  # a loaded machine is no fault
@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 400))
def test_a_file_with_any_damage_is_an_album_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, cut: int
) -> None:
    whole = json.dumps(_stored()).encode()
    path = tmp_path_factory.mktemp("damaged") / "rings.json"
    path.write_bytes(whole[:at] + noise + whole[at + cut :])
    try:
        dump = dump_json.read(path)
    except RingbenchError as error:
        assert len(str(error).splitlines()) == 1
    else:
        show(dump, io.StringIO())


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rings.json")
    with pytest.raises(UnreadableSessionError, match="not a regular file"):
        dump_json.read(tmp_path / "rings.json")


# ---- shown -------------------------------------------------------------------------------------------------------


def test_the_text_has_both_positions_and_each_header() -> None:
    out = io.StringIO()
    show(_dump(), out, 100)
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["0", "0", "0x00000038", "3", "56", "64", "committed"] in lines
    assert ["64", "64", "0x80000038", "3", "56", "64", "busy"] in lines
    assert "a reader gets past 1 of 2 records" in " ".join(out.getvalue().split())
    bar, marks = next((a, b) for a, b in itertools.pairwise(lines) if a and a[0].startswith("█"))
    assert bar == ["█▒" + "·" * 62]
    assert marks == ["C", "P"]


def test_hostile_text_is_never_shown_raw() -> None:
    out = io.StringIO()
    show(_dump("\x1b[2Jname", "[red]said\x07\u202e"), out, 100)
    assert not {"\x1b", "\x07", "\u202e"} & set(out.getvalue())
    assert "[red]said" in out.getvalue()
    drawn = ringdump_figure.draw(_dump("\x1b[2J$\\frac", "x"))
    assert style.render(drawn, "png").startswith(b"\x89PNG")


def test_the_words_of_the_figure_name_every_scene() -> None:
    assert ringdump_figure.words(_dump()) == "two: 1 committed and 1 busy, 3,968 bytes free."


def test_a_recorded_ring_is_shown_without_root(tmp_path: Path) -> None:
    dump_json.write(tmp_path / "rings.json", _dump())
    done = inside("ringdump", "rings.json", "--json", "--plot", "rings.svg", cwd=tmp_path)
    assert done.returncode == 0
    (step,) = json.loads(done.stdout)["scenes"]
    assert [(r["position"], r["length"], r["busy"], r["discarded"]) for r in step["records"]] == [
        (0, 56, False, False),
        (64, 56, True, False),
    ]
    assert (step["consumer"], step["producer"], step["records_in_reach"]) == (0, 128, 1)
    assert "<svg" in (tmp_path / "rings.svg").read_text()
    again = inside("ringdump", "rings.json", "--save", "copy.json", cwd=tmp_path)
    assert again.returncode == 0
    assert (tmp_path / "copy.json").read_bytes() == (tmp_path / "rings.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.json"], "cannot read nowhere.json: No such file"),
        (["rings.json", "--map-id", "3"], "not both"),
        (["--map-id", "0"], "0 is not in the range"),
        (["rings.json", "--plot", "rings.pdf"], "Try rings.png"),
    ],
)
def test_a_wrong_call_is_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = inside("ringdump", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 4
