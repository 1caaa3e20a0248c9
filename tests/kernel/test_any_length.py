"""Records of any length, from a real program, through the compiled loop of `bulk`."""

from __future__ import annotations

import dataclasses

import pytest

from bench import isolation
from bench.kernel import probe, program, syscalls
from bench.readers import Opening, reader
from bench.record import Record, sample
from bench.transports import transport
from bench.wakeups import NOBODY

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
}


def _spoken(name: str, nbytes: int) -> list[tuple[int, int]]:
    """Return (number, length) of each record that arrived, over several fills and drains of a small ring."""
    carrier = transport(name)
    varied: Record = dataclasses.replace(sample(_LONGEST), varies=True)
    sent = dataclasses.replace(probe.fill(1, _LONGEST), record=varied)
    files = [source_text for source_text in program.source.program([carrier], sent).split('#line 1 "bpf/account.h"')]
    text = files[0] + _PROGRAM.replace("SEND", _SENDS[name])
    loaded = program.load([carrier], probe=sent, ringbuf_bytes=nbytes, text=text)
    source = reader("bulk").open(Opening(loaded, carrier, nbytes, NOBODY, 100_000, keep=True))
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
    found = isolation.run(_spoken, name, 32768, timeout_s=60)
    lengths = [8 + (number * 7 & 0xFF) for number in range(300 * 20)]
    # perf pads the payload so that the record, with the 4 bytes of its length, ends on 8, and tells no other length.
    expected = [(length + 4 + 7) // 8 * 8 - 4 if name == "perf" else length for length in lengths]
    assert found == list(enumerate(expected))
