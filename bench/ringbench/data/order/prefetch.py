"""Reading ahead: the next part of a recording is decoded while the last one is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_PARTS = 3


class Ahead(Generic[T]):
    """An iterator whose items a thread makes, up to three before they are asked for. An error comes in its place."""

    def __init__(self, begin: Callable[[], Iterator[T]]) -> None:
        """Read what *begin* returns."""
        self._begin = begin
        self._parts: queue.Queue[T | _End] = queue.Queue(_PARTS)
        self._stop = False
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Iterator[T]:
        """Begin to read."""
        self._thread.start()
        return self._taken()

    def __exit__(self, *_: object) -> None:
        """Stop, also half-way."""
        self._stop = True
        while self._thread.is_alive():
            try:
                self._parts.get(timeout=0.01)
            except queue.Empty:
                continue

    def _taken(self) -> Iterator[T]:
        while not isinstance(part := self._parts.get(), _End):
            yield part
        if part.error is not None:
            raise part.error

    def _read(self) -> None:
        end = _End()
        try:
            for part in self._begin():
                if self._stop:
                    return
                self._parts.put(part)
        except BaseException as error:  # it is the reader's to handle
            end.error = error
        self._parts.put(end)


class _End:
    error: BaseException | None = None
