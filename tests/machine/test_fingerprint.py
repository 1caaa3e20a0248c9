"""What a session records of its machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ringbench.machine.fingerprint import environment

CPU = "sys/devices/system/cpu"


def test_an_empty_machine_tells_nothing_and_does_not_crash(tmp_path: Path) -> None:
    found = environment(tmp_path)
    assert found["emulated"] is False
    assert found["kernel"]
    for name in ("cpu_model", "memory_bytes", "cpus_online", "distribution", "hypervisor", "mitigations", "libbpf"):
        assert found[name] is None, name


def test_a_whole_machine(machine: Any) -> None:
    root = machine(
        {
            "etc/os-release": 'NAME="x"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
            "proc/cpuinfo": "processor\t: 0\nmodel name\t: Fast CPU\nflags\t\t: fpu hypervisor\n",
            "proc/meminfo": "MemTotal:       1024 kB\n",
            "proc/sys/kernel/pid_max": "32768\n",
            f"{CPU}/online": "0-1\n",
            f"{CPU}/vulnerabilities/meltdown": "Not affected\n",
            f"{CPU}/vulnerabilities/retbleed": "Mitigation: IBRS\n",
            "usr/lib/x86_64-linux-gnu/libbpf.so.1": "",
            "usr/lib/x86_64-linux-gnu/libbpf.so.1.5.0": "",
            "sys/class/dmi/id/product_name": "Standard PC (Q35)\n",
        }
    )
    found = environment(root)
    assert found["distribution"] == "Debian GNU/Linux 12 (bookworm)"
    assert found["cpu_model"] == "Fast CPU"
    assert found["memory_bytes"] == 1024 * 1024
    assert found["mitigations"] == {"retbleed": "Mitigation: IBRS"}
    assert found["libbpf"] == "1.5.0"
    assert (found["pid_max"], found["cpus_online"]) == (32768, 2)
    assert (found["emulated"], found["hypervisor"]) == (True, "qemu-tcg")


def test_this_machine_is_plain_json() -> None:
    found = environment()
    assert json.loads(json.dumps(found)) == found
    assert found["cpus_online"]
    assert found["memory_bytes"]


def test_bcc_is_not_imported() -> None:
    code = (
        "import sys, ringbench.machine as m, ringbench.machine.fingerprint as f; m.examine(); f.environment();"
        "assert not any(name.split('.')[0] == 'bcc' for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
