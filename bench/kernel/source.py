"""The C text of a trial's program, put together from the files under ``bpf/``.

BCC rewrites map calls in the main text only, not in what it includes, so the files are joined here; ``#line`` keeps
clang's messages pointing at the real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.errors import EnvironmentLacks
from bench.event import EVENT
from bench.transports import Transport


def folder() -> Path:
    """Return the folder of the C sources: ``bpf/`` in a checkout, ``bench/bpf/`` in an installed wheel."""
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "bpf", package.parent / "bpf"):
        if (candidate / "event.h").is_file():
            return candidate
    raise EnvironmentLacks(
        f"the BPF sources are missing: looked for bpf/event.h beside {package}. Reinstall ringbench."
    )


def layout_assertions(dtype: np.dtype[np.void] = EVENT) -> str:
    """Return C assertions that ``struct event`` has exactly the fields, offsets and size of *dtype*.

    They are compiled into every program, so a Python record that differs from the C one can't be loaded.
    """
    lines = [f'_Static_assert(sizeof(struct event) == {dtype.itemsize}, "struct event: size");']
    for name in dtype.names or ():
        field, offset = dtype.fields[name][:2]  # type: ignore[index]
        lines.append(f'_Static_assert(__builtin_offsetof(struct event, {name}) == {offset}, "struct event: {name}");')
        lines.append(
            f'_Static_assert(sizeof(((struct event *)0)->{name}) == {field.itemsize}, "struct event: size of {name}");'
        )
    return "\n".join(lines) + "\n"


def program(transports: Sequence[Transport], probes: str = "lifecycle.c") -> str:
    """Return the text of a program that sends the events of *probes* through one transport, or two (paired).

    The transports' own files are all that differs between the programs of different transports.
    """
    order = ["event.h", *(f"transport/{t.source}" for t in transports), "account.h", probes]
    text = "".join(f'#line 1 "bpf/{name}"\n{(folder() / name).read_text()}\n' for name in order)
    return text + layout_assertions()


def defines(transports: Sequence[Transport], *, ringbuf_pages: int, ringbuf_flags: str, lives: int) -> list[str]:
    """Return the compiler flags that choose transports, ring size, wake-up flag and the number of lives tracked."""
    flags = [f"-D{slot}={t.submit}" for slot, t in zip(("FIRST", "SECOND"), transports, strict=False)]
    return [
        *flags,
        f"-DRINGBUF_PAGES={ringbuf_pages}",
        f"-DRINGBUF_FLAGS={ringbuf_flags}",
        f"-DLIVES={lives}",
        "-Wno-macro-redefined",
        "-Wno-duplicate-decl-specifier",
    ]
