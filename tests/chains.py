"""Ledgers as tests need them: whole ones, and the records that carry them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.terms.identifiers import CaseId, ProcedureId
from contracts.wire.envelope import Event
from contracts.wire.ledger import GENESIS, Erasable, LedgerEntry
from tests.applications import new_case
from workers.archive.store import LedgerRecord

START = datetime(2026, 3, 2, 1, tzinfo=UTC)


def chain(*steps: dict[str, Any], case: CaseId | None = None) -> list[LedgerEntry]:
    """A whole ledger: one sealed entry per step, which is what differs from a plain one."""
    case = case or new_case()
    entries: list[LedgerEntry] = []
    for sequence, step in enumerate(steps, start=1):
        at = START + timedelta(hours=sequence)
        content = step.get("content", {"number": sequence})
        data = Erasable(salt=f"{sequence:032x}", content=content)
        fields: dict[str, Any] = {
            "case": case,
            "sequence": sequence,
            "id": f"{case}/{sequence}",
            "procedure": ProcedureId("construction-permit"),
            "law": "2018-33",
            "kind": "reported",
            "actor": "platform",
            "occurred": at,
            "received": at,
            "recorded": at,
            "holders": ("system",),
            "data_digest": data.digest(),
            "data": data,
            "previous": entries[-1].hash if entries else GENESIS,
        }
        fields |= {name: value for name, value in step.items() if name != "content"}
        entries.append(LedgerEntry(**fields).sealed())
    return entries


def plain_chain(length: int, case: CaseId | None = None) -> list[LedgerEntry]:
    """A whole ledger of ``length`` entries, opened and not closed."""
    return chain({"kind": "opened"}, *({} for _ in range(length - 1)), case=case)


def records(entries: Sequence[LedgerEntry], *, offset: int = 0) -> list[LedgerRecord]:
    """The records that carry ``entries``, as the outbox writes them, from ``offset`` on."""
    return [record(entry, offset + number) for number, entry in enumerate(entries)]


def record(entry: LedgerEntry, offset: int = 0) -> LedgerRecord:
    """The record that carries one entry."""
    value, headers = Event(
        specversion="1.0",
        id=entry.id,
        source="urn:cn-demo:platform",
        type=LedgerEntry.type,
        subject=entry.case,
        time=entry.recorded,
        data=entry.model_dump(mode="json"),
    ).encode()
    return LedgerRecord("case.ledger", 0, offset, value, headers)
