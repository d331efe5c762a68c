"""Whether the archive has all that is on the ledger's topic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import Connection, func, select

from archive.tables import positions
from contracts.terms.errors import InvalidInput
from contracts.terms.values import Contract


class NoArchive(InvalidInput):
    """There is no archive in this place: no file, or no tables in it."""


class NoSteps(NoArchive):
    """The archive is an older worker's, which kept no steps, or other ones."""

    def __init__(self) -> None:
        super().__init__(
            "the archive has no steps yet: it is an older worker's. They are made from its ledger when "
            "`seamless worker archive` of this version begins"
        )


class ArchiveIncomplete(Exception):
    """The archive does not have something, and cannot prove that it would have it."""


class Position(NamedTuple):
    """How far the archive has read one partition of the ledger's topic.

    Attributes:
        topic, topic_id: which topic; see ``network/broker/topic_state.py``.
        next: the offset that it reads next.
        end: where the partition ended when the archive worker last saw it.
        lost: how many offsets were gone from the topic before the archive could read them.
    """

    topic: str
    topic_id: str
    next: int
    end: int
    lost: int


Positions = Mapping[int, Position]
"""By partition. None at all: the archive has read nothing, and knows of no topic."""


class ReadSoFar(Contract):
    """A partition: the archive has read up to ``position``, and it ends at ``end``."""

    partition: int
    position: int
    end: int


class Completeness(Contract):
    """What the archive has of its topic.

    Attributes:
        complete: it has all that was on the topic at ``as_of``, and always had.
        missing: offsets of the topic that it has not read.
        lost: offsets that it can never read, since the topic has dropped them.
        as_of: when the ends of the topic were asked for.
        topic: the ledger's topic that the archive was compared with.
        topic_id: the id of that topic.
        topic_id_matches: whether the archive was written from this topic, and not from one that was under
            its name before or on another broker. None: from none yet.
    """

    complete: bool
    missing: int
    lost: int
    as_of: AwareDatetime
    topic: str
    topic_id: str
    topic_id_matches: bool | None
    partitions: tuple[ReadSoFar, ...]

    @property
    def why(self) -> str:
        """Why it is not complete; empty if it is."""
        if self.complete:
            return ""
        if self.topic_id_matches is False:
            return f"it was written from another topic than the {self.topic} that the broker has now"
        reasons = [f"{self.missing} records of {self.topic} are not in it yet"] if self.missing else []
        if self.lost:
            reasons.append(f"{self.lost} records were gone from {self.topic} before it could read them")
        return "; ".join(reasons) or f"it has not read {self.topic} yet"


def completeness(
    found: Positions, *, topic: str, topic_id: str, ends: Mapping[int, int], as_of: AwareDatetime
) -> Completeness:
    """Compare positions with the ends of a topic, which were taken at ``as_of``, before the positions.

    A position is past the last record, and past the markers of transactions after it, as an end is.
    """
    matches = is_of(found, topic, topic_id) if found else None
    read = {partition: found[partition].next if partition in found and matches else 0 for partition in ends}
    missing = sum(max(0, end - read[partition]) for partition, end in ends.items())
    lost = sum(each.lost for each in found.values()) if matches else 0
    return Completeness(
        complete=matches is True and not missing and not lost,
        missing=missing,
        lost=lost,
        as_of=as_of,
        topic=topic,
        topic_id=topic_id,
        topic_id_matches=matches,
        partitions=tuple(
            ReadSoFar(partition=partition, position=read[partition], end=ends[partition])
            for partition in sorted(ends)
        ),
    )


def is_of(found: Positions, topic: str, topic_id: str) -> bool:
    """Whether all positions are of this topic."""
    return all((each.topic, each.topic_id) == (topic, topic_id) for each in found.values())


def unread(found: Positions) -> int:
    """How many offsets the archive lacks, by what its worker saw last; it may lack more."""
    return sum(max(0, each.end - each.next) + each.lost for each in found.values())


def last_written(db: Connection) -> datetime | None:
    """When the archive moved forward last; None: it never has."""
    moved: datetime | None = db.scalar(select(func.max(positions.c.moved)))
    return moved


def read_positions(db: Connection) -> dict[int, Position]:
    """The positions, as they are in the moment of the connection's transaction."""
    return {
        row.partition: Position(row.topic, row.topic_id, row.next, row.end, row.lost)
        for row in db.execute(select(positions))
    }
