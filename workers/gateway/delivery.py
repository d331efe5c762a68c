"""Giving an event to its case in Temporal, effectively once, and interpreting Temporal's response."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

import structlog
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from archive.completeness import ArchiveIncomplete
from contracts import attributes
from contracts.admission import CaseEvent, NewCase
from contracts.platform import (
    CASES_QUEUE,
    CONTENT_HASH,
    DELIVER,
    Delivered,
    Opened,
    opening_content,
    signal_of,
)
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.directory import Directory
from contracts.terms.errors import Refusal
from contracts.wire.canonical import sha256
from contracts.wire.ledger import LedgerEntry
from workers.gateway.assigning import Assigner, count_assigned
from workers.gateway.copies import is_made_of, is_of
from workers.gateway.soundness import Soundness
from workers.process.temporal import SIGNAL_LIMIT, is_of_namespace

log = structlog.get_logger(__name__)

Outcome = Literal["started", "delivered", "duplicate"]

RPC_TIMEOUT = timedelta(seconds=10)

LOOK_EVERY_EVENTS = 100
LOOK_EVERY_BYTES = 1024 * 1024
"""After how many events, or bytes, to one case its history is checked."""

HISTORY_BYTES_AT_MOST = 20 * 1024 * 1024
"""A run with more history takes no more events for now. Temporal ends a run at 50 MB."""

CASES_WATCHED = 10_000
"""How many cases are remembered with what was sent to them: those with the latest events."""

ENDED_OTHERWISE = {
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.CANCELED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TIMED_OUT,
}
"""How a case can end without having closed its ledger; then nothing will ever close it."""


class CaseHistory(Protocol):
    """What the archive knows of a case.

    Methods raise :class:`ArchiveIncomplete` instead of denying a case if the archive cannot prove it.
    """

    async def opening(self, case: str) -> LedgerEntry | None:
        """The first entry."""

    async def caused_by(self, case: str, cause: str) -> list[LedgerEntry]:
        """The entries that have this cause."""

    async def closed(self, case: str) -> bool:
        """Whether the case's ledger is closed."""


class CaseUnknown(Exception):
    """Neither Temporal nor the archive knows the case: its application may still be on its way."""


class NotYet(Exception):
    """The obstacle passes by itself: deliver again."""


