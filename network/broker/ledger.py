"""Following the ledger on its topic, as cases write it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Self

import structlog

from archive.records import inscription_of
from contracts.terms.errors import Refusal
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import LEDGER
from network.broker.tail import TopicTail

log = structlog.get_logger(__name__)


class LedgerFollower:
    """An asynchronous iterator over ledger entries: of one case in order, each sequence once. It never ends.

    Faster than the archive, and no witness: copies and forks that come after an entry are passed over.
    """

    def __init__(
        self, bootstrap: str, *, prefix: str = "", from_start: bool = False, unhurried: bool = False
    ) -> None:
        """
        Args:
            bootstrap: ``HOST:PORT`` of the broker.
            prefix: the administration's topic prefix.
            from_start: begin with the oldest entry there is, not with what is written from now on.
            unhurried: see :class:`TopicTail`.
        """
        self._tail = TopicTail(bootstrap, [prefix + LEDGER], from_start=from_start, unhurried=unhurried)
        self._seen: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        """
        Raises:
            UsageError: no broker answers, or it has no ledger.
        """
        await self._tail.__aenter__()
        return self

    def forget(self, case: str) -> None:
        """Nothing of this case is of interest any more: what it would be remembered by is let go."""
        self._seen.pop(case, None)

    async def __aexit__(self, *raised: object) -> None:
        await self._tail.__aexit__(*raised)

    async def __aiter__(self) -> AsyncIterator[LedgerEntry]:
        async for record in self._tail:
            try:
                entry = inscription_of(record.value, record.headers).entry
            except Refusal as refusal:
                log.warning(
                    "no ledger entry", partition=record.partition, offset=record.offset, reason=str(refusal)
                )
                continue
            if entry.sequence > self._seen.get(entry.case, 0):
                self._seen[entry.case] = entry.sequence
                yield entry
