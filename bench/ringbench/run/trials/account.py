"""What became of the submissions of a trial: counted by the program or the writers, and by the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringbench.data.metrics import Recording
from ringbench.data.metrics.recording import Checksum
from ringbench.drivers.readers import Reader
from ringbench.kernel import program
from ringbench.spec.transport import TransportSpec


@dataclass(frozen=True)
class TrialAccount:
    """The account of one transport, both sides. None where there was no program, or no reader."""

    attempted: int | None
    failed_by_code: Mapping[str, int]
    """What was refused, by errno's name, and what was lost without its producer's being told, by what became of it."""
    delivered: int | None
    checksum: Checksum | None
    injected_ns: int | None = None

    @classmethod
    def of(cls, loaded: program.Program | None, transport: TransportSpec, reader: Reader | None) -> TrialAccount:
        """Return what *loaded* and *reader* counted of *transport*. To be called once, after the final drain."""
        unseen = reader.count_lost() if reader is not None else {}
        delivered = reader.delivered if reader is not None else None
        if loaded is None:
            return cls(None, {}, delivered, None)
        account = loaded.account(transport)
        checksum = None
        if reader is not None:
            # What was lost unseen can be counted, but nobody has read its numbers.
            checksum = Checksum(account.seq_sum, account.refused_seq_sum, None if unseen else reader.seq_sum)
        return cls(account.attempted, {**account.failed_by_code, **unseen}, delivered, checksum, account.injected_ns)

    @property
    def failed(self) -> int | None:
        """Submissions that did not get through; None where nothing was attempted by anybody."""
        return None if self.attempted is None else sum(self.failed_by_code.values())

    def recording(self, wall_s: float, record_bytes: int) -> Recording:
        """Return the recording of a trial with this account, in a window of *wall_s* seconds, and nothing else.

        Whoever measured more adds it with dataclasses.replace().
        """
        return Recording(
            wall_s=wall_s,
            attempted=self.attempted,
            failed=self.failed,
            delivered=self.delivered,
            record_bytes=record_bytes,
            checksum=self.checksum,
        )
