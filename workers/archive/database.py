"""Opening the archive's database."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, QueuePool, create_engine, event
from sqlalchemy.engine import make_url

BUSY_TIMEOUT_MS = 10_000


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite URL; None for another database or one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def shown(url: str) -> str:
    """The URL without its password, for messages."""
    return make_url(url).render_as_string(hide_password=True)


def open_for_writing(url: str) -> Engine:
    """The engine of the archive worker. Makes the folder of a SQLite file; nothing is connected yet.

    SQLite: write-ahead log, so that readers and the writer never wait for one another, and a flush to
    disk at every commit, since the offset of what was written is committed next.
    """
    if file := sqlite_file(url):
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        _at_connect(engine, "journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}")
    return engine


def open_for_reading(url: str) -> Engine:
    """The engine of a reader, which can change nothing.

    SQLite: the file is not made where it is missing. It is not opened with ``mode=ro``: a reader has to
    take part in the write-ahead log's locking to see what the writer wrote last.
    """
    if file := sqlite_file(url):
        address = f"{file.absolute().as_uri()}?mode=rw"
        engine = create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
            poolclass=QueuePool,
        )
        _at_connect(engine, "query_only=ON", f"busy_timeout={BUSY_TIMEOUT_MS}")
        return engine
    return create_engine(url, pool_pre_ping=True).execution_options(postgresql_readonly=True)


def _at_connect(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
