"""The machine's id, and in what two environments differ."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringbench.machine.fingerprint import environment
from ringbench.machine.identity import GROUPS, differences, machine_id
from tests.analysis.gate.stored import ENVIRONMENT

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([float("inf"), -float("inf"), 10**400])
    | st.text(max_size=20)
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5))
)


def test_this_machine_has_an_id_and_differs_in_nothing_from_itself() -> None:
    here = environment()
    assert machine_id(here) == machine_id(environment())
    assert differences(here, here) == {}


def test_every_field_of_a_fingerprint_counts_somewhere() -> None:
    counted = {field for fields in GROUPS.values() for field in fields} - {"memory_gib"} | {"memory_bytes"}
    assert set(environment()) == counted


@pytest.mark.parametrize(
    ("group", "changed"),
    [
        ("machine", {"cpu_model": "Another"}),
        ("machine", {"memory_bytes": 12 << 30}),
        ("kernel", {"kernel": "6.19.0"}),
        ("bcc", {"bcc": "0.31.0"}),
        ("configuration", {"governor": "powersave"}),
        ("tools", {"python": "3.13.1"}),
    ],
)
def test_a_difference_is_in_its_group_and_in_the_id_unless_it_is_a_tool(group: str, changed: dict[str, Any]) -> None:
    other = {**ENVIRONMENT, **changed}
    assert list(differences(ENVIRONMENT, other)) == [group]
    assert (machine_id(other) != machine_id(ENVIRONMENT)) == (group != "tools")


def test_some_kilobytes_of_memory_make_no_new_machine() -> None:
    other = {**ENVIRONMENT, "memory_bytes": (24 << 30) + 123_456}
    assert differences(ENVIRONMENT, other) == {}
    assert machine_id(other) == machine_id(ENVIRONMENT)


def test_what_an_older_session_does_not_know_is_no_difference() -> None:
    older = {name: value for name, value in ENVIRONMENT.items() if name not in ("bpf_jit", "hypervisor")}
    assert differences(older, ENVIRONMENT) == {}


@pytest.mark.parametrize(
    "nbytes",
    [float("inf"), float("nan"), 10**400, -(10**400), -1, True, "24 GiB", [1 << 30], None],
    ids=lambda value: str(value)[:8],
)
def test_memory_that_is_none_is_not_known(nbytes: object) -> None:
    unknown = {**ENVIRONMENT, "memory_bytes": None}
    assert machine_id({**ENVIRONMENT, "memory_bytes": nbytes}) == machine_id(unknown)
    assert differences({**ENVIRONMENT, "memory_bytes": nbytes}, ENVIRONMENT) == {}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*environment(), "other"]), PLAIN, max_size=4))
def test_an_id_is_a_folder_name_whatever_the_session_says(found: dict[str, Any]) -> None:
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", machine_id(found))
    assert len(machine_id(found)) < 100
    differences(found, ENVIRONMENT)
