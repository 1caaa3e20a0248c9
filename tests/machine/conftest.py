"""A machine made of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Machine = Callable[[dict[str, str]], Path]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Write files, by path, into a folder that stands for /."""

    def write(files: dict[str, str]) -> Path:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        return tmp_path

    return write
