from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringbench.cli.report import report
from ringbench.data.store.folder import SessionWriter
from ringbench.errors import RingbenchError, UnreadableSessionError
from ringbench.report import write_report
from ringbench.report.figures import FIGURES
from tests.analysis import synthetic
from tests.analysis.synthetic import row, session

PLOTS = {f"plots/{kind.name}.{end}" for kind in FIGURES for end in ("png", "svg")}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_it_writes_a_page_a_summary_and_every_plot(tmp_path: Path) -> None:
    written = write_report(synthetic.whole_session(), tmp_path / "new" / "folder")
    assert written[0] == tmp_path / "new" / "folder" / "report.html"
    assert files(tmp_path / "new" / "folder") == {"report.html", "summary.md"} | PLOTS
    assert {str(path.relative_to(tmp_path / "new" / "folder")) for path in written} == files(
        tmp_path / "new" / "folder"
    )
    assert all(path.stat().st_size for path in written)


def test_drawing_is_quick(tmp_path: Path) -> None:
    write_report(session(), tmp_path)
    began = time.process_time()
    write_report(session(), tmp_path)
    assert time.process_time() - began < 4


def test_a_plot_of_an_earlier_report_does_not_stay_where_there_is_nothing_to_draw(tmp_path: Path) -> None:
    write_report(session(), tmp_path)
    (tmp_path / "plots" / "mine.png").touch()
    write_report(session([row(producer_ns_per_event=5.0)]), tmp_path)
    assert files(tmp_path) == {"report.html", "summary.md", "plots/cost.png", "plots/cost.svg", "plots/mine.png"}


def test_a_folder_that_cannot_be_written_is_an_error_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RingbenchError, match=r"cannot write .*file"):
        write_report(session(), tmp_path / "file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_are_given_back_to_who_typed_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "12345")
    monkeypatch.setenv("SUDO_GID", "12345")
    written = write_report(session(), tmp_path / "out")
    assert {path.stat().st_uid for path in (*written, tmp_path / "out", tmp_path / "out" / "plots")} == {12345}


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A session's folder as `ringbench run` leaves it, without a report."""
    folder = tmp_path / "results" / "2026-11-01"
    writer = SessionWriter.create(folder, synthetic.manifest())
    for block in range(5):
        for transport, cost in (("perf", 500.0), ("ringbuf-reserve", 250.0)):
            writer.add([row(transport=transport, block=block, producer_ns_per_event=cost + block)], {})
    writer.finish("complete")
    return folder


def test_the_command_writes_into_the_session_and_prints_the_answers(stored: Path) -> None:
    done = CliRunner().invoke(report, [str(stored)])
    assert done.exit_code == 0, done.output
    assert (stored / "report.html").exists()
    assert "ringbuf-reserve is cheaper" in " ".join(done.stdout.split())
    assert str(stored / "report.html") in done.stdout
    assert done.stderr == ""


def test_the_command_finds_the_latest_and_writes_where_it_is_told(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(report, ["latest", "--out", "elsewhere"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "elsewhere" / "report.html").exists()
    assert not (stored / "report.html").exists()


def test_the_command_prints_one_json_document_and_nothing_else(stored: Path) -> None:
    import json

    done = CliRunner().invoke(report, [str(stored), "--json"])
    document = json.loads(done.stdout)
    assert len(document["trials"]) == 10
    assert "report.html" in done.stderr


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    done = CliRunner().invoke(report, [str(tmp_path / "nowhere")])
    assert isinstance(done.exception, UnreadableSessionError)


def test_the_help_has_an_example() -> None:
    assert "ringbench report results/reference --out" in CliRunner().invoke(report, ["--help"]).output
