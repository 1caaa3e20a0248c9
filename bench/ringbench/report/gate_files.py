"""Everything that a comparison leaves behind: page, summary, JUnit XML and JSON; and what a CI system reads of it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from ringbench.analysis.gate.comparison import Comparison, as_json
from ringbench.data.store import atomic
from ringbench.report.document import gate_junit
from ringbench.report.document.gate_annotations import lines
from ringbench.report.html import gate_page
from ringbench.report.markdown import gate_summary


def dumps(comparison: Comparison) -> str:
    """Return the comparison as strict JSON in ASCII: nothing that a terminal would obey."""
    return json.dumps(as_json(comparison), indent=1, allow_nan=False, ensure_ascii=True)


def write(comparison: Comparison, out: Path) -> list[Path]:
    """Write compare.html, summary.md, junit.xml and compare.json into *out*; return them, the page first.

    Each is there whole or not at all. Raises RingbenchError where *out* can't be written.
    """
    contents = {
        out / "compare.html": gate_page.render(comparison).encode(),
        out / "summary.md": gate_summary.render(comparison).encode(),
        out / "junit.xml": gate_junit.render(comparison),
        out / "compare.json": dumps(comparison).encode(),
    }
    for path, data in contents.items():
        atomic.write(path, data)
    return list(contents)


def tell_ci(comparison: Comparison, environment: Mapping[str, str] | None = None) -> list[str]:
    """Append the summary to the job's ($GITHUB_STEP_SUMMARY), and return the annotations that it should print.

    Nothing outside of a workflow. A summary that can't be written is no reason to fail a gate.
    """
    known = os.environ if environment is None else environment
    if place := known.get("GITHUB_STEP_SUMMARY"):
        with contextlib.suppress(OSError), open(place, "a", encoding="utf-8") as file:
            file.write(gate_summary.render(comparison) + "\n")
    return lines(comparison) if known.get("GITHUB_ACTIONS") == "true" else []
