"""The wheel, as somebody who has only the wheel meets it."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import ringbench
from ringbench.data.store import schemas
from tests import ROOT

LIBRARIES = tuple(f"ringbench/native/{name}.so" for name in ("rings", "producers", "order"))
SOURCES = tuple(name.replace(".so", ".c") for name in LIBRARIES)
MISSING = "import ringbench.native; print(ringbench.native.missing())"

pytestmark = pytest.mark.slow
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs gcc: sudo ./with-env nox -s tests")


def run(*command: str | Path, cwd: Path, stderr: int = subprocess.PIPE, **changes: str) -> str:
    """Run a command that must succeed; *changes* are environment variables."""
    argv, env = [str(word) for word in command], os.environ | changes
    done = subprocess.run(argv, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(source: Path, out: Path, *options: str, **changes: str) -> str:
    """Build *source* into *out* without network, and return all that this said."""
    pytest.importorskip("build", reason="needs the dev tools: ./with-env nox -s tests")
    pytest.importorskip("hatchling", reason="needs the dev tools: ./with-env nox -s tests")
    command = (sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", out, source)
    return run(*command, cwd=out, stderr=subprocess.STDOUT, **changes)


def install(wheel: Path, folder: Path) -> Path:
    """Return the folder of an environment that has the wheel and sees this one's dependencies, not its checkout."""
    venv = folder / "venv"
    run(sys.executable, "-m", "venv", "--system-site-packages", venv, cwd=folder)
    python = venv / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", "--disable-pip-version-check", wheel, cwd=venv)
    # A path file makes the other environment's packages importable; its own path files, so the checkout, are not read.
    here = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=venv).strip())
    (here / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the source archive, so that the archive is shown to be whole."""
    if given := request.config.getoption("--wheel"):
        return Path(given).resolve()
    out = tmp_path_factory.mktemp("dist")
    build(ROOT, out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def source(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive that the wheel was built from, unpacked."""
    archives = list(wheel.parent.glob("*.tar.gz"))
    if not archives:
        pytest.skip(f"no source archive beside {wheel}")
    folder = tmp_path_factory.mktemp("source")
    run("tar", "-xf", *archives, "--strip-components=1", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel."""
    return install(wheel, tmp_path_factory.mktemp("elsewhere"))


def test_it_carries_the_kernel_side(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("ringbench/bpf/")}
    sources = {f"ringbench/{path.relative_to(ROOT)}" for path in (ROOT / "bpf").rglob("*.[ch]")}
    assert "ringbench/bpf/event.h" in sources
    assert sources <= inside


def test_it_carries_the_schema_of_every_document(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {f"ringbench/data/store/schemas/{name}.schema.json" for name in schemas.NAMES} <= inside


def test_it_carries_every_module_and_no_test(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(ROOT / "bench")) for path in (ROOT / "bench").rglob("*.py")}
    assert modules <= inside
    assert not [name for name in inside if name.startswith(("tests/", "results/")) or "__pycache__" in name]


def test_it_does_not_ask_for_bcc(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    required = email.message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])
    assert required
    assert not [line for line in required if line.lower().replace("-", "").startswith(("bcc", "bpfcc"))]


def test_the_command_runs_from_anywhere(installed: Path, tmp_path: Path) -> None:
    assert ringbench.__version__ in run(installed / "bin" / "ringbench", "--version", cwd=tmp_path)
    assert ringbench.__version__ in run(installed / "bin" / "python", "-m", "ringbench", "--version", cwd=tmp_path)


def test_it_runs_its_own_code(installed: Path, tmp_path: Path) -> None:
    code = "import ringbench, ringbench.kernel.source as s; print(ringbench.__file__, s.folder(), sep='\\n')"
    for place in run(installed / "bin" / "python", "-c", code, cwd=tmp_path).split():
        assert Path(place).is_relative_to(installed), place


PROJECT = {
    "conftest.py": "",
    "bench/__init__.py": "WHOSE = 'the project'\n",
    "bench/loads.py": "def load() -> str:\n    return 'heavy'\n",
    "tests/test_own.py": """
from pathlib import Path

import bench
from bench.loads import load
import ringbench

PROJECT = Path(__file__).parents[1]


def test_the_projects_own_package_is_imported(pytestconfig):
    assert pytestconfig.pluginmanager.has_plugin("ringbench")
    assert Path(ringbench.__file__).is_relative_to({installed!r})
    assert [Path(folder) for folder in bench.__path__] == [PROJECT / "bench"]
    assert getattr(bench, "WHOSE", None) == {whose!r}
    assert load() == "heavy"
""",
}
"""A project with a folder bench/ of its own, as many have one."""


@pytest.mark.parametrize("kind", ["package", "namespace"])
@pytest.mark.parametrize("called", ["python -m pytest", "pytest"])
def test_a_project_with_a_bench_of_its_own_tests_that(installed: Path, tmp_path: Path, kind: str, called: str) -> None:
    whose = "the project" if kind == "package" else None
    for name, text in PROJECT.items():
        if kind == "package" or name != "bench/__init__.py":
            (tmp_path / name).parent.mkdir(exist_ok=True)
            filled = text.replace("{installed!r}", repr(str(installed))).replace("{whose!r}", repr(whose))
            (tmp_path / name).write_text(filled)
    python = installed / "bin" / "python"
    script = Path(sysconfig.get_path("scripts")) / "pytest"  # run by itself, it leaves the folder out of sys.path
    command = [python, "-m", "pytest"] if called == "python -m pytest" else [python, script]
    options = ("-p", "no:cacheprovider", "-rs")
    said = run(*command, *options, cwd=tmp_path, PYTEST_ADDOPTS="", PYTHONPATH="", PYTHONSAFEPATH="")
    assert "1 passed" in said
    assert "ringbench-" in next(line for line in said.splitlines() if line.startswith("plugins: "))


def test_nothing_in_the_wheel_is_called_bench(wheel: Path, installed: Path, tmp_path: Path) -> None:
    inside = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in inside if not name.endswith(".dist-info")} == {"ringbench"}
    code = "import importlib.util; print(importlib.util.find_spec('bench'))"
    assert run(installed / "bin" / "python", "-c", code, cwd=tmp_path) == "None\n"


def test_the_source_archive_has_what_builds_it_and_nothing_built(source: Path) -> None:
    assert (source / "hatch_build.py").is_file()
    for name in (
        *(f"bench/{name}" for name in SOURCES),
        *(str(path.relative_to(ROOT)) for path in ROOT.glob("bench/**/*.h")),
    ):
        assert (source / name).read_bytes() == (ROOT / name).read_bytes()
    assert not list(source.rglob("*.so"))


@needs_compiler
def test_it_carries_the_compiled_loops(wheel: Path, source: Path, installed: Path, tmp_path: Path) -> None:
    """For any Python of this platform: ctypes loads them."""
    assert wheel.name.partition("-py3-")[2] == f"none-{sysconfig.get_platform().replace('-', '_')}.whl"
    assert {*LIBRARIES, *SOURCES} <= set(zipfile.ZipFile(wheel).namelist())
    assert run(installed / "bin" / "python", "-c", MISSING, cwd=tmp_path) == "None\n"


def test_without_a_compiler_only_the_compiled_loops_are_missing(source: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(source, tmp_path / "source")
    for library in LIBRARIES:
        (copy / "bench" / library).write_text("of an older source")
    said = build(copy, tmp_path, "--wheel", CC="/nonexistent").splitlines()
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    assert not list(copy.rglob("*.so"))
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so")]
    told = [number for number, line in enumerate(said) if "/nonexistent" in line]
    for number, name in zip(told, SOURCES, strict=True):
        assert f"bench/{name} could not be compiled" in said[number]
        assert "Install gcc and libc6-dev" in said[number + 1]
    venv = install(wheel, tmp_path)
    assert "Install gcc and libc6-dev" in run(venv / "bin" / "python", "-c", MISSING, cwd=tmp_path)
    assert "bulk" in run(venv / "bin" / "ringbench", "list", cwd=tmp_path)
