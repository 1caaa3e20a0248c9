"""Run beside a project of plug-ins: say as JSON what this project makes of a made-up session of them."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

from ringbench.analysis.cells import cells_of
from ringbench.analysis.gate.gate import judge
from ringbench.analysis.gate.pairs import cell_pairs_of
from ringbench.analysis.gate.registry import JUDGED, NOT_JUDGED
from ringbench.analysis.setting import Setting
from ringbench.cli.write_report import written
from ringbench.data import metrics
from ringbench.data.metrics import Recording
from ringbench.data.store.schema import TRIALS
from ringbench.report.figures import style
from ringbench.report.terminal.session_screen import show
from tests.analysis import synthetic
from tests.analysis.synthetic import Row, cells

RECORDING = Recording(1.0, attempted=8, failed=0, delivered=8, residual=0, record_bytes=56)
SHARES = {"perf": 0.4, "made-ring": 0.1}


def rows(factor: float = 1.0) -> list[Row]:
    """Return ten blocks of the plug-ins' workload with their metric, *factor* times as much of it."""
    drawn = [1 + 0.01 * (block % 4) for block in range(10)]
    of_each = {name: {"made_up_share": [factor * share * by for by in drawn]} for name, share in SHARES.items()}
    return cells(of_each, range(10), workload="made-load:3", reader="made-reader")


def whole(made: list[Row]) -> list[Row]:
    """Return rows with every column of the schema."""
    return [{name: each.get(name) for name in TRIALS.names} for each in made]


def report() -> dict[str, Any]:
    """Return what a session is shown as."""
    session = synthetic.session([*rows(), *synthetic.quick()])
    shown = io.StringIO()
    with tempfile.TemporaryDirectory() as name:
        written(session, Path(name), identify=False)
        show(session, (), shown, 110)
        return {
            "page": (Path(name) / "report.html").read_text(),
            "summary": (Path(name) / "summary.md").read_text(),
            "terminal": shown.getvalue(),
            "plots": sorted(path.name for path in (Path(name) / "plots").iterdir()),
        }


def main() -> None:
    """Print it."""
    first = cells_of(synthetic.view([*synthetic.quick(), *rows()]).figures)[0]
    (setting,) = {Setting.of(each) for each in whole(rows())}
    found = {
        "computed": metrics.compute(RECORDING),
        "columns": TRIALS.names,
        "judged": list(JUDGED),
        "not_judged": NOT_JUDGED,
        "first": [first.setting.workload, first.setting.reader, first.transport],
        "look": style.look("made-ring").color,
        "setting": {name: getattr(setting, name) for name in ("paced", "sampled")},
        "regressed": [
            [figure.name, cell.pair.transport]
            for cell in judge(cell_pairs_of(whole(rows()), whole(rows(1.5))), interleaved=True).cells
            for figure in cell.figures
            if figure.judgement.verdict.value == "regressed"
        ],
        **report(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
