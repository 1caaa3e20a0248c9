"""Everything that a comparison leaves behind: page, summary, JUnit XML and JSON; and what a CI system reads of it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from bench.gate.report import junit, markdown, page
from bench.gate.report.annotations import lines
from bench.gate.report.comparison import Comparison, as_json
from bench.store import atomic


def dumps(comparison: Comparison) -> str:
    """Return the comparison as strict JSON in ASCII: nothing that a terminal would obey."""
    return json.dumps(as_json(comparison), indent=1, allow_nan=False, ensure_ascii=True)


def write(comparison: Comparison, out: Path) -> list[Path]:
    """Write compare.html, summary.md, junit.xml and compare.json into *out*; return them, the page first.

    Each is there whole or not at all. Raises RingbenchError where *out* can't be written.
    """
    contents = {
        out / "compare.html": page.render(comparison).encode(),
        out / "summary.md": markdown.render(comparison).encode(),
        out / "junit.xml": junit.render(comparison),
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
            file.write(markdown.render(comparison) + "\n")
    return lines(comparison) if known.get("GITHUB_ACTIONS") == "true" else []
