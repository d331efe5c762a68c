"""What passes between the gateway, a case, and the platform's own activities, by way of Temporal."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from contracts.pilots import ASSIGNING, Assignment
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.decisions import Decision
from contracts.terms.identifiers import (
    STANDARD,
    AdministrationId,
    AgencyId,
    CaseId,
    ChannelId,
    Party,
    ProcedureId,
    VariantId,
)
from contracts.terms.values import Contract, Sha256, Text, absent
from contracts.wire.canonical import sha256
from contracts.wire.contact import Intake
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.orders import CancelOrdered
from contracts.wire.tracing import Trace, TraceParent, TraceState

A = TypeVar("A", bound=BaseModel)

Secret = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""256 random bits in hexadecimal."""

CASES_QUEUE = "cases"
"""The task queue of the orchestrator: the cases and the platform's own activities."""

DELIVER = "deliver"
"""The signal of a case that carries an event for it."""

CANCEL = "cancel"
"""The signal of a case by which an operator ends it; takes a :class:`Cancellation`."""

PUBLISH_CALENDAR = "publish-calendar"
"""The signal of a case that brings a new version of its calendar; takes
:class:`contracts.terms.calendar_days.CalendarDays`."""

CLOSE_LEDGER = "close-ledger"
"""The workflow that closes the ledger of a case whose workflow is gone; takes a :class:`Batch`, returns
:class:`Published`."""

_CASES = f"TaskQueue = '{CASES_QUEUE}' AND WorkflowType != '{CLOSE_LEDGER}' AND WorkflowType != '{ASSIGNING}'"

OPEN_CASES = f"ExecutionStatus = 'Running' AND {_CASES}"
"""How Temporal is asked to list the open cases: the other workflows of their task queue are no cases."""

BROKEN_CASES = f"ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled') AND {_CASES}"
"""How it is asked to list the cases that have a run which did not end by itself."""

PUBLISH = "publish"
"""The outbox activity; takes a :class:`Batch`, returns :class:`Published`."""

AWAIT_GATEWAY = "await-gateway"
"""The fence activity; takes a :class:`Fence`, returns :class:`FencePassed`."""

CONTENT_HASH = "content"
"""The memo of a case: the hash of its application, to distinguish a repeat from a conflict."""


def agency_queue(agency: str) -> str:
    """The task queue of an agency's automated checks."""
    return f"agency.{agency}"


def opening_content(procedure: str, application: BaseModel) -> dict[str, Any]:
    """What an application says, as it is in a case's first ledger entry. Two events with the same
    content ask for the same case; other content under the same case id is a conflict."""
    return {"application": application.model_dump(mode="json"), "procedure": procedure}


class Delivered(Contract):
    """An event that the gateway hands to a case.

    ``actor`` is the party whose topic it came from (``agency:<id>``, ``channel:<id>``, ``operator``), checked
    by the gateway; ``received`` is the broker's append time.

    ``by_check``: a department's worker has answered. It came from no topic, and nobody reads a reply to it.
    """

    event: Event
    actor: Party
    received: AwareDatetime
    by_check: bool = Field(default=False, exclude_if=lambda value: value is False)


class Opened(Contract, Generic[A]):
    """The input of a case: everything that must not change while the case runs.

    ``law`` is the law version, which the case keeps to its end; ``calendar``, the calendar version that it
    counts with until a later one is published, and ``days`` are that version's, where it is none of the
    package's: no worker needs a file. ``variant`` is its way of working, ``variant_basis`` why it was opened
    in that one, and ``assigned`` how a pilot assigned it. ``checks`` are the agencies that took part by an
    automated check when it was opened.
    ``secret`` is drawn by the gateway and stands nowhere else: the salts of the ledger's entries come from
    it. ``behind`` is how much earlier the case's clock is than Temporal's: nothing, except where a log is
    replayed. ``intake`` is how the application came in. ``carried`` is what one run hands to the next, the
    case library's own.
    ``spread``: what follows from the end of a limit takes effect within this time after it, in each case at a
    different time, since all limits of a day end at the same midnight.
    """

    case: CaseId
    procedure: ProcedureId
    law: str
    variant: VariantId = STANDARD
    variant_basis: Text | None = Field(default=None, exclude_if=absent)
    assigned: Assignment | None = Field(default=None, exclude_if=absent)
    administration: AdministrationId
    channel: ChannelId
    calendar: str
    days: CalendarDays | None = Field(default=None, exclude_if=absent)
    checks: tuple[AgencyId, ...] = ()
    application: A
    cause: str
    secret: Secret = Field(repr=False)
    occurred: AwareDatetime
    received: AwareDatetime
    traceparent: TraceParent = Field(default=None, exclude_if=absent)
    tracestate: TraceState = Field(default=None, exclude_if=absent)
    behind: timedelta = Field(default=timedelta(0), exclude_if=lambda value: not value)
    spread: timedelta = Field(default=timedelta(0), exclude_if=lambda value: not value)
    intake: Intake = Field(default=Intake(), exclude_if=lambda value: value == Intake())
    carried: dict[str, Any] | None = Field(default=None, exclude_if=absent)

    def is_check(self, party: Party) -> bool:
        """Whether a party is an agency that takes part by an automated check; a channel may have its name."""
        return party.kind == "agency" and party.id in self.checks


