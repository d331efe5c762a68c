"""The tables of the archive, in what SQLite and PostgreSQL have in common."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Double,
    Index,
    Inspector,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class Instant(TypeDecorator[datetime]):
    """An instant, always with its zone. SQLite knows no zones: there it is stored in UTC without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def digest(text: str) -> str:
    """What the tables know a text by that may be too long for an index: its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()


def _where(condition: ColumnElement[bool]) -> dict[str, Any]:
    """What the index covers: open cases are few among all cases."""
    return {"sqlite_where": condition, "postgresql_where": condition}


metadata = MetaData()

ledger = Table(
    "ledger",
    metadata,
    Column("case", String(200), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("cause", String(64), comment="SHA-256 of the entry's cause: a cause may be too long for an index"),
    Column("recorded", Instant, nullable=False),
    Column("entry", Text, nullable=False, comment="the entry as JSON, as it stood on the topic"),
)
"""Every entry. The key drops copies."""

Index("ledger_by_cause", ledger.c.case, ledger.c.cause)
Index("ledger_proposed", ledger.c.case, **_where(ledger.c.kind == "proposed"))

forks = Table(
    "forks",
    metadata,
    Column("case", String(200), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column(
        "digest", String(64), primary_key=True, comment="SHA-256 of the entry's text: a fork is kept once"
    ),
    Column("hash", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
)
"""Entries whose content differs from the entry that has their case and sequence."""

cases = Table(
    "cases",
    metadata,
    Column("case", String(200), primary_key=True),
    Column("procedure", String(200), nullable=False),
    Column("law", Text, nullable=False),
    Column("channel", String(200), nullable=False),
    Column("opened", Instant, nullable=False),
    Column("updated", Instant, nullable=False),
    Column("status", String(10), nullable=False),
    Column("outcome", Text),
    Column("holders", JSON, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("head", String(64), nullable=False),
)
"""Where each case is: a projection of ``ledger``, written in the same transaction."""

Index("cases_by_opening", cases.c.opened, cases.c.case)
Index("cases_open", cases.c.opened, cases.c.case, **_where(cases.c.status == "open"))
Index("cases_open_by_procedure", cases.c.procedure, **_where(cases.c.status == "open"))

steps = Table(
    "steps",
    metadata,
    Column("case", String(200), primary_key=True),
    Column(
        "sequence",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="of the entry that opened the step",
    ),
    Column("step", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("request", String(250)),
    Column("agency", String(200)),
    Column("third_party", Text),
    Column("referred_by", String(200)),
    Column("opened", Instant, nullable=False),
    Column("asked", Instant, nullable=False),
    Column("due", Instant),
    Column("provisional", Boolean, nullable=False),
    Column("basis", Text),
    Column("acknowledged", Instant),
    Column("escalated", Boolean, nullable=False),
    Column("ended", Instant),
    Column("how", String(10)),
    Column("outcome", Text),
    Column("reason", Text),
    Column("automated", Boolean),
)
"""Each step of each case, as :class:`archive.steps.Step` has it: a projection of ``ledger``, written in the
same transaction. Where it is empty, or an older build made it with other columns, the archive worker makes it
from ``ledger`` when it begins."""


def make_indexes(connection: Connection) -> None:
    """Make the indexes that the tables of an older worker lack. Nothing but speed depends on them."""
    for table in metadata.sorted_tables:
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            index.create(connection, checkfirst=True)


def is_current(table: Table, found: Inspector) -> bool:
    """Whether a database has a table with all the columns that it has here."""
    return found.has_table(table.name) and {column.name for column in table.columns} <= {
        column["name"] for column in found.get_columns(table.name)
    }


Index("steps_by_agency", steps.c.agency, steps.c.opened)
Index(
    "steps_open",
    steps.c.agency,
    steps.c.due,
    steps.c.asked,
    steps.c.case,
    steps.c.third_party,
    **_where(steps.c.ended.is_(None)),
)
"""Of open steps, who has them and until when: the index holds everything that queries need."""

strays = Table(
    "strays",
    metadata,
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("value", LargeBinary),
    Column("reason", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
)
"""Records of the ledger's topic that are not ledger entries, kept as they came."""

positions = Table(
    "positions",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("topic", String(249), nullable=False),
    Column("topic_id", String(36), nullable=False, comment="the UUID that the broker gave the topic"),
    Column("next", BigInteger, nullable=False, comment="the offset that is read next"),
    Column(
        "end", BigInteger, nullable=False, comment="where the partition ended when the worker last saw it"
    ),
    Column("lost", BigInteger, nullable=False, comment="offsets that were gone before they could be read"),
    Column("moved", Instant, nullable=False),
)
"""How far the ledger's topic is in ``ledger``, written in the transaction of the rows. Reading starts here:
a group's offsets on the broker would not go back with a backup that is restored."""

totals = Table(
    "totals",
    metadata,
    Column("total", String(100), primary_key=True),
    Column("first", String(100), primary_key=True),
    Column("second", String(100), primary_key=True),
    Column("value", Double, nullable=False),
)
"""What is counted of all cases, as :mod:`archive.totals` has it: written in the same transaction as what is
counted. Where it is empty, or an older build counted otherwise, the archive worker counts the whole ledger
when it begins."""