class Delivery:
    """Gives events to cases.

    Each method may be called again with the same event, also after its answer was lost: a case id can be
    used only once, and a case drops an event that it has had.
    """

    def __init__(
        self,
        client: Client,
        archive: CaseHistory,
        *,
        directory: Directory,
        calendar_name: str,
        calendar_days: CalendarDays | None = None,
        spread: timedelta = timedelta(0),
        virtual_time: bool = False,
        soundness: Soundness | None = None,
        assigner: Assigner | None = None,
    ) -> None:
        """
        Args:
            calendar_name: the calendar version of new cases.
            calendar_days: its days, where it is none of the package's.
            spread: within which time after a limit has ended each case takes what follows.
            virtual_time: a log is replayed: a case's clock begins when its application was handed in.
            soundness: which procedures open cases; without it, all.
            assigner: which variant a pilot says; without it, none is asked.
        """
        self._client = client
        self._archive = archive
        self._directory = directory
        self._calendar = calendar_name
        self._days = calendar_days
        self._spread = spread
        self._virtual_time = virtual_time
        self._soundness = soundness
        self._assigner = assigner
        self._sent: dict[str, _Sent] = {}

    async def deliver(self, admitted: NewCase | CaseEvent) -> Outcome:
        """Give an admitted event to its case.

        Raises:
            Refusal: it can never take effect.
            CaseUnknown: there is no such case, or not yet.
            Exception: anything else passes by itself; deliver again.
        """
        if isinstance(admitted, NewCase):
            return await self._start(admitted)
        return await self._signal(admitted)

    async def _start(self, admitted: NewCase) -> Outcome:
        content = opening_content(admitted.item.procedure, admitted.application)
        content_hash = sha256(content)
        try:
            opening = await self._archive.opening(admitted.case)
        except ArchiveIncomplete as gap:
            absent = NotYet(f"{admitted.case} is not opened before the archive is complete: {gap}")
            return await self._of_known_case(admitted, content_hash, absent)
        if opening is not None:  # also when Temporal has long forgotten the case
            return _repeated(admitted, is_of(opening, content, admitted.event.key))
        if self._assigner is not None:
            admitted = await self._assigner.assigned(admitted, self._opens)
        if self._soundness and (refusal := await self._soundness.refusal_of(admitted)):
            return await self._of_known_case(admitted, content_hash, refusal)
        try:
            await self._client.start_workflow(
                admitted.item.workflow_type(admitted.variant),
                self._opened(admitted),
                id=admitted.case,
                task_queue=CASES_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo={CONTENT_HASH: content_hash},
                search_attributes=self._attributes(admitted),
                static_summary=attributes.summary(f"{admitted.item.name.en} / {admitted.item.name.zh}"),
                rpc_timeout=RPC_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            absent = NotYet(f"{admitted.case} is known to Temporal, and when asked it no longer was")
            return await self._of_known_case(admitted, content_hash, absent)
        count_assigned(admitted)
        return "started"

    async def _opens(self, admitted: NewCase) -> bool:
        """Whether Temporal does not know the case, and each variant of its law version opens cases."""
        for variant in admitted.law.variants:
            if self._soundness and await self._soundness.refusal_of(replace(admitted, variant=variant)):
                workflow_type = admitted.item.workflow_type(variant)
                log.warning("a pilot assigns no case: the check of a variant fails", broken=workflow_type)
                return False
        return await self._description(admitted.case) is None

    def _attributes(self, admitted: NewCase) -> TypedSearchAttributes:
        """The search attributes that the case starts with. A replay sets no others: nobody operates its
        cases, and their due times are in the log's time."""
        item = admitted.item
        known = {
            attributes.PROCEDURE: item.procedure,
            attributes.VARIANT: admitted.variant,
            attributes.LAW: admitted.law.id,
            attributes.CHANNEL: admitted.case.channel,
            attributes.LEAD_AGENCY: item.lead,
        }
        if not self._virtual_time:
            known[attributes.STAGE] = attributes.OPENED
        return TypedSearchAttributes(
            [
                SearchAttributePair(SearchAttributeKey.for_keyword(name), attributes.keyword(value))
                for name, value in known.items()
            ]
        )

    async def _of_known_case(self, admitted: NewCase, content_hash: str, absent: Exception) -> Outcome:
        """Whether an application repeats the one that Temporal has for its case.

        Args:
            absent: is raised where Temporal has none, which proves nothing: Temporal forgets.
        """
        known = await self._description(admitted.case)
        if known is None:
            raise absent
        return _repeated(admitted, await known.memo_value(CONTENT_HASH, None) == content_hash)

    def _opened(self, admitted: NewCase) -> Opened[object]:  # type: ignore[type-var]
        event = admitted.event
        # Parametrised, so that the application is written by its own model.
        return Opened[admitted.item.application](  # type: ignore[name-defined]
            case=admitted.case,
            procedure=admitted.item.procedure,
            law=admitted.law.id,
            variant=admitted.variant,
            variant_basis=admitted.variant_basis,
            assigned=admitted.assigned,
            administration=self._directory.administration,
            channel=admitted.case.channel,
            calendar=self._calendar,
            days=self._days,
            checks=self._directory.checks(),
            application=admitted.application,
            cause=event.key,
            secret=secrets.token_hex(32),
            occurred=event.time,
            received=admitted.received,
            traceparent=event.traceparent,
            tracestate=event.tracestate,
            intake=admitted.intake,
            behind=datetime.now(UTC) - admitted.received if self._virtual_time else timedelta(0),
            spread=self._spread,
        )

    async def _signal(self, admitted: CaseEvent) -> Outcome:
        event = Delivered(event=admitted.event, actor=admitted.actor, received=admitted.received)
        name, said = signal_of(event)
        if name == DELIVER:  # a case that is flooded can be ended all the same
            await self._check_room(admitted)
        try:
            await self._client.get_workflow_handle(admitted.case).signal(name, said, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if SIGNAL_LIMIT in error.message:
                detail = f"{admitted.case} takes no more events for now; replay this one later"
                raise Refusal("too-many-events", detail) from None
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            _check_namespace(error)
            return await self._of_no_running_case(admitted)
        return "delivered"

    async def _check_room(self, admitted: CaseEvent) -> None:
        """Check a case's history from time to time: Temporal would end a run whose history grows too large.

        Raises:
            Refusal: the run has too much history for now; a new run begins once the case has taken what
            waits.
        """
        sent = self._sent_to(admitted.case)
        sent.events, sent.bytes = sent.events + 1, sent.bytes + len(str(admitted.event.data))
        if sent.events < LOOK_EVERY_EVENTS and sent.bytes < LOOK_EVERY_BYTES:
            return
        known = await self._description(admitted.case)
        if known is None:
            return  # the signal will tell
        size = known.raw_info.history_size_bytes
        if size > HISTORY_BYTES_AT_MOST:
            detail = f"{admitted.case} has had {size:,} bytes of events and takes no more for now"
            raise Refusal("too-many-events", detail)
        sent.events = sent.bytes = 0

    def _sent_to(self, case: str) -> _Sent:
        sent = self._sent[case] = self._sent.pop(case, _Sent())  # now the last one
        if len(self._sent) > CASES_WATCHED:
            del self._sent[next(iter(self._sent))]
        return sent

    async def _of_no_running_case(self, admitted: CaseEvent) -> Outcome:
        """What an event means that Temporal has no running case for."""
        case = admitted.case
        try:
            if known := await self._archive.caused_by(case, admitted.event.key):
                if any(is_made_of(entry, admitted) for entry in known):
                    return "duplicate"
                if any(entry.kind != "refused" for entry in known):  # what was refused has used up no id
                    raise Refusal("id-reused", f"id: {admitted.event.id!r} is that of another event", "id")
            closed = await self._archive.closed(case)
        except ArchiveIncomplete as gap:
            raise NotYet(f"what became of {case} is not known before the archive is complete: {gap}") from gap
        if closed:
            raise Refusal("case-closed", f"{case} is closed; what comes after it is a new case")
        status = await self._status(case)
        if status is None:
            raise CaseUnknown(case)
        if status in ENDED_OTHERWISE:
            detail = (
                f"{case} was ended from outside ({status.name.lower()}); ask the operator of the platform"
            )
            raise Refusal("case-closed", detail)
        raise NotYet(f"the archive does not show yet how {case} ended")

    async def _status(self, case: str) -> WorkflowExecutionStatus | None:
        known = await self._description(case)
        return known.status if known else None

    async def _description(self, case: str) -> WorkflowExecutionDescription | None:
        try:
            return await self._client.get_workflow_handle(case).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                _check_namespace(error)
                return None
            raise


@dataclass
class _Sent:
    """What was sent to a case since its history was looked at."""

    events: int = 0
    bytes: int = 0


def _check_namespace(error: RPCError) -> None:
    """A namespace that does not exist is answered like a case that does not: it says nothing of the case.

    Raises:
        NotYet: it was the namespace.
    """
    if is_of_namespace(error):
        raise NotYet(f"Temporal has no such namespace: {error.message}")


def _repeated(admitted: NewCase, same: bool) -> Outcome:
    if same:
        return "duplicate"
    detail = f"{admitted.case} was opened with another application; mint a new case id for this one"
    raise Refusal("conflict", detail, "subject")
