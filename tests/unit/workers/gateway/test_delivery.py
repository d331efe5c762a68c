"""Opening cases: never a second one, whatever Temporal has forgotten and the archive lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from archive.completeness import ArchiveIncomplete
from contracts.admission import Admitted, Arrival, CaseEvent, admit
from contracts.platform import CANCEL, CONTENT_HASH, DELIVER, opening_content
from contracts.terms.directory import load_directory
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import OPERATOR, CaseId, Party, ProcedureId
from contracts.wire.canonical import sha256
from contracts.wire.envelope import Event
from contracts.wire.ledger import GENESIS, Erasable, Kind, LedgerEntry, recordable
from contracts.wire.messages import Answered, Applied, Corrected, Reported
from contracts.wire.orders import CancelOrdered, ResendOrdered
from contracts.wire.topics import events_topic, inlets_of
from tests.applications import application, event, new_case
from workers.gateway import delivery as delivery_module
from workers.gateway.delivery import CaseUnknown, Delivery, NotYet
from workers.process.settings import Settings

INLET = next(
    inlet for inlet in inlets_of(load_directory()) if inlet.topic == events_topic(Party.channel("portal"))
)
AGENCY = next(
    inlet for inlet in inlets_of(load_directory()) if inlet.topic == events_topic(Party.agency("planning"))
)
RULES = Settings().rules


class Archive:
    """An archive that knows nothing but ``entries`` of one cause; ``gap``: and cannot prove it."""

    def __init__(self, gap: str = "", entries: Sequence[LedgerEntry] = (), *, closed: bool = False) -> None:
        self._gap = gap
        self._entries = list(entries)
        self._closed = closed

    def _prove(self) -> None:
        if self._gap:
            raise ArchiveIncomplete(self._gap)

    async def opening(self, case: str) -> LedgerEntry | None:
        self._prove()
        return None

    async def caused_by(self, case: str, cause: str) -> list[LedgerEntry]:
        self._prove()
        return [entry for entry in self._entries if entry.cause == cause]

    async def closed(self, case: str) -> bool:
        self._prove()
        return self._closed


class Description:
    def __init__(self, content_hash: str) -> None:
        self.status = WorkflowExecutionStatus.TERMINATED
        self._content_hash = content_hash

    async def memo_value(self, key: str, default: object) -> object:
        return {CONTENT_HASH: self._content_hash}.get(key, default)


class Temporal:
    """A server that runs nothing; it may remember one ended case."""

    def __init__(self, remembered: Description | None = None) -> None:
        self.remembered = remembered
        self.started = 0

    async def start_workflow(self, *_: object, **__: object) -> None:
        self.started += 1

    def get_workflow_handle(self, case: str) -> Temporal:
        return self

    async def describe(self, **_: object) -> Description:
        if self.remembered is None:
            raise RPCError("not found", RPCStatusCode.NOT_FOUND, b"")
        return self.remembered

    async def signal(self, *_: object, **__: object) -> None:
        raise RPCError("no running workflow", RPCStatusCode.NOT_FOUND, b"")


def delivery(temporal: Temporal, archive: Archive) -> Delivery:
    return Delivery(
        cast(Client, temporal), archive, directory=load_directory(), calendar_name=Settings().calendar
    )


def an_application() -> Admitted:
    case = new_case()
    data = {"procedure": "construction-permit", "application": application().model_dump(mode="json")}
    said = event(Party.channel("portal"), Applied.type, case, data)
    value, headers = said.encode()
    return admit(Arrival(INLET, case.encode(), value, tuple(headers), datetime.now(UTC)), RULES)


def a_report() -> Admitted:
    case = new_case()
    said = event(Party.agency("planning"), Reported.type, case, {"step": "site visited", "officer": "p-1"})
    value, headers = said.encode()
    return admit(Arrival(AGENCY, case.encode(), value, tuple(headers), datetime.now(UTC)), RULES)


def hash_of(admitted: Any) -> str:
    return sha256(opening_content(admitted.item.procedure, admitted.application))


async def test_a_case_is_opened_when_the_archive_proves_that_there_is_none() -> None:
    temporal = Temporal()
    assert await delivery(temporal, Archive()).deliver(an_application()) == "started"
    assert temporal.started == 1


async def test_no_case_is_opened_that_an_incomplete_archive_may_know() -> None:
    temporal = Temporal()
    with pytest.raises(NotYet, match="7 records"):
        await delivery(temporal, Archive("7 records are missing")).deliver(an_application())
    assert temporal.started == 0


async def test_the_same_application_again_is_a_duplicate() -> None:
    admitted = an_application()
    known = delivery(Temporal(Description(hash_of(admitted))), Archive("gone"))
    assert await known.deliver(admitted) == "duplicate"


async def test_another_application_under_a_known_case_is_a_conflict() -> None:
    with pytest.raises(Refusal) as refused:
        await delivery(Temporal(Description("another")), Archive("gone")).deliver(an_application())
    assert refused.value.reason == "conflict"


@pytest.mark.parametrize(
    ("now", "erased", "is_copy"),
    [("site visited", False, True), ("site not found", False, False), ("site not found", True, True)],
)
async def test_of_a_closed_case_a_copy_is_told_from_another_event_of_its_id(
    now: str, erased: bool, is_copy: bool
) -> None:
    said = a_report()
    assert isinstance(said, CaseEvent)
    entry = an_entry(said.event, erased=erased)
    event_now = said.event.model_copy(update={"data": {"step": now, "officer": "p-1"}})
    asked = delivery(Temporal(), Archive(entries=[entry])).deliver(replace(said, event=event_now))
    if is_copy:
        assert await asked == "duplicate"
    else:
        with pytest.raises(Refusal, match="id-reused"):
            await asked


@pytest.mark.parametrize(
    ("now", "erased", "is_copy"),
    [("site visited", False, True), ("site not found", False, False), ("site visited", True, False)],
)
async def test_of_a_closed_case_what_was_refused_has_used_up_no_id(
    now: str, erased: bool, is_copy: bool
) -> None:
    """Its sender may have put it right, and is told that the case is closed. What was refused itself, carried
    again, was answered then; once it is erased, nobody knows any more that this is it."""
    said = a_report()
    assert isinstance(said, CaseEvent)
    entry = an_entry(said.event, erased=erased, kind="refused", received=said.received)
    event_now = said.event.model_copy(update={"data": {"step": now, "officer": "p-1"}})
    archive = Archive(entries=[entry], closed=True)
    asked = delivery(Temporal(), archive).deliver(replace(said, event=event_now))
    if is_copy:
        assert await asked == "duplicate"
    else:
        with pytest.raises(Refusal, match="case-closed"):
            await asked


async def test_of_a_closed_case_what_was_refused_and_is_sent_again_is_told_that_it_is_closed() -> None:
    said = a_report()
    assert isinstance(said, CaseEvent)
    entry = an_entry(said.event, erased=False, kind="refused", received=said.received)
    delivering = delivery(Temporal(), Archive(entries=[entry], closed=True))
    with pytest.raises(Refusal, match="case-closed"):
        await delivering.deliver(replace(said, received=said.received + timedelta(minutes=1)))


async def test_of_a_closed_case_what_was_put_right_has_used_up_its_id() -> None:
    said = a_report()
    assert isinstance(said, CaseEvent)
    right = said.event.model_copy(update={"data": {"step": "site measured", "officer": "p-1"}})
    entries = [
        an_entry(said.event, erased=False, kind="refused", received=said.received),
        an_entry(right, erased=False),
    ]
    delivering = delivery(Temporal(), Archive(entries=entries, closed=True))
    assert await delivering.deliver(said) == "duplicate"
    assert await delivering.deliver(replace(said, event=right)) == "duplicate"
    third = said.event.model_copy(update={"data": {"step": "site sold"}})
    with pytest.raises(Refusal, match="id-reused"):
        await delivering.deliver(replace(said, event=third))


REVIEW = "construction-permit.review-planning"


@pytest.mark.parametrize("kind", ["answered", "late"])
@pytest.mark.parametrize(
    ("changes", "is_copy"),
    [
        ({}, True),
        ({"type": Corrected.type}, None),
        ({"requestid": "REVIEW/2"}, False),
        ({"data": {"answer": {"outcome": "consent"}}}, False),
        ({"data": {"answer": {"outcome": "consent"}, "officer": None}}, False),
    ],
)
async def test_of_a_closed_case_another_event_of_a_used_id_is_told_by_all_that_its_entry_shows(
    kind: Kind, changes: dict[str, Any], is_copy: bool | None
) -> None:
    """Its type, if an entry shows it; its request; and whether it named an officer."""
    case = new_case()
    data = {"answer": {"outcome": "consent"}, "officer": "p-1"}
    said = event(Party.agency("planning"), Answered.type, case, data)
    said = said.model_copy(update={"requestid": f"{case}/{REVIEW}/1"})
    entry = an_entry(said, erased=False, kind=kind, step=f"{REVIEW}/1")
    if "requestid" in changes:
        changes = {"requestid": f"{case}/{REVIEW}/2"}
    came = CaseEvent(said.model_copy(update=changes), case, datetime.now(UTC), Party.agency("planning"))
    asked = delivery(Temporal(), Archive(entries=[entry], closed=True)).deliver(came)
    if is_copy or (is_copy is None and kind == "late"):
        assert await asked == "duplicate"
    else:
        with pytest.raises(Refusal, match="id-reused"):
            await asked


def an_entry(
    said: Event,
    *,
    erased: bool,
    kind: Kind = "reported",
    received: datetime | None = None,
    step: str | None = None,
) -> LedgerEntry:
    """The entry of a ledger that an event caused."""
    data = Erasable(salt="a", content=recordable(said.data))
    at = said.time
    return LedgerEntry(
        case=CaseId(said.subject),
        sequence=2,
        id=f"{said.subject}/2",
        procedure=ProcedureId("construction-permit"),
        law="2018-33",
        kind=kind,
        step=step,
        actor=Party.agency("planning"),
        officer="0123456789abcdef" if said.data.get("officer") else None,
        cause=said.key,
        occurred=at,
        received=received or at,
        recorded=at,
        holders=(),
        data_digest=data.digest(),
        data=None if erased else data,
        previous=GENESIS,
    ).sealed()


@pytest.mark.parametrize("remembered", [None, Description("some")])
async def test_an_incomplete_archive_refuses_no_event(remembered: Description | None) -> None:
    with pytest.raises(NotYet):
        await delivery(Temporal(remembered), Archive("incomplete")).deliver(a_report())
    with pytest.raises(Refusal if remembered else CaseUnknown):
        await delivery(Temporal(remembered), Archive()).deliver(a_report())


class Listening(Temporal):
    """A server whose cases take every event; counts how often their history was looked at."""

    looks = 0

    async def signal(self, *_: object, **__: object) -> None:
        return

    async def describe(self, **_: object) -> Any:
        self.looks += 1
        return SimpleNamespace(raw_info=SimpleNamespace(history_size_bytes=0))


async def test_what_is_remembered_of_cases_is_bounded_and_a_busy_case_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery_module, "CASES_WATCHED", 5)
    monkeypatch.setattr(delivery_module, "LOOK_EVERY_EVENTS", 10)
    temporal = Listening()
    delivering = delivery(temporal, Archive())
    busy = a_report()
    for _ in range(20):
        await delivering.deliver(busy)
        for _ in range(3):  # each of a case of its own
            await delivering.deliver(a_report())
    assert temporal.looks == 2
    assert len(delivering._sent) == 5


# --- orders -------------------------------------------------------------------------------------------------


class Signalled(Temporal):
    """A server that runs every case, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.signals: list[tuple[str, Any]] = []

    async def signal(self, name: str, said: Any, **_: object) -> None:
        self.signals.append((name, said))


