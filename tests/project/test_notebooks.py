"""The notebooks run from top to bottom on the recorded sessions, without root, and show what they promise."""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

from tests import ROOT

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))
if not (ROOT / ".git").exists() and not FOLDER.exists():
    pytest.skip("a source archive carries no notebooks: needs a checkout", allow_module_level=True)

FIGURES = {"reading_a_session": 8, "two_claims": 2, "your_own_question": 0}


def test_the_three_are_there() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(FIGURES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path) -> None:
    notebook = jupytext.read(path)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()  # raises where a cell does
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    drawn = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(drawn) >= FIGURES[path.stem]
    assert [output for output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_text_without_outputs(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# ---\n# jupyter:\n")
    assert "output" not in text.partition("# %%")[0]
