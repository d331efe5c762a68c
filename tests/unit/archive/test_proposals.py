"""Orders that wait for a second person are found in the ledgers, and only while they wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from archive.proposals import waiting_in, waiting_orders
from contracts.terms.identifiers import OPERATOR
from tests.chains import chain, records
from tests.unit.seamless.operate.test_ordering import proposed
from workers.archive.store import ArchiveStore

OPENED: dict[str, Any] = {"kind": "opened"}
CLOSED = {"kind": "closed"}
ONE, OTHER = proposed(1, "release", step="statutory"), proposed(2, "cancel")
RELEASED = {"kind": "released", "actor": OPERATOR, "cause": "x#4", "content": {"confirms": "order-1"}}


@pytest.mark.parametrize(
    ("steps", "orders"),
    [
        ((OPENED,), []),
        ((OPENED, ONE), ["order-1"]),
        ((OPENED, ONE, OTHER), ["order-1", "order-2"]),
        ((OPENED, ONE, OTHER, RELEASED), ["order-2"]),
        pytest.param(
            (OPENED, ONE, RELEASED | {"kind": "refused"}), ["order-1"], id="refused, it confirms nothing"
        ),
        pytest.param((OPENED, ONE, RELEASED | {"actor": "platform"}), ["order-1"], id="nobody else confirms"),
        pytest.param((OPENED, ONE, OTHER, CLOSED), [], id="with its case everything ends"),
    ],
)
def test_what_waits_is_what_nobody_has_confirmed(
    steps: tuple[dict[str, Any], ...], orders: list[str]
) -> None:
    assert [each.order for each in waiting_in(chain(*steps))] == orders


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


@pytest.fixture
def store(file: Path) -> Iterator[ArchiveStore]:
    store = ArchiveStore(f"sqlite:///{file}")
    store.prepare()
    yield store
    store.close()


def asked(file: Path) -> list[tuple[str, str]]:
    with create_engine(f"sqlite:///{file}").connect() as db:
        return [(case, each.order) for case, each in waiting_orders(db)]


def test_they_are_found_in_every_open_case(store: ArchiveStore, file: Path) -> None:
    ledgers = [
        chain(*steps)
        for steps in ((OPENED, ONE, OTHER), (OPENED, ONE, CLOSED), (OPENED, ONE, RELEASED), (OPENED,))
    ]
    for entries in ledgers:
        store.write(records(entries))
    case = ledgers[0][0].case
    assert asked(file) == [(case, "order-1"), (case, "order-2")]


def test_an_older_archive_answers_without_the_index_and_gets_it(store: ArchiveStore, file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("drop index ledger_proposed")
    store.write(records(chain(OPENED, ONE)))
    assert len(asked(file)) == 1
    store.prepare()
    with sqlite3.connect(file) as db:
        plan = db.execute("explain query plan select distinct \"case\" from ledger where kind = 'proposed'")
        assert "ledger_proposed" in " ".join(map(str, plan))
