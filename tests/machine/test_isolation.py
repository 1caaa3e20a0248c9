"""A process for a trial: what it raises arrives as it was, with its code."""

from __future__ import annotations

import os

import pytest

from ringbench.errors import InvalidMeasurementError, OptionError
from ringbench.machine import isolation
from ringbench.spec.codes import InvalidCode


def damaged() -> None:
    raise InvalidMeasurementError("a record that cannot be.", InvalidCode.RING_DAMAGED)


def unsaid() -> None:
    raise InvalidMeasurementError("for whatever reason.")


def refused() -> None:
    raise OptionError("no such thing.")


def dies() -> None:
    os._exit(7)


@pytest.mark.parametrize(
    ("function", "code", "said"),
    [
        (damaged, InvalidCode.RING_DAMAGED, "a record that cannot be."),
        (unsaid, InvalidCode.OTHER, "for whatever reason."),
        (dies, InvalidCode.PROCESS_DIED, "status 7"),
    ],
)
def test_the_code_of_an_invalid_measurement_survives(function: object, code: InvalidCode, said: str) -> None:
    with pytest.raises(InvalidMeasurementError, match=said) as found:
        isolation.run(function)  # type: ignore[arg-type]
    assert found.value.code == code


def test_another_error_is_raised_as_it_was() -> None:
    with pytest.raises(OptionError, match=r"^no such thing\.$"):
        isolation.run(refused)
