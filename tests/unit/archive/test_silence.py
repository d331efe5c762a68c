"""What a case got by silence is known for ever: a decision of the law's, and answers that it supplied."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from archive.reader import ArchiveReader
from archive.silence import Silence, Silences, decided_by, silences_of
from archive.state import state_of
from contracts.terms.identifiers import CaseId, ProcedureId
from contracts.wire.ledger import LedgerEntry
from tests.chains import chain, records
from tests.replay.replaying import HISTORIES, ledger_of, load
from workers.archive.store import ArchiveStore

DEEMED = ledger_of(load(HISTORIES / "0.2.0" / "construction-permit.deemed.json"))
GRANTED = ledger_of(load(HISTORIES / "0.2.0" / "construction-permit.granted.json"))


def dutch(law: str, *steps: dict[str, Any]) -> list[LedgerEntry]:
    about = {"procedure": ProcedureId("environmental-permit"), "law": law}
    return chain(*({**about, **step} for step in ({"kind": "opened"}, *steps)))


OVERDUE = {"kind": "overdue", "outcome": "statutory", "basis": "Wabo art. 3.9(3)"}
PROMISED = {"kind": "overdue", "outcome": "promised"}
DECIDED = {"kind": "decided", "outcome": "granted"}
CLOSED = {"kind": "closed", "outcome": "granted", "holders": ()}

TACIT = dutch("wabo-2010", PROMISED, OVERDUE, DECIDED, CLOSED)
IN_TIME = dutch("wabo-2010", PROMISED, DECIDED, CLOSED)
LATE = dutch("omgevingswet-2024", PROMISED, OVERDUE, DECIDED, CLOSED)
"""Under that law an authority that is late owes a penalty payment, and still decides itself."""


def erased(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    return [entry.model_copy(update={"data": None}) for entry in entries]


def silences(folder: Path, *ledgers: list[LedgerEntry]) -> dict[CaseId, Silence]:
    url = f"sqlite:///{folder / 'archive.db'}"
    store = ArchiveStore(url)
    store.prepare()
    for entries in ledgers:
        store.write(records(entries))
    store.close()

    async def read() -> dict[CaseId, Silence]:
        reader = ArchiveReader(url)
        try:
            rows = await reader.cases()
            return dict((await reader.ask(lambda db: silences_of(db, rows)))[0])
        finally:
            await reader.close()

    return asyncio.run(read())


def test_whether_silence_decides_is_a_matter_of_the_law() -> None:
    assert decided_by("environmental-permit", "wabo-2010") == "granted"
    assert decided_by("environmental-permit", "omgevingswet-2024") is None
    assert decided_by("unheard-of", "wabo-2010") is None


@pytest.mark.parametrize(("ledger", "by_silence"), [(TACIT, True), (IN_TIME, False), (LATE, False)])
def test_a_decision_by_silence_is_distinguished_from_an_authority_s_own(
    ledger: list[LedgerEntry], by_silence: bool
) -> None:
    for entries in (ledger, erased(ledger)):
        assert state_of(entries).by_silence is by_silence
        followed = Silences()
        assert [followed.add(entry) for entry in entries].count(True) == by_silence


def test_an_answer_that_the_law_supplied_is_named() -> None:
    for entries in (DEEMED, erased(DEEMED)):
        deemed = state_of(entries).deemed
        assert deemed
        assert all(step.outcome and step.agency and step.how == "deemed" for step in deemed)
    assert state_of(GRANTED).deemed == ()


def test_the_archive_tells_it_of_many_cases_at_once(tmp_path: Path) -> None:
    found = silences(tmp_path, TACIT, IN_TIME, LATE, GRANTED, DEEMED)
    assert found == {
        TACIT[0].case: Silence(decided=True, deemed=0),
        DEEMED[0].case: Silence(decided=False, deemed=len(state_of(DEEMED).deemed)),
    }


def test_more_cases_than_one_query_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.batches.AT_ONCE", 2)
    many = [dutch("wabo-2010", OVERDUE, DECIDED) for _ in range(5)]
    assert set(silences(tmp_path, *many, IN_TIME)) == {entries[0].case for entries in many}
