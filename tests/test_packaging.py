"""The wheel, as somebody who has only the wheel meets it."""

from __future__ import annotations

import email
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import bench

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the source archive, so that the archive is shown to be whole."""
    if given := request.config.getoption("--wheel"):
        return Path(given).resolve()
    pytest.importorskip("build", reason="needs the dev tools: ./with-env nox -s tests")
    pytest.importorskip("hatchling", reason="needs the dev tools: ./with-env nox -s tests")
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that has the wheel, and sees this one's dependencies but not its checkout."""
    venv = tmp_path_factory.mktemp("elsewhere") / "venv"
    run(sys.executable, "-m", "venv", "--system-site-packages", venv, cwd=venv.parent)
    python = venv / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", "--disable-pip-version-check", wheel, cwd=venv)
    # A path file makes the other environment's packages importable; its own path files, so the checkout, are not read.
    here = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=venv).strip())
    (here / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv


def test_it_carries_the_kernel_side(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("bench/bpf/")}
    sources = {f"bench/{path.relative_to(ROOT)}" for path in (ROOT / "bpf").rglob("*.[ch]")}
    assert "bench/bpf/event.h" in sources
    assert sources <= inside


def test_it_carries_every_module_and_no_test(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "bench").rglob("*.py")}
    assert modules <= inside
    assert not [name for name in inside if name.startswith(("tests/", "results/")) or "__pycache__" in name]


def test_it_does_not_ask_for_bcc(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    required = email.message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])
    assert required
    assert not [line for line in required if line.lower().replace("-", "").startswith(("bcc", "bpfcc"))]


def test_the_command_runs_from_anywhere(installed: Path, tmp_path: Path) -> None:
    assert bench.__version__ in run(installed / "bin" / "ringbench", "--version", cwd=tmp_path)
    assert bench.__version__ in run(installed / "bin" / "python", "-m", "bench", "--version", cwd=tmp_path)


def test_it_runs_its_own_code(installed: Path, tmp_path: Path) -> None:
    code = "import bench, bench.kernel.source as s; print(bench.__file__, s.folder(), sep='\\n')"
    for place in run(installed / "bin" / "python", "-c", code, cwd=tmp_path).split():
        assert Path(place).is_relative_to(installed), place
