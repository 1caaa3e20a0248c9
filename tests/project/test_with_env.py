"""with-env, on a small checkout of its own: what it says, what it leaves alone, and that half a job is done again.

A first preparation takes seconds and the package index, so one is shared by all tests that only look at it. Missing
packages are played by covering their folder with an empty one, in a mount namespace that ends with the command.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import takewhile
from pathlib import Path

import pytest

from tests.project.small_checkout import ROOT, add_native, environment, shim, small_checkout, with_env, without

BCC = "/usr/lib/python3/dist-packages/bcc"
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to play another user, or a machine without packages")
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs gcc: sudo ./with-env nox -s tests")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkout, prepared, in a folder with spaces."""
    checkout = small_checkout(tmp_path_factory.mktemp("a place") / "with spaces" / "ring bench")
    done = with_env(checkout, "true")
    assert done.returncode == 0, done.stderr
    return checkout


def test_its_syntax_is_plain_sh() -> None:
    for shell in ("sh", "bash"):
        subprocess.run([shell, "-n", str(ROOT / "with-env")], check=True)


def test_without_a_command_it_tells_its_usage() -> None:
    done = with_env(ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: ")


def test_help_goes_to_stdout() -> None:
    done = with_env(ROOT, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "ringbench run" in done.stdout


def test_an_option_is_not_a_command() -> None:
    done = with_env(ROOT, "--quiet", "true")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.slow
def test_the_command_has_the_environment_and_its_own_directory(prepared: Path, tmp_path: Path) -> None:
    code = "import os, sys; print(sys.prefix, os.environ['VIRTUAL_ENV'], os.getcwd(), sep='\\n')"
    done = with_env(prepared, "python", "-c", code, cwd=tmp_path)
    assert done.stdout.splitlines() == [str(prepared / ".venv"), str(prepared / ".venv"), str(tmp_path)]
    assert (
        with_env(prepared, "small", cwd=tmp_path).stdout.strip()
        == f"ran in {prepared / 'bench' / 'ringbench' / '__init__.py'}"
    )


@pytest.mark.slow
def test_the_status_is_the_command_s(prepared: Path) -> None:
    assert with_env(prepared, "sh", "-c", "exit 41").returncode == 41


@pytest.mark.slow
def test_a_second_run_starts_no_installer(prepared: Path, tmp_path: Path) -> None:
    for program in ("apt-get", "apt-cache", "dpkg", "dpkg-query", "pip", "env", "mount", "flock"):
        shim(tmp_path, program, "echo started $0 >&2; exit 99")
    done = with_env(prepared, "true", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_python_is_the_distribution_s(prepared: Path, tmp_path: Path) -> None:
    shim(tmp_path, "python3", "echo another python; exit 99")
    done = with_env(prepared, "python3", "-c", "import sys; print(sys.base_prefix)", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert done.stdout == "/usr\n"


@pytest.mark.slow
def test_a_half_made_environment_is_made_again(prepared: Path, tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path / "killed")
    process = subprocess.Popen(
        [str(checkout / "with-env"), "true"], env=environment(checkout), stderr=subprocess.PIPE, start_new_session=True
    )
    until = time.monotonic() + 60
    while not list(checkout.glob(".venv/lib/*/site-packages/packaging")) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert (checkout / ".venv").is_dir()
    assert not (checkout / ".venv" / ".with-env").exists()
    done = with_env(checkout, "small")
    assert done.returncode == 0, done.stderr
    assert "making .venv" in done.stderr


@pytest.mark.slow
def test_two_at_once_do_the_work_once(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path / "twice")
    both = [
        subprocess.Popen(
            [str(checkout / "with-env"), "small"],
            env=environment(checkout),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("making .venv" in err for _, err in said) == 1
    assert all("ran in" in out for out, _ in said)


@pytest.mark.slow
def test_a_changed_lock_is_noticed_and_a_moved_checkout(prepared: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(prepared, moved, symlinks=True)
    done = with_env(moved, "small")
    assert "making .venv" in done.stderr
    assert done.stdout.strip() == f"ran in {moved / 'bench' / 'ringbench' / '__init__.py'}"
    with (moved / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert "up to date" in with_env(moved, "small").stderr
    assert with_env(moved, "small").stderr == ""


@pytest.mark.slow
def test_a_test_command_adds_the_test_tools_once(prepared: Path, tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path / "tests")
    assert "requirements.lock" in with_env(checkout, "true").stderr
    assert "requirements-dev.lock" in with_env(checkout, "python", "-m", "pytest").stderr
    assert with_env(checkout, "small").stderr == ""


@pytest.mark.slow
@needs_compiler
def test_native_code_is_compiled_again_once_it_changes(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path / "native")
    library = add_native(checkout)
    ask = ("python", "-c", f"import ctypes; print(ctypes.CDLL({str(library)!r}).answer())")
    done = with_env(checkout, *ask)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert with_env(checkout, "small").stderr == ""
    add_native(checkout, answer=2)
    done = with_env(checkout, *ask)
    assert "up to date" in done.stderr
    assert done.stdout == "2\n"
    library.unlink()
    assert with_env(checkout, *ask).stdout == "2\n"


@pytest.mark.slow
@needs_compiler
def test_native_code_is_compiled_once_there_is_a_compiler(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path / "no compiler")
    library = add_native(checkout)
    done = with_env(checkout, "small", CC="/nonexistent")
    assert (done.returncode, library.exists()) == (0, False), done.stderr
    *_, told, advice = done.stderr.splitlines()
    assert "rings.c could not be compiled" in told
    assert "/nonexistent" in told
    assert "gcc and libc6-dev" in advice
    assert with_env(checkout, "small", CC="/nonexistent").stderr == ""
    assert "up to date" in with_env(checkout, "small").stderr
    assert library.exists()
    assert with_env(checkout, "small").stderr == ""


@pytest.mark.slow
@as_root
def test_under_sudo_all_of_it_belongs_to_the_caller(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path / "sudo")
    library = add_native(checkout)
    # As most shells have it: root's Python then keeps what it compiled of hatch_build.py.
    who = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY), "PYTHONDONTWRITEBYTECODE": ""}
    cache = tmp_path / "home" / ".cache" / "ringbench"
    done = with_env(checkout, "sh", "-c", "echo $RINGBENCH_CACHE", RINGBENCH_CACHE=str(cache), **who)
    assert (done.returncode, done.stdout) == (0, f"{cache}\n"), done.stderr
    made = [checkout / ".venv", *(checkout / ".venv").rglob("*"), cache, cache.parent, cache.parent.parent]
    made += [library, checkout / "__pycache__", *(checkout / "__pycache__").iterdir()]
    assert {path.lstat().st_uid for path in made} == {NOBODY}
    assert [path.stat().st_uid for path in (checkout / "bench").rglob("__pycache__")] == [NOBODY]
    assert checkout.stat().st_uid == 0


@pytest.fixture
def nobody_s(tmp_path: Path) -> Path:
    """A small checkout of another user's, who can reach it."""
    checkout = small_checkout(tmp_path / "plain")
    for folder in takewhile(Path(tempfile.gettempdir()).__ne__, (tmp_path, *tmp_path.parents)):
        folder.chmod(folder.stat().st_mode | 0o055)
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    return checkout


@as_root
def test_without_root_it_says_what_to_install(nobody_s: Path) -> None:
    ensurepip = f"/usr/lib/{Path('/usr/bin/python3').resolve().name}/ensurepip"
    done = with_env(
        nobody_s, "true", wrapper=(*without(ensurepip), *AS_NOBODY), RINGBENCH_CACHE=str(nobody_s / "cache")
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert "python3-venv" in done.stderr
    assert "./with-env true" in done.stderr
    assert not (nobody_s / ".venv").exists()


@as_root
@pytest.mark.slow
def test_without_root_it_makes_the_environment_and_nothing_else(nobody_s: Path) -> None:
    wrapper = (*without(BCC), *AS_NOBODY)
    settings = {"RINGBENCH_CACHE": str(nobody_s / "cache"), "HOME": str(nobody_s), "BCC_KERNEL_SOURCE": ""}
    done = with_env(nobody_s, "small", wrapper=wrapper, **settings)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list((nobody_s / "cache").iterdir()) == []
    assert with_env(nobody_s, "small", wrapper=wrapper, **settings).stderr == ""


@as_root
def test_an_apt_failure_is_two_lines_and_a_log(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path / "apt")
    calls = tmp_path / "calls"
    shim(tmp_path, "apt-get", f'echo "$@" >> "{calls}"; echo "E: Unable to locate package python3-bpfcc"; exit 100')
    path = f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"
    done = with_env(checkout, "true", wrapper=without(BCC), PATH=path)
    assert done.returncode == 2
    installing, updating, *error = done.stderr.splitlines()
    assert installing == "with-env: installing python3-bpfcc"
    assert "package lists" in updating
    assert len(error) == 2
    assert "Unable to locate package" in error[0]
    log = Path(error[1].rpartition("Log: ")[2])
    assert "Unable to locate package" in log.read_text()
    assert [call.split()[-1] for call in calls.read_text().splitlines()] == ["python3-bpfcc", "update", "python3-bpfcc"]


@as_root
def test_a_compiler_is_part_of_the_main_job(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path / "headers of libc")
    shim(tmp_path, "apt-get", "exit 100")
    path = f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"
    done = with_env(checkout, "ringbench", wrapper=without("/usr/include"), PATH=path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "with-env: installing libc6-dev"
