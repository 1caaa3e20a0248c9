"""Records of any length, from a real program, through the compiled loop of `bulk`."""

from __future__ import annotations

import dataclasses

import pytest

from ringbench.drivers import features
from ringbench.drivers.readers import Opening, reader
from ringbench.drivers.transports import find_transport
from ringbench.kernel import probe, program, syscalls
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.machine import isolation
from ringbench.spec.record import Record, sample
from ringbench.spec.wakeups import NOBODY
from tests import ROOT

_LONGEST = 512
_PROGRAM = """
BPF_PERCPU_ARRAY(line, RECORD, 1);

int speak(struct __sk_buff *skb)
{
	int zero = 0;
	RECORD *e = line.lookup(&zero);
	u32 bytes;

	if (!e)
		return 0;
	bytes = 8 + (e->seq * 7 & 0xff); /* 8 to 263 */
	SEND;
	e->seq++;
	return 0;
}
"""
_SENDS = {
    "perf": "perf_events.perf_submit(skb, e, bytes)",
    "ringbuf-output": "ringbuf_output_events.ringbuf_output(e, bytes, BPF_RB_NO_WAKEUP)",
    "ringbuf-dynptr": "send_ringbuf_dynptr(e, bytes)",
}


def _spoken(name: str, nbytes: int) -> list[tuple[int, int]]:
    """Return (number, length) of each record that arrived, over several fills and drains of a small ring."""
    transport = find_transport(name)
    varied: Record = dataclasses.replace(sample(_LONGEST), varies=True)
    sent = dataclasses.replace(probe.fill(1, _LONGEST), record=varied)
    files = [source_text for source_text in program.source.program([transport], sent).split('#line 1 "bpf/account.h"')]
    text = files[0] + _PROGRAM.replace("SEND", _SENDS[name])
    loaded = program.load([transport], probe=sent, sizes={transport.name: nbytes}, text=text)
    source = reader("bulk").open(Opening(loaded, transport, nbytes, NOBODY, 100_000, keep=True))
    run = loaded.repeatable("speak")
    for _ in range(300):
        syscalls.run_repeatedly(run, 20)
        while source.drain():
            pass
    found = [(int.from_bytes(payload[:8], "little"), len(payload)) for payload in source._arena.payloads()]  # type: ignore[attr-defined]
    assert source.seq_sum == sum(number for number, _ in found)
    source.close()
    loaded.close()
    return found


@pytest.mark.parametrize("name", list(_SENDS))
def test_each_arrives_once_with_its_own_length(name: str) -> None:
    if reason := features.missing(find_transport(name)):
        pytest.skip(reason)
    found = isolation.run(_spoken, name, 32768, timeout_s=60)
    lengths = [8 + (number * 7 & 0xFF) for number in range(300 * 20)]
    # perf pads the payload so that the record, with the 4 bytes of its length, ends on 8, and tells no other length.
    expected = [(length + 4 + 7) // 8 * 8 - 4 if name == "perf" else length for length in lengths]
    assert found == list(enumerate(expected))


_LONGEST_SENT = 264
_BOTH = """
BPF_PERCPU_ARRAY(line, RECORD, 2);

static __always_inline int speak(u32 which)
{
	RECORD *e = line.lookup(&which);
	u32 bytes;

	if (!e)
		return 0;
	bytes = 8 + (e->seq++ * 7 & 0xff); /* 8 to 263 */
	return which ? send_ringbuf_dynptr(e, bytes) : submit_ringbuf_reserve(0, e);
}

int fixed(struct __sk_buff *skb) { return speak(0); }
int exact(struct __sk_buff *skb) { return speak(1); }
"""


def _taken(records: int, nbytes: int) -> tuple[int, int]:
    """Return the bytes of the ring that so many *records* took, reserved at the longest's length and at their own."""
    transports = [find_transport("ringbuf-reserve"), find_transport("ringbuf-dynptr")]
    sent = probe.fill(1, _LONGEST_SENT)
    text = program.source.program(transports, sent).split('#line 1 "bpf/account.h"')[0] + _BOTH
    loaded = program.load(transports, probe=sent, sizes={each.name: nbytes for each in transports}, text=text)
    taken = []
    for transport, function in zip(transports, ("fixed", "exact"), strict=True):
        ring = MappedRingbuf(loaded.events(transport).map_fd, nbytes, _LONGEST_SENT)
        syscalls.run_repeatedly(loaded.repeatable(function), records)
        taken.append(ring.pending_bytes())
        ring.close()
    loaded.close()
    return taken[0], taken[1]


def test_a_reservation_of_the_records_own_length_takes_what_it_needs() -> None:
    if reason := features.missing(find_transport("ringbuf-dynptr")):
        pytest.skip(reason)
    stride = find_transport("ringbuf-dynptr").stride
    fixed, exact = isolation.run(_taken, 256, 1 << 20, timeout_s=60)
    assert fixed == 256 * stride(_LONGEST_SENT) == 256 * 272
    assert exact == sum(stride(8 + (number * 7 & 0xFF)) for number in range(256)) < 0.55 * fixed
    told = (ROOT / "docs" / "dynptr.md").read_text()
    for way, nbytes in (("`ringbuf-reserve`", fixed), ("`ringbuf-dynptr`", exact)):
        assert f"({way}) | {nbytes / 256:.0f} | {nbytes / fixed:.2g} |" in told
    # In a ring that has no room for all of them, more of the shorter reservations find some.
    fixed, exact = isolation.run(_taken, 256, 32768, timeout_s=60)
    assert fixed == 32768 // 272 * 272
    assert 0.9 * 32768 < exact <= 32768
