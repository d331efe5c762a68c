"""The pilot that a command is about, read from the archive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from archive.reader import ArchiveReader
from contracts.procedures.rebuilding import REBUILDING
from contracts.terms.errors import InvalidInput
from seamless.cli.archived import chosen
from seamless.rebuild.pilot import Pilot, Stage, read_pilot
from workers.process.settings import Settings


async def found(settings: Settings, reader: ArchiveReader, given: str | None) -> Pilot:
    """The pilot of this case id or number; without one, the pilot that was opened last.

    Raises:
        InvalidInput: there is none.
    """
    if given is None:
        rows = await reader.cases(procedure=REBUILDING.procedure, limit=1)
        if not rows:
            raise InvalidInput("no pilot in the archive; propose one: seamless pilot open --help")
        [row] = rows
    else:
        row = await chosen(settings, reader, given)
    if row.procedure != REBUILDING.procedure:
        raise InvalidInput(f"{row.case} is a case of {row.procedure}, and no pilot")
    entries = await reader.entries(row.case)
    now = datetime.now(UTC)
    pilot, _ = await reader.ask(lambda db: read_pilot(db, entries, now))
    return pilot


STANDING: Mapping[Stage, str] = {
    "approve": "it waits to be approved",
    "confirm": "it waits to be approved by a second person",
    "begin": "it is about to begin",
    "run": "it is being tried",
    "decide": "the committee is asked to decide on it",
    "end": "new cases are being switched over",
    "adopted": "it was adopted",
    "gone-back": "it was given up",
    "not-approved": "it was not approved",
    "not-possible": "it could not begin",
    "cancelled": "an operator has ended it",
}


def standing(pilot: Pilot) -> str:
    """How it stands, as part of a sentence."""
    return STANDING[pilot.stage]
