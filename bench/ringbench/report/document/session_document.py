"""A session as one JSON document: what ``run --json`` and ``report --json`` print."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from ringbench.analysis.account import checksums
from ringbench.analysis.advice import advice
from ringbench.analysis.answers import answers, session_verdict
from ringbench.analysis.caveats import caveats
from ringbench.analysis.findings import Finding, findings
from ringbench.analysis.judgement import Line
from ringbench.analysis.outliers import apart
from ringbench.analysis.view import SessionView, records
from ringbench.data.stats import Interval
from ringbench.data.store.folder import StoredSession
from ringbench.report.document.order_document import as_json as order_as_json


def as_json(session: StoredSession, *, identify: bool = False) -> dict[str, Any]:
    """Return *session* as plain values: its account, its comparisons, and every row of trials.parquet as it is stored.

    ``comparisons`` has an entry for each figure of each comparison, ``findings`` the sentences that they add up to.
    What was not measured is None. Whose session it is, in ``measured_by``, is told only to *identify* it.
    """
    view = SessionView.of(session, identify=identify)
    found = findings(view)
    told, answered = advice(view, found), answers(view, found)
    return {
        "session": str(session.path),
        "status": session.manifest.get("status"),
        "schema_version": session.manifest.get("schema_version"),
        "versions": session.manifest.get("versions"),
        "environment": session.manifest.get("environment"),
        **({"measured_by": view.identity} if identify else {}),
        "verdict": session_verdict(view, answered).value,
        "answers": {name: code.value for name, code in answered.items()},
        "caveats": caveats(view, found),
        "checksums": checksums(view),
        "outliers": [{"trial": t, "transport": who, "figures": names} for (t, who), names in apart(view).items()],
        "not_asked": [f.question.name for f in found if not f.asked],
        "advice": None if told is None else dataclasses.asdict(told),
        "findings": [
            {"question": f.question.name, "sentences": [{"text": s.text, "where": s.where} for s in f.said]}
            for f in found
            if f.asked
        ],
        "comparisons": [_comparison(f, line) for f in found for group in f.groups for line in group.lines],
        "orders": [order_as_json(each) for each in view.orders],
        "trials": records(session.trials),
    }


def dumps(document: dict[str, Any]) -> str:
    """Return *document* as strict JSON in ASCII: no NaN, no control characters, nothing a terminal would obey."""
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=True)


def _comparison(found: Finding, line: Line) -> dict[str, Any]:
    base, head, setting = line.comparison.base, line.comparison.head, line.comparison.setting
    return {
        "question": found.question.name,
        "headline": found.headline is not None and any(line is one for one in found.headline.lines),
        "mode": setting.mode,
        "reader": setting.reader,
        "wakeup": setting.wakeup,
        "workload": setting.workload,
        "cpus": setting.cpus,
        "asked_bytes": setting.asked_bytes,
        "drain_interval_s": setting.drain_interval_s,
        "wait": setting.wait or None,
        "placement": setting.placement,
        "record_bytes": setting.record_bytes,
        "column": line.column.name,
        "unit": line.column.unit,
        "better": line.column.better,
        "base": {"transport": base.transport, "buffer_bytes": base.buffer_bytes, **_interval(line.base)},
        "head": None
        if head is None or line.head is None
        else {"transport": head.transport, "buffer_bytes": head.buffer_bytes, **_interval(line.head)},
        "ratio": _interval(line.ratio),
        "difference": _interval(line.difference),
        "verdict": line.verdict.value,
        "better_transport": line.winner,
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {"value": interval.value, "low": interval.low, "high": interval.high, "n": interval.n}
