"""What a process of a trial finds: modules that callers hand over, imported by the server, and no more than that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ringbench.kernel import preload
from ringbench.machine import isolation
from tests import ROOT

CODE = """
import json, os, sys
from ringbench.machine import isolation
{imports}

def seen():
    main = sys.modules["__main__"]
    return {{
        "imported": [name for name in {names!r} if name in sys.modules],
        "main": main.MARK,
        "flag": os.environ.get("RINGBENCH_IN_FORK_SERVER"),
    }}

MARK = "of " + __name__

if __name__ == "__main__":
    isolation.warm_up({modules})
    print(json.dumps(isolation.run(seen, timeout_s=60)))
"""


def found(folder: Path, imports: str, modules: str, names: list[str]) -> dict[str, object]:
    script = folder / "main.py"
    script.write_text(CODE.format(imports=imports, modules=modules, names=names))
    path = os.pathsep.join([str(ROOT / "bench"), str(folder)])
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_the_server_imports_what_is_handed_over_and_a_trial_finds_it(tmp_path: Path) -> None:
    for name in ("handed_over", "left_alone"):
        (tmp_path / f"{name}.py").write_text("")
    imports = "handed_over = left_alone = None\nif __name__ == '__main__':\n    import handed_over, left_alone"
    answer = found(tmp_path, imports, "handed_over", ["handed_over", "left_alone", "ringbench.kernel.preload"])
    assert answer["imported"] == ["handed_over", "ringbench.kernel.preload"]


def test_the_callers_own_main_is_imported_again_in_a_trial_and_no_flag_is_left(tmp_path: Path) -> None:
    answer = found(tmp_path, "", "", [])
    assert answer == {"imported": [], "main": "of __mp_main__", "flag": None}


def test_only_a_fork_server_is_told_that_it_is_one() -> None:
    code = "import os; print(os.environ.get('RINGBENCH_IN_FORK_SERVER'))"
    with preload.starting_server():
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "1\n"
    assert "RINGBENCH_IN_FORK_SERVER" not in os.environ


def test_modules_are_handed_over_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_preloaded", {preload: None})
    one, two = ModuleType("one"), ModuleType("two")
    isolation.preload(one, two)
    isolation.preload(two, one)
    assert [module.__name__ for module in isolation._preloaded] == ["ringbench.kernel.preload", "one", "two"]
