"""The offsets of one partition during one assignment: what is read, is finished and may be committed."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class _Read(NamedTuple):
    offset: int
    timestamp: float
    size: int


BYTES_AT_MOST = 64 * 1024 * 1024
"""How many bytes of unfinished records are kept of one partition."""


class Tracker:
    """Follows the records of one partition from reading to their end, in whatever order they end.

    What may be committed is the lowest offset still unfinished: after a crash, reading starts again there,
    so nothing is lost; what had ended beyond it is read again and changes nothing.

    A tracker lives as long as one assignment of its partition. Work that outlives the assignment finishes
    on the old tracker, where it moves nothing.
    """

    def __init__(self, window: int, *, reach: int = 20) -> None:
        """
        Args:
            window: how many records may be unfinished.
            reach: how many windows the newest record read may be ahead of the lowest unfinished one; it
                bounds what is read again when one record is stuck and the others are not.
        """
        self._window = window
        self._reach = window * reach
        self._unended: deque[_Read] = deque()  # from the lowest unfinished offset on
        self._finished: set[int] = set()  # those of them that have ended
        self._crowded: set[int] = set()  # those that wait behind many others of their case
        self._bytes = 0
        self._next: int | None = None
        self._committed: int | None = None

    def add(self, offset: int, timestamp: float, *, size: int = 0, crowded: bool = False) -> None:
        """A record was read.

        Args:
            timestamp: any clock, seconds; :attr:`oldest` gives it back.
            size: bytes.
            crowded: it waits behind many others of its case. It does not count for the window, so that one
            case with very many events does not keep the others from being read.

        Raises:
            ValueError: offsets of one assignment grow; this one does not.
        """
        if self._next is not None and offset < self._next:
            raise ValueError(f"offset {offset} was read after {self._next - 1}")
        self._unended.append(_Read(offset, timestamp, size))
        self._bytes += size
        if crowded:
            self._crowded.add(offset)
        self._next = offset + 1

    def skip_to(self, offset: int) -> None:
        """Nothing to read was found before ``offset``: the markers of transactions have offsets, too."""
        if self._next is None or offset > self._next:
            self._next = offset

    def finish(self, offset: int) -> None:
        """A record that was read has ended: it is durable in its case or among the dead letters."""
        self._finished.add(offset)
        self._crowded.discard(offset)
        while self._unended and self._unended[0].offset in self._finished:
            ended = self._unended.popleft()
            self._finished.remove(ended.offset)
            self._bytes -= ended.size

    def committed(self, offset: int) -> None:
        """The broker has stored ``offset``."""
        self._committed = offset if self._committed is None else max(offset, self._committed)

    @property
    def position(self) -> int | None:
        """The lowest unfinished offset; when all have ended, past the newest; ``None`` before the first."""
        return self._unended[0].offset if self._unended else self._next

    @property
    def committable(self) -> int | None:
        """The offset to commit now; ``None`` when the broker has it already. It never goes back."""
        position = self.position
        if position is None or (self._committed is not None and position <= self._committed):
            return None
        return position

    @property
    def unfinished(self) -> int:
        """How many records have been read and have not ended."""
        return len(self._unended) - len(self._finished)

    @property
    def oldest(self) -> float | None:
        """The timestamp of the lowest unfinished record."""
        return self._unended[0].timestamp if self._unended else None

    @property
    def full(self) -> bool:
        """Whether reading has to pause."""
        counted = self.unfinished - len(self._crowded)
        return counted >= self._window or self._span >= self._reach or self._bytes >= BYTES_AT_MOST

    @property
    def resumable(self) -> bool:
        """Whether reading may resume: half of the room is free, so that it does not pause at every record."""
        counted = self.unfinished - len(self._crowded)
        return (
            counted <= self._window // 2
            and self._span <= self._reach // 2
            and self._bytes <= BYTES_AT_MOST // 2
        )

    @property
    def _span(self) -> int:
        return self._next - self._unended[0].offset if self._next is not None and self._unended else 0
