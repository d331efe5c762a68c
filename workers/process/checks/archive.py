"""Check of the archive: it exists, is written from this ledger, and has lost nothing of it."""

from __future__ import annotations

from archive.completeness import NoArchive
from archive.database import shown
from contracts.wire.topics import LEDGER
from network.broker.topic_state import topic_state
from workers.process.checks.check import Finding, well, wrong
from workers.process.checks.servers import Servers


async def archive(servers: Servers) -> Finding:
    """What the archive has is of the ledger's topic on this broker. How far behind it is, is told; that is a
    matter of seconds while its worker runs."""
    settings = servers.settings
    topic = settings.broker.topic(LEDGER)
    compared = f"the archive {shown(settings.archive_url)} with {topic} on {settings.kafka}"
    if topic in (await servers.topics()).missing:
        return wrong(f"nothing: there is no topic {topic}", "make it with: seamless topics apply")
    async with settings.broker.consuming() as consumer:
        state = await topic_state(consumer, topic)
    try:
        found = await servers.archive.completeness(
            topic=state.topic, topic_id=state.topic_id, ends=state.ends, as_of=state.taken
        )
    except NoArchive as error:
        return wrong(
            f"{compared}: {error}",
            "start `seamless worker archive`, or set SEAMLESS_ARCHIVE or SEAMLESS_DATA to where it is",
        )
    if found.topic_id_matches is False:
        return wrong(
            f"{compared}: {found.why}",
            "set SEAMLESS_KAFKA or SEAMLESS_ARCHIVE to what belongs together, or start the archive worker on "
            "an empty database",
        )
    if found.lost:
        return wrong(f"{compared}: {found.why}", "see: seamless case verify --all")
    return well(f"{compared}: {found.missing} records are not in it yet")
