"""The C text of a trial's program, put together from the files under ``bpf/``.

BCC rewrites map calls in the main text only, not in what it includes, so the files are joined here; ``#line`` keeps
clang's messages pointing at the real ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ringbench.errors import MissingRequirementError
from ringbench.kernel import cpus
from ringbench.kernel.probe import LIFECYCLE, Probe
from ringbench.spec.record import Record
from ringbench.spec.transport import PAGE, TransportSpec
from ringbench.spec.wakeups import Wakeup


def folder() -> Path:
    """Return the folder of the C sources: ``bpf/`` in a checkout, ``ringbench/bpf/`` in an installed wheel."""
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "bpf", package.parent.parent / "bpf"):
        if (candidate / "event.h").is_file():
            return candidate
    raise MissingRequirementError(
        f"the BPF sources are missing: looked for bpf/event.h beside {package}. Reinstall ringbench."
    )


def layout_assertions(record: Record = LIFECYCLE.record) -> str:
    """Return C assertions that the record's struct has exactly the fields, offsets and size of its dtype.

    They are compiled into every program, so a Python record that differs from the C one can't be loaded.
    """
    struct, dtype = f"struct {record.struct}", record.dtype
    lines = [f'_Static_assert(sizeof({struct}) == {dtype.itemsize}, "{struct}: size");']
    for name, (field, offset, *_) in (dtype.fields or {}).items():
        lines.append(f'_Static_assert(__builtin_offsetof({struct}, {name}) == {offset}, "{struct}: {name}");')
        lines.append(
            f'_Static_assert(sizeof((({struct} *)0)->{name}) == {field.itemsize}, "{struct}: size of {name}");'
        )
    return "\n".join(lines) + "\n"


def program(transports: Sequence[TransportSpec], probe: Probe = LIFECYCLE) -> str:
    """Return the text of a program that sends the records of *probe* through one transport, or two (paired).

    The transports' own files, and what these build on, are all that differs between programs of different transports.
    """
    ours = folder()
    order = [
        (ours, probe.record.header),
        (ours, "submit.h"),
        *dict.fromkeys((t.folder or ours, name) for t in transports for name in t.builds_on),
        *((t.folder, t.source) if t.folder else (ours, f"transport/{t.source}") for t in transports),
        (ours, "account.h"),
        *((ours, name) for name in (*probe.after_account, probe.source)),
    ]
    text = "".join(f'#line 1 "{place.name}/{name}"\n{(place / name).read_text()}\n' for place, name in order)
    return text + layout_assertions(probe.record)


def defines(
    transports: Sequence[TransportSpec], probe: Probe, *, sizes: Mapping[str, int], wakeup: Wakeup, lives: int
) -> list[str]:
    """Return the compiler flags that choose transports, their *sizes*, wake-ups and the number of lives tracked."""
    online = cpus.online()
    flags = [f"-D{slot}={t.submit}" for slot, t in zip(("FIRST", "SECOND"), transports, strict=False)]
    if probe.in_place and len(transports) == 1 and transports[0].reserve:
        flags += [f"-DRESERVE={transports[0].reserve}", f"-DCOMMIT={transports[0].commit}"]
    return [
        *flags,
        *probe.defines,
        *(flag for t in transports for flag in t.defines),
        *(flag for t in transports for flag in t.sized(sizes.get(t.name, PAGE), len(online), probe.record.nbytes)),
        f"-DRINGS={max(online) + 1}",
        wakeup.define,
        f"-DWAKE_CPUS={len(online)}",
        f"-DLIVES={lives}",
        "-Wno-macro-redefined",
        "-Wno-duplicate-decl-specifier",
    ]
