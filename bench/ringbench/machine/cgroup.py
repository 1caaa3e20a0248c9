"""Whether the memory that a buffer takes can be charged to a cgroup of its own."""

from __future__ import annotations

from pathlib import Path

from ringbench.machine.files import read
from ringbench.machine.knob import Finding

_CGROUP = "sys/fs/cgroup"
_V1 = f"{_CGROUP}/memory"


class MemoryCgroup:
    """The cgroups' memory controller, as :mod:`ringbench.drivers.memcg_charge` uses it."""

    name = "memory cgroup"
    why = "memory_cgroup_bytes is what a new cgroup is charged for a buffer: without the controller it stays null"
    uncharged = "a buffer's pages are kernel memory, which this kernel charges to no cgroup: memory_cgroup_bytes says 0"
    metrics = ("memory",)

    def examine(self, root: Path) -> Finding | None:
        """Return the controller's version, or why no cgroup with it can be made."""
        mine = self._v1_folder(root)
        handed_down = "memory" in (read(root, f"{_CGROUP}/cgroup.subtree_control") or "").split()
        if mine is not None and not mine.is_dir():
            # as in a container that sees the host's cgroups through a namespace of its own
            fix = "run outside of the container"
            return Finding(self.name, "v1, this process's own out of sight", "matters", self.why, fix)
        if mine is not None or handed_down:
            version = "v2" if mine is None else "v1"
            if self._kernel_memory_is_free(root):
                fix = "boot without cgroup.memory=nokmem"
                return Finding(self.name, f"{version}, no kernel memory", "matters", self.uncharged, fix)
            return Finding(self.name, version, "ok", self.why)
        controllers = read(root, f"{_CGROUP}/cgroup.controllers")
        if controllers is None:
            fix = f"mount -t cgroup2 cgroup2 /{_CGROUP}"
            return Finding(self.name, "absent", "matters", self.why, fix)
        if "memory" in controllers.split():
            fix = f"echo +memory > /{_CGROUP}/cgroup.subtree_control"
            return Finding(self.name, "v2, not handed down to new cgroups", "matters", self.why, fix)
        return Finding(self.name, "v2, without memory", "matters", self.why, "boot with cgroup_enable=memory")

    def _v1_folder(self, root: Path) -> Path | None:
        """Return the folder of this process's own cgroup under version 1; None where memory isn't under it."""
        rows = (row.split(":", 2) for row in (read(root, "proc/self/cgroup") or "").split("\n"))
        own = [row[2] for row in rows if len(row) == 3 and row[1] == "memory"]  # number, controllers, path
        if not own or not (root / _V1 / "memory.usage_in_bytes").exists():
            return None
        return root / _V1 / own[0].lstrip("/")

    def _kernel_memory_is_free(self, root: Path) -> bool:
        # cgroup_memory(), mm/memcontrol.c; of the command line nothing else is looked at
        words = (read(root, "proc/cmdline") or "").split()
        return any("nokmem" in word.partition("=")[2].split(",") for word in words if word.startswith("cgroup.memory="))
