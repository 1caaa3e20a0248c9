"""Which machine it was: an id from hardware, kernel and configuration, and in what two differ.

Both come from ``environment`` of session.json (ringbench.machine.fingerprint), so they can be told of any stored
session. An id names nobody: no host name and no serial number is in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

GROUPS: dict[str, tuple[str, ...]] = {
    "machine": (
        "architecture",
        "machine",
        "hypervisor",
        "emulated",
        "cpu_model",
        "cpus_online",
        "cpus_possible",
        "memory_gib",
    ),
    "kernel": ("kernel", "kernel_build", "page_bytes"),
    "bcc": ("bcc", "bcc_package", "libbpf"),
    "configuration": (
        *("cpus_isolated", "smt", "governor", "clock_source", "bpf_jit", "bpf_jit_harden", "mitigations", "pid_max"),
    ),
    "tools": ("python", "stress_ng", "distribution"),
}
"""What is compared, by the word that ``--across`` has for it."""
_ID = ("machine", "kernel", "configuration", "bcc")
"""What makes a machine's id. Tools don't: a new Python makes no new machine."""
_DIGITS = 10
_GIB = 1 << 30
_CREDIBLE_BYTES = 1 << 60
"""Of memory: a stored session may say anything, infinity too."""


def machine_id(environment: Mapping[str, Any]) -> str:
    """Return the id of the machine that *environment* describes, fit to be a folder's name.

    'amd-epyc-2cpu-6-18-3f9a1c02bd': words for people, and a hash of all that counts. What is not known counts as that.
    """
    known = {group: [_plain(value) for value in _values(environment, GROUPS[group])] for group in _ID}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:_DIGITS]
    cpus = environment.get("cpus_online")
    parts = (
        " ".join(re.findall("[A-Za-z]+", str(environment.get("cpu_model") or "machine"))[:2]),
        f"{cpus}cpu" if isinstance(cpus, int) and not isinstance(cpus, bool) else "",
        ".".join(re.findall("[0-9]+", str(environment.get("kernel") or ""))[:2]),
        digest,
    )
    return "-".join(word for part in parts if (word := _word(part)))


def differences(base: Mapping[str, Any], head: Mapping[str, Any]) -> dict[str, list[tuple[str, Any, Any]]]:
    """Return in what two environments differ: (field, base's value, head's), by the group of the field.

    A field that either does not have, as in sessions of older versions, is no difference.
    """
    found: dict[str, list[tuple[str, Any, Any]]] = {}
    for group, fields in GROUPS.items():
        for field, before, after in zip(fields, _values(base, fields), _values(head, fields), strict=True):
            if field in ("memory_gib",) or (_has(base, field) and _has(head, field)):
                if None in (before, after) and field == "memory_gib":
                    continue
                if _plain(before) != _plain(after):
                    found.setdefault(group, []).append((field, before, after))
    return found


def _has(environment: Mapping[str, Any], field: str) -> bool:
    return field in environment


def _values(environment: Mapping[str, Any], fields: tuple[str, ...]) -> list[Any]:
    return [_memory(environment) if field == "memory_gib" else environment.get(field) for field in fields]


def _memory(environment: Mapping[str, Any]) -> int | None:
    """Return the memory in GiB: what the kernel keeps for itself differs by kilobytes from start to start."""
    found = environment.get("memory_bytes")
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= _CREDIBLE_BYTES:
        return None  # also for NaN, of which no comparison is true
    return round(found / _GIB)


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _word(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[:24]
