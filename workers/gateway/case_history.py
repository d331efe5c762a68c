"""What the gateway may conclude from the archive: that a case is unknown only where the archive proves it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Self, TypeVar

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from archive.completeness import ArchiveIncomplete, NoArchive, Positions, completeness, is_of
from archive.reader import ArchiveReader, entries_caused_by, is_closed, opening_of
from contracts.terms.errors import Unavailable
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import LEDGER
from network.broker.connection import Broker
from network.broker.topic_state import TopicState, topic_state

T = TypeVar("T")

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
"""How often the broker is asked where the ledger's topic ends."""

WATCH_SECONDS = 1.0
"""How often the archive is asked how far it has read. What it has read, it may not lack later."""

LAG_SECONDS = 900.0
"""An archive worker that is behind by less than this, or away, holds up no application. What was written to
the ledger after the archive's last record is then at most twice as old as this, and a case that was closed
so recently is still in Temporal, which keeps closed workflows for at least an hour."""

StateOf = Callable[[], Awaitable[TopicState]]


class Proof:
    """How far the archive must have read before it can prove that a case is unknown.

    - At first: up to the end of the topic, as it is when the proof begins.
    - From then on: up to where it was seen before (an old copy is not the archive any more), and up to the
      ends of the topic of :data:`LAG_SECONDS` ago.
    """

    def __init__(self, state: TopicState, now: float) -> None:
        """
        Args:
            state: how far the topic reaches.
            now: the moment, in seconds of a clock that never steps.
        """
        self._begin(state, now)

    def _begin(self, state: TopicState, now: float) -> None:
        self._state, self._looked = state, now
        self._required = dict(state.ends)
        self._pending, self._pending_since = state.ends, now

    def look(self, state: TopicState, now: float) -> None:
        """The topic reaches so far ``now``."""
        if (state.topic, state.topic_id) != (self._state.topic, self._state.topic_id):
            self._begin(state, now)
            return
        self._state, self._looked = state, now
        if now - self._pending_since >= LAG_SECONDS:
            self._require(self._pending)
            self._pending, self._pending_since = state.ends, now
        # A topic that lost its end is read again from its start; what is gone cannot be required.
        self._required = {
            partition: min(self._required.get(partition, 0), end) for partition, end in state.ends.items()
        }

    def check(self, found: Positions, now: float) -> None:
        """Return if an archive with these positions can prove that a case is unknown.

        Raises:
            ArchiveIncomplete: it cannot, and why.
        """
        if now - self._looked > LAG_SECONDS:
            raise ArchiveIncomplete(f"how far {self._state.topic} reaches could not be asked for long")
        compared = completeness(
            found,
            topic=self._state.topic,
            topic_id=self._state.topic_id,
            ends=self._required,
            as_of=self._state.taken,
        )
        if not compared.complete:
            raise ArchiveIncomplete(compared.why)
        self.seen(found)

    def seen(self, found: Positions) -> None:
        """The archive has read so far; one that has not is an old copy."""
        if is_of(found, self._state.topic, self._state.topic_id):
            self._require({partition: each.next for partition, each in found.items()})

    def _require(self, places: Mapping[int, int]) -> None:
        for partition, offset in places.items():
            self._required[partition] = max(offset, self._required.get(partition, 0))


class ProvenHistory:
    """The archive, as the gateway asks it. An event costs no call to the broker, which is asked separately.

    An answer and the positions that it is judged by are read in one transaction, so a copy that is restored
    in between is noticed with the first answer that it gives.
    """

    def __init__(
        self, archive: ArchiveReader, broker: Broker, *, clock: Callable[[], float] = monotonic
    ) -> None:
        """
        Args:
            clock: seconds, of a clock that never steps.
        """
        self._archive = archive
        self._broker = broker
        self._clock = clock
        self._proof: Proof | None = None
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to look at the topic. Nothing is proven before the first look."""
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def opening(self, case: str) -> LedgerEntry | None:
        """The entry that opened a case; None where it is proven that there is none."""
        return await self._ask(lambda db: opening_of(db, case))

    async def caused_by(self, case: str, cause: str) -> list[LedgerEntry]:
        """The entries of the case that have this cause; none where that is proven."""
        return await self._ask(lambda db: entries_caused_by(db, case, cause))

    async def closed(self, case: str) -> bool:
        """Whether the case's ledger is closed; False where that is proven."""
        return await self._ask(lambda db: is_closed(db, case))

    async def _ask(self, question: Callable[[Connection], T]) -> T:
        if self._proof is None:
            raise ArchiveIncomplete("how far the ledger's topic reaches is not known yet")
        try:
            answer, found = await self._archive.ask(question)
        except NoArchive as error:
            raise ArchiveIncomplete(str(error)) from None
        self._proof.check(found, self._clock())
        return answer

    async def _look(self) -> None:
        """Look at the topic at intervals, on a connection that is renewed when it fails."""
        while True:
            try:
                async with self._broker.consuming() as consumer:
                    while True:
                        self.observe(await topic_state(consumer, self._broker.topic(LEDGER)))
                        for _ in range(round(LOOK_SECONDS / WATCH_SECONDS)):
                            await self.watch()
                            await asyncio.sleep(WATCH_SECONDS)
            except (Unavailable, KafkaError, OSError, TimeoutError) as error:
                log.info("cannot ask how far the ledger's topic reaches", error=str(error))
                await asyncio.sleep(LOOK_SECONDS)

    async def watch(self) -> None:
        """Note how far the archive has read, whether or not anybody asks it."""
        with contextlib.suppress(NoArchive, SQLAlchemyError):
            found = await self._archive.positions()
            if self._proof is not None:
                self._proof.seen(found)

    def observe(self, state: TopicState) -> None:
        """The topic reaches so far now."""
        if self._proof is None:
            self._proof = Proof(state, self._clock())
        else:
            self._proof.look(state, self._clock())
