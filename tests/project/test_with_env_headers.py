"""with-env's kernel headers, from packages made here for a kernel that has none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.project.small_checkout import shim, small_checkout, with_env


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkout, prepared."""
    checkout = small_checkout(tmp_path_factory.mktemp("headers") / "checkout")
    done = with_env(checkout, "true")
    assert done.returncode == 0, done.stderr
    return checkout


@pytest.mark.skipif(Path("/sys/kernel/kheaders.tar.xz").exists(), reason="this kernel brings its own headers")
@pytest.mark.skipif(os.geteuid() != 0, reason="headers are fetched by root")
@pytest.mark.slow
@pytest.mark.parametrize("distribution", ["debian", "ubuntu"])
def test_headers_become_one_tree(prepared: Path, tmp_path: Path, distribution: str) -> None:
    """The two ways in which distributions split headers, in packages made here, for a kernel that has none."""
    packages = tmp_path / "packages"
    if distribution == "debian":
        package(packages, "linux-headers-9.9-common", {"include/linux/kconfig.h": "k", "Makefile": "common"})
        package(packages, "linux-headers-9.9-amd64", {"include/generated/autoconf.h": "g", "Makefile": "flavour"})
    else:
        package(packages, "linux-headers-9.9", {"include/linux/kconfig.h": "k", "Makefile": "common"})
        files = {"include/generated/autoconf.h": "g", "Makefile": "flavour"}
        package(
            packages, "linux-headers-9.9-generic", files, {"include/linux": "../../linux-headers-9.9/include/linux"}
        )
    names = " ".join(sorted(path.name for path in packages.glob("linux-*[!b]") if path.is_dir()))
    shim(tmp_path, "uname", "echo 9.9.9-none")
    shim(tmp_path, "apt-cache", f'case "$*" in *9.9.9-none) exit 100;; esac; printf "%s\\n" libc6 {names}')
    shim(
        tmp_path,
        "apt-get",
        f'shift; while [ "$1" != download ]; do shift; done; shift; for p in "$@"; do cp {packages}/$p.deb .; done',
    )
    cache = tmp_path / "another cache"
    environ = {
        "PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin",
        "RINGBENCH_CACHE": str(cache),
        "BCC_KERNEL_SOURCE": "",
    }
    done = with_env(prepared, "true", **environ)
    tree = cache / "headers" / "9.9.9-none" / "tree"
    assert done.returncode == 0, done.stderr
    found = [
        (tree / name).read_text() for name in ("include/linux/kconfig.h", "include/generated/autoconf.h", "Makefile")
    ]
    assert found == ["k", "g", "flavour"]
    assert with_env(prepared, "true", **environ).stderr == ""


def package(folder: Path, name: str, files: Mapping[str, str], links: Mapping[str, str] | None = None) -> None:
    """Build a Debian package of headers."""
    source = folder / name / "usr" / "src" / name
    for path, text in files.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text)
    for path, target in (links or {}).items():
        (source / path).symlink_to(target)
    (folder / name / "DEBIAN").mkdir()
    (folder / name / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: a test\n"
    )
    subprocess.run(["dpkg-deb", "--build", str(folder / name), f"{folder / name}.deb"], check=True, capture_output=True)