class Cancellation(Contract):
    """An operator ends a case: who, and why. The applicant and the agencies that were asked are told why.
    ``order`` is the operator's event, where the gateway brought it."""

    by: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    why: Text
    order: Delivered | None = Field(default=None, exclude_if=absent)


def signal_of(delivered: Delivered) -> tuple[str, Delivered | Cancellation]:
    """The signal that brings an event to its case. An order to end it has one of its own, since it goes
    before everything that waits: also before what the case fails at."""
    if delivered.event.type != CancelOrdered.type:
        return DELIVER, delivered
    order = CancelOrdered.model_validate(delivered.event.data)
    return CANCEL, Cancellation(by=order.officer, why=order.why, order=delivered)


class Closing(Contract):
    """The result of a case: its decision and the end of its ledger."""

    case: CaseId
    decision: Decision
    entries: int
    ledger_hash: Sha256


class Letter(Contract):
    """One message that leaves with a ledger entry. Without ``data`` it carries the entry's; without ``id`` it
    is identified by the entry and its place among the entry's letters."""

    topic: str
    type: str
    id: str | None = Field(default=None, exclude_if=absent)
    data: dict[str, Any] | None = Field(default=None, exclude_if=absent)


class Posting(Contract):
    """A ledger entry and the messages that are its publication; ``trace``: what they follow from."""

    entry: LedgerEntry
    letters: tuple[Letter, ...] = ()
    trace: Trace | None = Field(default=None, exclude_if=absent)


class Batch(Contract):
    """All that one activation of a case sends, in order."""

    administration: AdministrationId
    postings: tuple[Posting, ...]


class Published(Contract):
    """What the outbox published. The case compares it with what its code gave to the outbox, and in replays.

    Attributes:
        head: the hash of the batch's last entry; it stands for all that the entries up to it say.
        letters: a digest of the letters that left with them.
        run: the run of the case that had it published. After a Reset it is another one than the case's.
    """

    head: Sha256
    letters: Sha256
    run: str

    @classmethod
    def of(cls, batch: Batch, run: str) -> Self:
        """What is published when ``run`` publishes ``batch``."""
        letters = [[each.model_dump(mode="json") for each in posting.letters] for posting in batch.postings]
        return cls(head=batch.postings[-1].entry.hash, letters=sha256(letters), run=run)


class Outage(Contract):
    """A period in which the platform could not be reached: its broker, its gateway or Temporal was away."""

    began: AwareDatetime
    ended: AwareDatetime


class FencePassed(Contract):
    """What the fence found: everything in time is in the case, so the consequence may bind.

    Attributes:
        held_until: it may bind only from then on, since an agency from whose silence it follows is paused,
            or was shortly before the deadline or over it; or since the platform was away then. What the
            broker has by then counts, too. None: it may bind now.
        outage: why it is held, where the platform was away.
        paused: since when the agency was paused, or is, for which it is held.
    """

    held_until: AwareDatetime | None = Field(default=None, exclude_if=absent)
    outage: Outage | None = Field(default=None, exclude_if=absent)
    paused: AwareDatetime | None = Field(default=None, exclude_if=absent)


class Fence(Contract):
    """Wait until the gateway has carried everything that the broker had received by ``deadline`` on
    ``topics``, in every partition, into its case; and until no dead letter that may be the platform's fault
    waits for ``case``.

    Attributes:
        topics: what arrived there in time may change what follows, whoever it is from.
        awaited: those of them on which it could have been ended: what follows, follows from silence there.
            While an agency that speaks there is paused, it is held. None: a case of an older build asks.
    """

    case: CaseId
    deadline: AwareDatetime
    topics: tuple[str, ...]
    awaited: tuple[str, ...] | None = Field(default=None, exclude_if=absent)

    @property
    def silent(self) -> tuple[str, ...]:
        """The topics of those from whose silence something follows."""
        return self.topics if self.awaited is None else self.awaited
