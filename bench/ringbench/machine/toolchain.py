"""What a measurement needs installed: BCC, kernel headers, stress-ng.

BCC is never imported here (:mod:`ringbench.kernel` alone does): its files tell its version and whether it is the right
one.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from ringbench import native
from ringbench.errors import MissingRequirementError
from ringbench.kernel import headers
from ringbench.machine.files import field, matching, package_version
from ringbench.machine.knob import Finding
from ringbench.text import one_line

_DISTRIBUTION = Path("/usr/lib/python3/dist-packages/bcc")


def bcc_package() -> Path | None:
    """Return the folder of the ``bcc`` that this interpreter would import, or None."""
    try:
        spec = importlib.util.find_spec("bcc")
    except (ImportError, ValueError):
        return None
    return Path(spec.origin).parent if spec and spec.origin else None


def is_bpf_compiler(package: Path) -> bool:
    """Return whether *package* is BCC: PyPI has an unrelated project of the same name, which has no libbcc."""
    return (package / "libbcc.py").is_file()


def bcc_version() -> str | None:
    """Return BCC's version, or None if this interpreter sees no BCC."""
    package = bcc_package()
    if package is None or not is_bpf_compiler(package):
        return None
    text = field(package, "version.py", "__version__", "=")
    return text.strip("'\"") if text else None


def libbpf_version(root: Path = Path("/")) -> str | None:
    """Return the version of the distribution's libbpf, from its file's name."""
    files = matching(root, "usr/lib/*/libbpf.so.[0-9]*.[0-9]*")
    return one_line(files[-1].name.removeprefix("libbpf.so.")) if files else None


class Bcc:
    """The BPF Compiler Collection."""

    name = "BCC"
    why = "it compiles and attaches the BPF programs"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return its version, or what stands in its place."""
        package = bcc_package()
        if package is not None and is_bpf_compiler(package):
            return Finding(self.name, bcc_version() or "of unknown version", "ok", self.why)
        if package is not None:
            why = "PyPI's project called bcc is something else, and it hides the distribution's"
            return Finding(self.name, f"an unrelated package in {package}", "blocks", why, "pip uninstall bcc")
        if _DISTRIBUTION.is_dir():
            why = "it is installed for /usr/bin/python3, and this Python is another one"
            return Finding(self.name, "not visible here", "blocks", why, "run through ./with-env")
        return Finding(self.name, "not installed", "blocks", self.why, "sudo ./with-env ringbench doctor")


class Headers:
    """Kernel headers for BCC."""

    name = "kernel headers"
    why = "BCC compiles against them"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return where they are."""
        try:
            tree = headers.find()
        except MissingRequirementError as error:
            return Finding(self.name, one_line(str(error)), "blocks", self.why, "sudo ./with-env ringbench doctor")
        return Finding(self.name, str(tree) if tree else "the running kernel's own", "ok", self.why)


class CompiledLoops:
    """The C file that the packaging builds."""

    name = "compiled loops"
    why = "the readers compiled and libbpf and the firehose need them; bulk falls back on numpy, three times as slow"
    metrics = ("drops", "throughput", "cost", "capacity")

    def examine(self, root: Path) -> Finding | None:
        """Return whether they were built."""
        reason = native.missing()
        if reason is None:
            return Finding(self.name, "built", "ok", self.why)
        return Finding(self.name, one_line(reason), "matters", self.why, "apt install gcc libc6-dev; ./with-env true")


class Libbpf:
    """libbpf, which BCC brings along."""

    name = "libbpf"
    why = "the reader of that name is libbpf's own"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return its version."""
        seen = libbpf_version(root)
        if seen:
            return Finding(self.name, seen, "ok", self.why)
        return Finding(self.name, "not installed", "matters", self.why, "apt install libbpf1")


class StressNg:
    """The load generator."""

    name = "stress-ng"
    why = "without it only the workloads built in and your own commands can be measured"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return its version, as far as the package manager knows it."""
        seen = stress_ng_version(root)
        if seen:
            return Finding(self.name, seen, "ok", self.why)
        return Finding(self.name, "not installed", "matters", self.why, "sudo ./with-env ringbench doctor")


def stress_ng_version(root: Path = Path("/")) -> str | None:
    """Return the version of stress-ng's package, 'not from a package' for another origin, or None if there is none."""
    return package_version(root, "stress-ng") or ("not from a package" if shutil.which("stress-ng") else None)
