r"""Text from elsewhere, made safe to show: a process can name itself anything, and a terminal obeys what it is shown.

This is for reading by people. It is not reversible: a backslash stays a single backslash, so the four characters
``\x1b`` and an escaped ESC look the same. What has to be exact is stored raw, in the parquet files.
"""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and symbols that show nothing, and that :meth:`str.isprintable` lets through."""

_SURROGATE_BYTES = range(0xDC80, 0xDD00)
"""Where Python keeps the bytes of file names and arguments that are not UTF-8 (PEP 383)."""


def printable(raw: bytes | str) -> str:
    r"""Return *raw* with everything that does not print as itself escaped visibly; plain text is returned untouched.

    Escaped are control characters and escape codes (``\x1b``), bytes that are not UTF-8 (``\xff``), line breaks, bidi
    overrides, zero-width and other invisible characters (``\u202e``), and characters that Unicode doesn't know.
    """
    text = raw.decode("utf-8", "surrogateescape") if isinstance(raw, bytes) else raw
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    return "".join(c if c.isprintable() and not _INVISIBLE.match(c) else _escaped(ord(c)) for c in text)


def one_line(raw: object, limit: int = 160) -> str:
    """Return str(*raw*) printable, on one line and at most *limit* characters long; the middle goes if it is longer.

    For what an error quotes of a file: the start says what it was, the end says what was wrong with it.
    """
    text = printable(" ".join(str(raw)[: 100 * limit].split()))
    head = limit * 2 // 3
    return text if len(text) <= limit else f"{text[:head]}...{text[head + 3 - limit :]}"


def _escaped(code: int) -> str:
    if code in _SURROGATE_BYTES:
        code -= 0xDC00
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
