"""What README says of coverage is what CI holds it to."""

from __future__ import annotations

import re

from tests import ROOT


def test_the_readme_and_the_limit_agree() -> None:
    (limit,) = re.findall(r"^fail_under = (\d+)", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert f"run at least {limit} % of the package's lines" in " ".join((ROOT / "README.md").read_text().split())
    ci = (ROOT / ".ci" / "run").read_text()
    assert "coverage report" in ci
    assert "--cov " in ci
