"""What the archive says, once it is proven to be complete."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from aiokafka.errors import KafkaError
from sqlalchemy import Connection

from archive.completeness import completeness
from archive.reader import ArchiveReader
from contracts.terms.errors import Unavailable
from contracts.wire.topics import LEDGER
from network.broker.connection import Broker
from network.broker.topic_state import topic_state

T = TypeVar("T")

CATCH_UP_SECONDS = 10.0
PAUSE_SECONDS = 0.2


async def proven(archive: ArchiveReader, broker: Broker, question: Callable[[Connection], T]) -> T:
    """An answer, such as :func:`archive.reader.entries_of`'s, of an archive that has everything that was on
    the ledger's topic when this was called.

    Raises:
        Unavailable: the broker does not answer, or the archive is behind.
    """
    try:
        async with broker.consuming() as consumer:
            state = await topic_state(consumer, broker.topic(LEDGER))
    except (KafkaError, TimeoutError) as error:
        raise broker.unavailable(error) from None
    loop = asyncio.get_running_loop()
    until = loop.time() + CATCH_UP_SECONDS
    while True:
        answer, positions = await archive.ask(question)
        compared = completeness(
            positions, topic=state.topic, topic_id=state.topic_id, ends=state.ends, as_of=state.taken
        )
        if compared.complete:
            return answer
        if loop.time() > until:
            raise Unavailable(
                f"where ledgers end is not known, since the archive is incomplete: {compared.why}. "
                "Let its worker catch up, then try again"
            )
        await asyncio.sleep(PAUSE_SECONDS)
