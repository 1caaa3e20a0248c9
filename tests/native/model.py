"""What a reader must do, in plain Python: a list of what was written, and how far it was read."""

from __future__ import annotations

import struct

from tests.native.fake import MODULO, Fake, FakePerf, FakeRingbuf, Written
from tests.native.path import Path, Taken


class Model:
    """A path and its ring, and what must come out: :meth:`take` compares."""

    def __init__(self, fake: FakeRingbuf | FakePerf, path: Path) -> None:
        self.fake: Fake = fake
        self.path = path
        self.position = fake.start
        self.everything: list[bytes] = []
        """All that was handed over."""
        self.told = {"discarded": 0, "lost": 0, "others": 0}
        self._next = self._bytes = self._sum = 0
        self._kept: list[bytes] = []
        self._ignoring: str | None = None
        self._said: str | None = None

    @property
    def unread(self) -> int:
        """Records that were not read yet."""
        return len(self.fake.written) - self._next

    def take(self, limit: int) -> str | None:
        """Take at most *limit* records, compare all there is to compare, and return the error."""
        before = len(self.everything)
        error = self._expect(limit if self.path.bounded else MODULO)
        taken = self.path.take(limit)
        self._compare(taken, self.everything[before:], error)
        return error

    def empty(self) -> None:
        """Make room again."""
        self.path.empty()
        self._kept = []
        self._ignoring = self._said = None

    def take_all(self) -> None:
        """Take what is there up to a record that is refused for good, making room whenever there is none."""
        while self.unread and (error := self.take(MODULO - 1)) != "foreign":
            if error:
                self.empty()

    def _expect(self, limit: int) -> str | None:
        written, before, error = self.fake.written, len(self.everything), None
        first = self._next
        while self._next < len(written) and not error:
            if (self._next - first if self.path.meets else len(self.everything) - before) >= limit:
                break
            record = written[self._next]
            if record.what == "busy":
                break
            error = self._meet(record)
            if error and self.path.refused == "stays":
                break
            if error and self.path.refused == "eaten":
                self._ignoring, error = error, None
            self._next += 1
            self.position = (record.at + record.total) % MODULO
        self._said = self._ignoring or error or self._said
        return self._said

    def _meet(self, record: Written) -> str | None:
        if record.what == "lost":
            self.told["lost"] += record.lost
        elif record.what == "skipped":
            self.told["discarded" if isinstance(self.fake, FakeRingbuf) else "others"] += 1
        elif record.what == "unknown":
            return None if self.path.refused == "eaten" else "foreign"  # BCC prints it, and shows it to nobody
        elif not self._ignoring:
            return self._event(record.payload)
        return None

    def _event(self, content: bytes) -> str | None:
        path = self.path
        own = path.ring.record_bytes
        if path.any_length:
            if len(content) < path.seq_offset + 8:
                return "foreign"
        elif isinstance(self.fake, FakeRingbuf):
            if len(content) != own:
                return "foreign"
        elif not 0 <= len(content) - own < 8:
            return "foreign"
        else:
            content = content[:own]
        if path.fills:
            used = sum(map(len, self._kept))
            if used + len(content) > path.room or len(self._kept) == path.slots:
                return "full"
            self._kept.append(content)
        self.everything.append(content)
        return None

    def _compare(self, taken: Taken, expected: list[bytes], error: str | None) -> None:
        path = self.path
        assert taken.count == len(expected)
        assert taken.error == error or (taken.error == "refused" and error)
        if taken.records is not None:
            assert list(taken.records) == expected
        if taken.last:
            assert list(taken.last) == self.everything[-len(taken.last) :]
        self._bytes += sum(map(len, expected))
        self._sum += sum(struct.unpack_from("<Q", record, path.seq_offset)[0] for record in expected)
        assert path.payload_bytes == self._bytes
        assert path.seq_sum == self._sum % MODULO
        for name, value in path.told.items():
            assert value % MODULO == self.told[name] % MODULO, name
        assert path.ring.position == self.position
        consumed = self.fake.consumer if isinstance(self.fake, FakeRingbuf) else self.fake.tail
        assert consumed == self.position
