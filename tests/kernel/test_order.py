"""The order of events, recorded on the real kernel and analysed as a stream."""

from __future__ import annotations

import numpy as np

from ringbench.data.order import analyse
from ringbench.spec.event import EVENT
from tests.data.order.recorded import Recorded
from tests.kernel.conftest import Measure, share


def test_by_stamp_both_transports_have_the_same_set_of_events(measured: Measure) -> None:
    outcome = measured("perf", "ringbuf-reserve", workload="stress-ng:vfork", buffer_bytes=8 << 20, duration_s=1.0)
    sets = []
    for found in outcome.shares:
        assert found.recording.failed == 0
        events = found.recording.events[list(EVENT.names or ())].astype(EVENT)
        # Stamps can tie between CPUs, never on one: these three name an event.
        sets.append(events[np.lexsort((events["seq"], events["cpu"], events["ts_ns"]))])
    assert len(sets[0]) > 1000
    assert sets[0].tobytes() == sets[1].tobytes()


def test_holding_back_for_the_window_it_names_leaves_nothing_out_of_order(measured: Measure) -> None:
    outcome = measured("perf", "ringbuf-reserve", workload="stress-ng:vfork", buffer_bytes=8 << 20, duration_s=1.0)
    found = {
        name: analyse(Recorded(share(outcome, name).recording.events), name, shared_ring=name != "perf")
        for name in ("perf", "ringbuf-reserve")
    }
    for order in found.values():
        every = order.windows[-1]
        assert (every.share, every.late_events, every.causal_violations) == ("all", 0, 0)
        assert order.causes.births_used_twice == 0
        assert order.before_stamp == 0
    # Rings per CPU, drained one after the other, put lives out of order. A shared ring's reader has no part in its own.
    assert found["perf"].causes.inversions_transport + found["perf"].causes.inversions_reader > 0
    assert found["perf"].causes.violations_transport + found["perf"].causes.violations_reader > 0
    assert found["ringbuf-reserve"].causes.inversions_reader == 0
    assert found["ringbuf-reserve"].causes.violations_reader == 0