def an_order(kind: type[Any], **about: Any) -> CaseEvent:
    case = new_case()
    request = f"{case}/construction-permit.review-planning/1" if kind.about == "request" else None
    said = event(OPERATOR, kind.type, case, {"officer": "ling", "why": "a test"} | about, request=request)
    value, headers = said.encode()
    inlet = inlets_of(load_directory())[-1]
    admitted = admit(Arrival(inlet, case.encode(), value, tuple(headers), datetime.now(UTC)), RULES)
    assert isinstance(admitted, CaseEvent)
    return admitted


async def test_an_order_to_end_a_case_goes_before_everything_and_others_take_their_turn() -> None:
    temporal = Signalled()
    ending, resending = an_order(CancelOrdered), an_order(ResendOrdered)
    for admitted in (ending, resending):
        assert await delivery(temporal, Archive()).deliver(admitted) == "delivered"
    (first, cancellation), (second, delivered) = temporal.signals
    assert (first, second) == (CANCEL, DELIVER)
    assert (cancellation.by, cancellation.why, cancellation.order.event) == ("ling", "a test", ending.event)
    assert delivered.event == resending.event


async def test_an_order_about_a_closed_case_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        await delivery(Temporal(), Archive(closed=True)).deliver(an_order(CancelOrdered))
    assert refused.value.reason == "case-closed"
