"""The wording of each renderer, whole: what it says of one made-up session stands in golden/.

``pytest tests/report/test_golden.py --update-golden`` writes the files again; the difference is then read as any other
change is. Elsewhere tests ask for codes and numbers, and not for words.
"""

from __future__ import annotations

import io
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ringbench.analysis.gate.compare import of_sessions
from ringbench.analysis.view import SessionView
from ringbench.data.store.folder import StoredSession, read_session
from ringbench.report.html import session_page
from ringbench.report.markdown import summary
from ringbench.report.terminal import gate_screen, session_screen
from ringbench.spec.codes import Note, NoteCode
from tests.analysis import synthetic
from tests.analysis.gate.stored import stored
from tests.analysis.gate.worlds import Change, Row, rows, slower, wander

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def session() -> StoredSession:
    """A session that answers every question, with some of every trouble that a report has words for."""
    return troubled(synthetic.whole())


@pytest.fixture(scope="module")
def small() -> StoredSession:
    """One of a few cells, for the page, which shows every one of them: nobody would read a file of thousands."""
    known = [row for row in synthetic.quick() if row["asked_bytes"] == synthetic.MIB]
    return troubled([row for row in known if row["workload"] == "fork-exec"])


def troubled(plain: list[synthetic.Row]) -> StoredSession:
    broken = [
        {**plain[0], "trial": "9001", "block": 9, "valid": False, "invalid_code": code, "invalid_reason": reason}
        for code, reason in (
            ("timed_out", "the trial's process gave no answer within 60 s."),
            ("other", "what no code is for."),
        )
    ]
    broken[1] |= {"trial": "9002"}
    disturbed = ("host_steal", "other_processes")
    plain = [{**row, "disturbed_codes": list(disturbed) if n % 50 == 0 else []} for n, row in enumerate(plain)]
    plain[0] |= {"disturbed": "the host took 2.0% of CPU time; other processes took 12% of a CPU, cc1 most"}
    late = [{**plain[-1], "trial": "9003", "block": 9, "saturated": True}]
    return synthetic.session([*plain, *broken, *late], recorded=synthetic.orders())


def check(name: str, text: str, *, update: bool) -> None:
    """Compare *text*, trailing blanks aside, with the golden file *name*; or write it."""
    path = GOLDEN / name
    lines = [line.rstrip() for line in text.splitlines()]
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == path.read_text(encoding="utf-8").splitlines(), f"{name} differs; if that is meant: --update-golden"


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


def test_the_terminal(session: StoredSession, update: bool) -> None:
    out = io.StringIO()
    session_screen.show(session, [Path("results/synthetic/report.html")], out, 100)
    check("terminal.txt", out.getvalue(), update=update)


def test_the_summary(session: StoredSession, update: bool) -> None:
    check("summary.md", summary.render(SessionView.of(session)), update=update)


class _Words(HTMLParser):
    """What a page says: a line for each piece of text, drawings and scripts aside."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in ("script", "style", "svg")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "svg")

    def handle_data(self, data: str) -> None:
        if (words := " ".join(data.split())) and not self._silent:
            self.lines.append(words)


def test_the_page(small: StoredSession, update: bool) -> None:
    words = _Words()
    words.feed(session_page.render(SessionView.of(small), {}))
    check("page.txt", "\n".join(words.lines), update=update)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[SessionView, SessionView]:
    """Two sides of a comparison, of which the head fills slower, loses an account, and knows one cell less."""
    folder, drift = tmp_path_factory.mktemp("sides"), wander(1)

    def worse(change: Change) -> Change:
        def changed(block: int, row: Row) -> dict[str, object]:
            lost = {"valid": False, "invalid_code": "account_unbalanced", "invalid_reason": "The account is off by 1."}
            first = block == 3 and row["mode"] == "isolated"
            return {**change(block, row), **(lost if first else {})}

        return changed

    about = {"sides": {"id": "one", "blocks": 20}}
    notes = [
        Note("left out: a cell: head says: no such transport", NoteCode.LEFT_OUT),
        Note("Ended: the answer was clear after 20 blocks: regressed.", NoteCode.ENDED),
        "A remark, which is the head's alone.",
    ]
    stored(folder / "base", rows(1, drift=drift), **about)
    stored(folder / "head", rows(3, drift=drift, change=worse(slower("fill_ns_per_event", 0.2))), **about, notes=notes)
    base, head = (SessionView.of(read_session(folder / name, folder)) for name in ("base", "head"))
    return base, head


def test_the_gate_on_a_terminal(
    sides: tuple[SessionView, SessionView],
    update: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    gate_screen.show(of_sessions(*sides), [Path("out/compare.html")], everything=True)
    check("gate.txt", capsys.readouterr().out, update=update)
