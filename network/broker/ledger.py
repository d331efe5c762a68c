"""Following the ledger on its topic, as cases write it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Self

import structlog

from contracts.terms.errors import Refusal
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import LEDGER
from network.broker.connection import Broker
from network.broker.tail import TopicTail

log = structlog.get_logger(__name__)


class LedgerFollower:
    """An asynchronous iterator over ledger entries: of one case in order, each sequence once. It never ends.

    Faster than the archive, but not a proof: copies and forks that come after an entry are ignored.
    """

    def __init__(self, broker: Broker, *, from_start: bool = False, gather: bool = False) -> None:
        """
        Args:
            from_start: begin with the oldest entry there is, not with what is written from now on.
            gather: see :class:`TopicTail`.
        """
        self._tail = TopicTail(broker, [LEDGER], from_start=from_start, gather=gather)
        self._seen: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        """
        Raises:
            Unavailable: no broker answers, or it has no ledger.
        """
        await self._tail.__aenter__()
        return self

    @property
    def caught_up(self) -> bool:
        """Whether everything was read that was on the topic when it was entered."""
        return self._tail.caught_up

    def forget(self, case: str) -> None:
        """Drop what is remembered of a case that is of no more interest."""
        self._seen.pop(case, None)

    async def __aexit__(self, *raised: object) -> None:
        await self._tail.__aexit__(*raised)

    async def __aiter__(self) -> AsyncIterator[LedgerEntry]:
        async for record in self._tail:
            try:
                entry, _ = LedgerEntry.decode(record.value, record.headers)
            except Refusal as refusal:
                log.warning(
                    "no ledger entry", partition=record.partition, offset=record.offset, reason=str(refusal)
                )
                continue
            if entry.sequence > self._seen.get(entry.case, 0):
                self._seen[entry.case] = entry.sequence
                yield entry
