"""The table of transports of user space says what the trials say, and judges what was published by intervals."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringbench.analysis.designs import designs
from ringbench.analysis.user_producers import MEASURED, UserProducers, said, user_producers
from ringbench.report import write_report
from tests.analysis.synthetic import KIB, MIB, Row, cells, session, view

PRODUCER = {"msg-ring": (2000.0, 250.0, 600.0), "mapped-ring": (500.0, 40.0, 80.0), "printk": (3000.0, None, None)}
RINGS = ("msg-ring", "mapped-ring")


def _made(columns: dict[str, Row], workload: str, **more: object) -> list[Row]:
    return cells(columns, mode="transport-only", workload=workload, record_bytes=16, **more)


def rows(late_in_relay: int = 0, suppressed: int = 80, slow: tuple[float, ...] | None = None) -> list[Row]:
    """Return a session in which the mapped ring refuses in a small buffer, and printk's lines are suppressed."""
    made: list[Row] = []
    for nbytes, refused in ((MIB, 0), (8 * KIB, 750)):
        columns: dict[str, Row] = {
            "msg-ring": {"attempted": 1000, "failed": 0, "peak_backlog": 900, "late_events": 200, "delivered": 1000},
            "mapped-ring": {
                **{"attempted": 1000, "failed": refused, "delivered": 1000 - refused, "late_events": 100},
                "peak_backlog": None if refused else 600,
            },
        }
        made += _made(columns, "writers:32@2500", asked_bytes=nbytes, buffer_bytes=nbytes)
    for cpus, place in (("0", 1), ("0-1", 2)):
        columns = {name: {"producer_ns_per_event": PRODUCER[name][place]} for name in RINGS}
        made += _made(columns, "writers:32", cpus=cpus)
        made += _made({name: {"producer_ns_per_event": 9999.0} for name in RINGS}, "writers:1", cpus=cpus)
    costs = dict(zip(PRODUCER, slow or (cost[0] for cost in PRODUCER.values()), strict=True))
    for rate, lost in (("20", 0), ("100", suppressed)):
        columns = {
            name: {
                **{"producer_ns_per_event": cost, "attempted": 100, "late_events": 0},
                **({"failed": lost, "delivered": 100 - lost} if name == "printk" else {"failed": 0, "delivered": 100}),
            }
            for name, cost in costs.items()
        }
        made += _made(columns, f"writers:1@{rate}")
    made += _made({name: {"late_events": late_in_relay} for name in PRODUCER}, "relay:1@20")
    return [{**row, "trial": f"{number:04}"} for number, row in enumerate(made)]


def _here(made: list[Row]) -> dict[str, str]:
    every = user_producers(view(made))
    return {one.transport: said(one, every)[-1] for one in every}


@pytest.fixture
def found() -> dict[str, dict[str, str]]:
    every = user_producers(view(rows()))
    return {one.transport: dict(zip(MEASURED, one.measured(), strict=True)) for one in every}


def test_each_has_what_was_measured_of_it(found: dict[str, dict[str, str]]) -> None:
    assert list(found) == ["msg-ring", "mapped-ring", "printk"]
    assert {each["Meets"] for each in found.values()} == {"memory and order"}
    flat = "Flat out: one producer, then one on each CPU"
    assert [each[flat] for each in found.values()] == ["250 ns, then 600 ns", "40 ns, then 80 ns", "not measured"]
    assert found["mapped-ring"]["Lost"].startswith(
        "0 % at 80,000 a second and CPU with 1 MiB; 75 % at 80,000 a second and CPU with 8 KiB; "
        "0 % at 100 a second and CPU"
    )
    assert found["msg-ring"]["Unread at most"] == "900 with 1 MiB; 900 with 8 KiB"
    assert found["mapped-ring"]["Unread at most"] == "600 with 1 MiB; not measured with 8 KiB"
    assert found["printk"]["Lost"].startswith("80 % at 100 a second and CPU")
    assert found["printk"]["Producer"] == "3 µs at 20 a second and CPU"
    assert found["msg-ring"]["Late, per 1,000"] == "200 at 80,000 a second and CPU"


def test_what_was_published_is_judged_by_what_was_measured() -> None:
    here = _here(rows())
    assert here["msg-ring"].startswith("holds: with a producer on each CPU a record costs 7.5 ×")
    assert here["mapped-ring"] == "holds: 0 late in a relay"
    assert here["printk"].startswith("holds: 80 % at 100 a second and CPU lost, with mapped-ring 0; ")


def test_the_other_way_round_it_does_not_hold() -> None:
    turned = rows(late_in_relay=7, suppressed=0, slow=(2000.0, 500.0, 400.0))
    for row in turned:
        if row["transport"] == "msg-ring" and row["workload"] == "writers:32":
            row["producer_ns_per_event"] = 10.0
    assert {name: told.partition(":")[0] for name, told in _here(turned).items()} == dict.fromkeys(
        PRODUCER, "does not hold"
    )
    assert {one.wants for one in user_producers(view(turned))} == {"memory"}


def test_what_was_not_measured_cannot_be_told() -> None:
    few = [row for row in rows() if row["transport"] == "msg-ring" and row["workload"] != "relay:1@20"]
    assert _here(few) == {"msg-ring": "can't be told"}
    (one,) = user_producers(view([row for row in few if "@" not in str(row["workload"])]))
    assert isinstance(one, UserProducers)
    assert one.measured().count("not measured") == len(MEASURED) - 2


def test_the_table_stands_on_the_page_apart_from_the_designs_and_no_advice_rests_on_it(tmp_path: Path) -> None:
    assert designs(view(rows())) == []
    write_report(session(rows()), tmp_path / "s")
    page = (tmp_path / "s" / "report.html").read_text()
    assert '<h2 id="user-producers">' in page
    assert '<h2 id="designs">' not in page
    assert "for this load: take" not in (tmp_path / "s" / "summary.md").read_text()


def test_hostile_names_of_loads_are_no_numbers() -> None:
    odd = rows()
    for row in odd:
        row["workload"] = str(row["workload"]).replace("writers:1@", "writers:\u0663@x")
    assert user_producers(view(odd))
