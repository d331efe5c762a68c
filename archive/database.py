"""Opening the archive's database."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from contracts.terms.errors import InvalidInput

BUSY_TIMEOUT_MS = 10_000


def open_for_writing(url: str) -> Engine:
    """The engine of the archive worker. Makes a SQLite file and its folder; nothing is connected yet.

    SQLite: write-ahead log, so that readers and the writer never wait for one another, and a flush to
    disk at every commit, since what was written is not read from the topic again.

    Raises:
        InvalidInput: the URL is none, or its driver is not installed.
    """
    if _parsed(url).get_backend_name() != "sqlite":
        return _engine(url, isolation_level="READ COMMITTED")
    file = sqlite_file(url)
    engine = _on_file(file, "rwc") if file else _engine(url, connect_args={"isolation_level": None})
    _at_connect(engine, "journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}")
    _at_begin(engine, "BEGIN IMMEDIATE")
    return engine


def open_for_reading(url: str) -> Engine:
    """The engine of a reader, which can change nothing. Everything that one connection reads is of one
    moment.

    SQLite: the file is not made where it is missing. It is not opened with ``mode=ro``: a reader has to
    take part in the write-ahead log's locking to see what the writer wrote last.

    Raises:
        InvalidInput: the URL is none, or its driver is not installed.
    """
    file = sqlite_file(url)
    if file is None:
        return _engine(url, isolation_level="REPEATABLE READ").execution_options(postgresql_readonly=True)
    engine = _on_file(file, "rw")
    _at_connect(engine, "query_only=ON", f"busy_timeout={BUSY_TIMEOUT_MS}")
    _at_begin(engine, "BEGIN")
    return engine


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite URL; None for another database or one in memory."""
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def shown(url: str) -> str:
    """The URL without its password, for messages."""
    return _parsed(url).render_as_string(hide_password=True)


class NoFile(sqlite3.OperationalError):
    """There is no such file."""


class _FileConnection(sqlite3.Connection):
    """A connection that remembers which file it is on: a path may name another file later."""

    identity: tuple[int, int] | None = None


def _on_file(file: Path, mode: Literal["rw", "rwc"]) -> Engine:
    """An engine whose connections use the file that has this name now.

    A process that kept using a file that was deleted, or moved away for a backup, would read and write what
    nobody else sees.
    """

    def connect() -> sqlite3.Connection:
        try:
            return opened()
        except OSError as error:  # such as a folder that may not be made
            raise sqlite3.OperationalError(str(error)) from None

    def opened() -> sqlite3.Connection:
        if mode == "rwc":  # its owner's alone: it holds personal data; SQLite's other files take after it
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        address = f"{file.absolute().as_uri()}?mode={mode}"
        while True:
            before = _identity(file)
            if before is None and mode == "rw":
                raise NoFile(f"there is no file {file}")
            connection = sqlite3.connect(
                address, uri=True, check_same_thread=False, isolation_level=None, factory=_FileConnection
            )
            connection.identity = _identity(file)
            if before in (None, connection.identity):
                return connection
            connection.close()

    engine = _engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "checkout")
    def still_there(connection: Any, *_: object) -> None:
        try:
            replaced = connection.identity != _identity(file)
        except OSError:  # such as a folder that may not be entered any more: connecting again will say so
            replaced = True
        if replaced:
            raise DisconnectionError("the archive's file was replaced")  # the pool connects again

    return engine


def _identity(file: Path) -> tuple[int, int] | None:
    """What distinguishes a file from another one of the same name; None when there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _engine(url: str, **settings: Any) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, **settings)  # no data in messages
    except (ArgumentError, ImportError) as error:
        raise InvalidInput(f"cannot use the archive {shown(url)}: {error}") from None


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # a port that is not a number, too
        raise InvalidInput(
            "the archive's address is not an SQLAlchemy URL, such as sqlite:///archive.db"
        ) from None


def _at_connect(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _at_begin(engine: Engine, statement: str) -> None:
    """Begin SQLite's transactions ourselves: the driver begins none for a SELECT or a CREATE TABLE."""

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)
