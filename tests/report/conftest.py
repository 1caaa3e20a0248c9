"""The synthetic quick session, written out once for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringbench.cli.write_report import written as with_claims
from ringbench.data.store.folder import read_session
from ringbench.report import write_report
from tests import ROOT
from tests.analysis import synthetic

pytest.register_assert_rewrite("tests.report.hostile")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its report."""
    out = tmp_path_factory.mktemp("report")
    write_report(synthetic.whole_session(), out)
    return out


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the recorded session's report, with the published statements judged, as the command writes it."""
    out = tmp_path_factory.mktemp("reference")
    results = ROOT / "results"
    with_claims(read_session(results / "reference", results), out, identify=False)
    return out


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One browser for all tests that look at a page in it."""
    from tests.report.browser import started

    yield from started()
