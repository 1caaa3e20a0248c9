"""What every test has: the marks of tests that need the kernel, and why they can't run where they can't.

``--require-bpf`` (or RINGBENCH_REQUIRE_BPF=1, as CI sets it) makes a skipped BPF test a failure: a run that measured
nothing must not pass for one that did.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import importlib.util
import os
import platform
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ringbench.analysis.view import SessionView

# How long an example takes is the host's mood: a verdict may not hang on it.
settings.register_profile("ringbench", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ringbench")

KERNEL_TESTS = tuple(Path(__file__).parent / name for name in ("kernel", "bench"))
BPF_SYSCALL = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "ppc64le": 361, "s390x": 351}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ringbench")
    group.addoption("--require-bpf", action="store_true", help="fail, rather than skip, where BPF tests can't run")
    group.addoption("--blocks", type=int, default=5, help="turns that both sides of a benchmark take [5]")
    group.addoption(
        "--least-share", type=float, default=0.9, metavar="S", help="a ratio fails below this share of its target [0.9]"
    )
    group.addoption("--rounds", type=int, default=1, help="rounds of each way of an event (test_paths.py) [1, of some]")
    group.addoption(
        "--events", type=float, default=1e6, metavar="N", help="events of the largest recording analysed [1e6]"
    )
    group.addoption("--soak", type=float, default=1.0, metavar="S", help="seconds of firehose for each reader [1]")
    group.addoption("--update-golden", action="store_true", help="write tests/report/golden again")
    group.addoption("--wheel", help="a wheel to test instead of building one (tests/project/test_packaging.py)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in KERNEL_TESTS):
            item.add_marker(pytest.mark.bpf)


@pytest.fixture(scope="session")
def quick() -> SessionView:
    """The synthetic quick session as the analysis sees it."""
    from tests.analysis import synthetic

    return synthetic.view()


@pytest.fixture(scope="session")
def whole() -> SessionView:
    """A session that answers every question."""
    from tests.analysis import synthetic

    return SessionView.of(synthetic.whole_session())


@functools.cache
def why_no_bpf() -> str | None:
    """Return why BPF tests can't run here, or None if they can."""
    if os.geteuid() != 0:
        return "needs root: sudo ./with-env nox -s tests"
    if importlib.util.find_spec("bcc") is None:
        return "needs BCC, which this Python can't see: sudo ./with-env nox -s tests"
    number = BPF_SYSCALL.get(platform.machine())
    if number is None:
        return None  # an architecture not listed above: the tests themselves will tell
    # An empty request: a kernel that has BPF, and lets us use it, calls it invalid or badly addressed.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(ctypes.c_long(number), ctypes.c_int(-1), ctypes.c_void_p(), ctypes.c_uint(0))
    error = ctypes.get_errno()
    if error in (errno.ENOSYS, errno.EPERM):
        return f"needs BPF, and the kernel says {os.strerror(error)!r}"
    return None


def bpf_required(config: pytest.Config) -> bool:
    """Return whether a skipped BPF test is a failure."""
    return bool(config.getoption("--require-bpf")) or os.environ.get("RINGBENCH_REQUIRE_BPF") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    reason = why_no_bpf() if item.get_closest_marker("bpf") else None
    if reason:
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    was_skipped = report.skipped and not hasattr(report, "wasxfail")
    if was_skipped and item.get_closest_marker("bpf") and bpf_required(item.config):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"BPF tests are required in this run (--require-bpf), and this one was not run: {reason}"
    return report
