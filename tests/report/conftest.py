"""The synthetic quick session, written out once for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report import write_report
from bench.report.view import SessionView
from tests.report import synthetic


@pytest.fixture(scope="session")
def quick() -> SessionView:
    """The synthetic quick session as the report sees it."""
    return synthetic.view()


@pytest.fixture(scope="session")
def whole() -> SessionView:
    """A session that answers every question."""
    return SessionView.of(synthetic.whole_session())


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its report."""
    out = tmp_path_factory.mktemp("report")
    write_report(synthetic.whole_session(), out)
    return out
