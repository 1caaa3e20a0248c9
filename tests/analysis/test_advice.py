"""Which transport to take, and how big: as far as the figures go, and no further."""

from __future__ import annotations

from typing import Any

from ringbench.analysis.advice import Advice, advice
from ringbench.analysis.findings import findings
from ringbench.analysis.view import SessionView
from ringbench.data.store.folder import read_session
from ringbench.report.cards import cards
from tests import ROOT
from tests.analysis import synthetic
from tests.analysis.synthetic import KIB, cells, session

REFERENCE = ROOT / "results" / "reference"
PERF, RINGBUF = "perf", "ringbuf-reserve"


def of(view: SessionView) -> Advice:
    found = advice(view, findings(view))
    assert found is not None
    return found


def recorded(name: str) -> SessionView:
    return SessionView.of(read_session(REFERENCE / name, REFERENCE))


def lossy(sizes: dict[int, tuple[float, float]], **more: Any) -> SessionView:
    """Return a session whose perf and ringbuf lost such shares of 1,000 events at such sizes."""
    rows = []
    for size, shares in sizes.items():
        columns = {
            name: {"attempted": 1000, "failed": int(1000 * share), "buffer_bytes": size * KIB, **more.get(name, {})}
            for name, share in zip((PERF, RINGBUF), shares, strict=True)
        }
        rows += cells(columns, mode="paired", asked_bytes=size * KIB)
    return SessionView.of(session(rows))


def test_who_needs_less_is_taken() -> None:
    found = of(lossy({8: (0.5, 0.5), 16: (0.4, 0.0), 32: (0.2, 0.0), 64: (0.1, 0.0), 128: (0.0, 0.0)}))
    assert found.choice == f"take {RINGBUF}; 16 KiB lost nothing"
    assert found.because[0] == f"To lose nothing it needs least (perf 128 KiB; {RINGBUF} 16 KiB)."
    assert "0 of 5,000 lost" in found.sure[0]


def test_a_doubling_is_no_difference() -> None:
    found = of(lossy({8: (0.5, 0.5), 16: (0.1, 0.0), 32: (0.0, 0.0)}))
    assert found.choice == f"take either perf with 32 KiB or {RINGBUF} with 16 KiB"
    assert "nothing measured here decides" in found.because[0]


def test_what_was_not_tried_is_held_against_nobody() -> None:
    """Of perf, 32 KiB lost some and 1 MiB lost nothing: that it needs 1 MiB is not known."""
    found = of(lossy({32: (0.1, 0.0), 1024: (0.0, 0.0)}))
    assert found.because[0].startswith("Which needs less is not known: too few sizes were tried")
    assert "perf at most 1 MiB" in found.because[0]
    titles = [card.title for card in cards(findings(recorded("")), 2)]
    assert titles == ["Memory", "Drops", "Throughput and cost", "Order"]
    (needed, *others) = [card.also for card in cards(findings(recorded("")), 2)]
    assert needed == "To lose nothing, its arrivals needed perf 64 KiB and ringbuf-reserve 32 KiB, computed."
    assert others == ["", "", ""]
    assert cards(findings(recorded("")), 0)[0].also == ""  # how many rings perf had isn't known
    assert "perf 64 KiB, computed" in of(recorded("")).because[0]


def test_where_it_was_narrowed_down_the_memory_is_that_without_loss() -> None:
    card = cards(findings(recorded("frontier")), 2)[0]
    assert card.title == "Memory to lose nothing"
    assert card.lines[0].comparison.base.buffer_bytes == card.lines[0].comparison.head.buffer_bytes == 32 * KIB


def test_only_one_that_lost_nothing_is_taken() -> None:
    found = of(lossy({8: (0.5, 0.5), 16: (0.2, 0.0)}))
    assert found.choice == f"take {RINGBUF}; 16 KiB lost nothing"
    assert found.because[0] == "perf lost some at the largest size tried."


def test_a_loss_at_a_larger_size_counts() -> None:
    found = of(lossy({8: (0.0, 0.0), 16: (0.1, 0.0)}))
    assert found.because[0] == "perf lost some at the largest size tried."


def test_where_all_lost_some_nothing_is_taken() -> None:
    found = of(lossy({8: (0.5, 0.5), 16: (0.2, 0.1)}))
    assert found.choice == f"nothing tried is enough, perf up to 16 KiB and {RINGBUF} up to 16 KiB"
    assert found.sure == ()


def test_a_full_ring_is_to_be_larger() -> None:
    found = of(recorded(""))
    assert found.choice == "take ringbuf-reserve; 32 KiB lost nothing, 64 KiB leaves room"
    assert found.sure[1] == "At the worst moment 511 events lay unread: 99.8 % of its room."


def test_without_losses_counted_there_is_no_advice() -> None:
    view = recorded("overhead")
    assert advice(view, findings(view)) is None


def test_where_only_one_size_was_tried_it_is_said_that_less_may_do() -> None:
    found = of(recorded("gate/base"))
    assert found.choice == "take ringbuf-reserve; 1 MiB lost nothing"
    assert "Smaller ones were not tried; it needed 64 KiB, computed." in found.sure[1]


def test_where_less_was_tried_and_lost_some_it_is_not_said_that_it_was_not_tried() -> None:
    backlog = {RINGBUF: {"peak_backlog": 900, "record_bytes": 56}}
    found = of(lossy({32: (0.2, 0.1), 1024: (0.1, 0.0)}, **backlog))
    assert found.choice == f"take {RINGBUF}; 1 MiB lost nothing"
    assert found.sure[1].endswith(" 32 KiB lost some, and nothing between was tried; it needed 64 KiB, computed.")


def test_an_emulated_machine_advises_nothing() -> None:
    view = SessionView.of(session(synthetic.quick(), environment={"emulated": True}))
    assert advice(view, findings(view)) is None
