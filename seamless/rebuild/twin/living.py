"""A case of the twin in the real workflow code: outbox, fences, checks, timers, ledger; only no server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from archive.steps import ENDING, OPENING, How, Step, Steps
from contracts.platform import Closing, Delivered, Fence, FencePassed, Opened, Posting
from contracts.terms.identifiers import Party, RequestId
from contracts.terms.reports import REPORTS
from contracts.terms.requests import REQUESTS
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Money
from contracts.wire.envelope import Event, Message
from contracts.wire.ledger import PART, LedgerEntry
from contracts.wire.messages import Answered, Paid, Received, Reported, Requested, Supplemented
from contracts.wire.notices import FeeDue, Missing
from seamless.explore.driven import Driven
from seamless.explore.values import fields_of, in_json, money_in, plain
from seamless.town.answers import answers_to
from workflows.case import Procedure
from workflows.case.deadlines import Wait

Class = type[Procedure[Any]]


class Asked(NamedTuple):
    """Somebody has the case: who, and what may come of it.

    Attributes:
        step: its name, ``opening-restaurant.inspect-kitchen/1``.
        activity: what an event log calls it: ``inspect-kitchen``.
        holder: who has it.
        outcomes: all that may be said, the ordinary one first.
        check: an automated check answers.
        until: from then on it is too late, in seconds since 1970; None: it has no limit.
    """

    step: str
    activity: str
    holder: Party
    outcomes: tuple[str, ...]
    check: bool
    until: float | None

    @property
    def is_request(self) -> bool:
        """An agency was asked. Else it is something that somebody brings or reports."""
        return self.step.partition("/")[0] in REQUESTS


class Saying(NamedTuple):
    """What somebody says to a case about a step: how it ended; or, without an ``outcome``, that an officer
    has it."""

    step: str
    outcome: str | None
    officer: str | None = None


class Turn(NamedTuple):
    """What a case wants when it was told something, or time has passed.

    Attributes:
        asked: who has it now, by step: what is asked at the same instant has no other order.
        over: the steps that ended, and how, by step.
        closed: it is closed.
    """

    asked: tuple[Asked, ...] = ()
    over: tuple[tuple[str, How], ...] = ()
    closed: bool = False


def instant(at: float) -> datetime:
    """An instant in seconds since 1970, as the platform has it."""
    return datetime.fromtimestamp(at, UTC)


class LivingCase:
    """One case. Everything in time is in it when a fence asks, since nothing comes between.

    Attributes:
        opened: its input.
        told: all that was said to it, as the gateway would bring it.
    """

    def __init__(self, procedure: Class, item: ServiceItem, opened: Opened[Any]) -> None:
        self._item, self.opened = item, opened
        self.told: list[Delivered] = []
        self._read = 0
        self._steps = Steps()
        self._said: dict[str, Mapping[str, Callable[[], tuple[Party, Message]]]] = {}
        self._driven = Driven(procedure, opened, _pass)

    # --- what happens to it -----------------------------------------------------------------------------

    def begin(self) -> Turn:
        """What it wants when it is opened."""
        return self._turn()

    @property
    def due(self) -> float | None:
        """When its next timer rings."""
        timer = self._driven.next_timer
        return None if timer is None else timer.timestamp()

    def ring(self, at: float) -> Turn:
        """Let time pass: what is due by then takes effect."""
        self._driven.pass_time(instant(at))
        return self._turn()

    def say(self, saying: Saying, at: float) -> Turn:
        """Tell it something; what is due by then takes effect before."""
        self._driven.pass_time(instant(at))
        message: Message
        if saying.outcome is None:
            party, message = self._holder(saying.step), Received(officer=saying.officer)
        else:
            party, message = self._said[saying.step][saying.outcome]()
            if saying.officer is not None and isinstance(message, Answered):
                message = message.model_copy(update={"officer": saying.officer})
        self._hear(saying.step, party, message, instant(at))
        return self._turn()

    def end(self) -> None:
        """Let it go."""
        self._driven.end()

    def _hear(self, step: str, party: Party, message: Message, at: datetime) -> None:
        case = self.opened.case
        asked = party.kind == "agency" and step.partition("/")[0] in REQUESTS
        request = RequestId(f"{case}/{step}") if asked else None
        event = Event.of(
            message,
            id=f"{case}/{step}/{message.type}",
            source=party.source(self.opened.administration),
            case=case,
            time=at,
            request=request,
        )
        wait = self.waits.get(step)
        by_check = wait is not None and wait.is_check
        self.told.append(Delivered(event=event, actor=party, received=at, by_check=by_check))
        self._driven.hear(self.told[-1])

    # --- what it says -----------------------------------------------------------------------------------

    @property
    def postings(self) -> list[Posting]:
        """Its ledger, with the messages that left with each entry."""
        return self._driven.postings

    @property
    def entries(self) -> list[LedgerEntry]:
        """Its ledger."""
        return [posting.entry for posting in self.postings]

    @property
    def closing(self) -> Closing | None:
        """Its result; None while it is open."""
        return self._driven.closing

    @property
    def steps(self) -> list[Step]:
        """Its steps, as the archive reads them."""
        return list(self._steps.all.values())

    @property
    def waits(self) -> Mapping[str, Wait]:
        """What it waits for, as its code knows it."""
        return self._driven.case.journal.waits

    @property
    def has_stages(self) -> bool:
        """Whether a stage of its course is under way, which has a limit of its own."""
        return bool(self._driven.case.journal.stages)

    def _turn(self) -> Turn:
        new = self.postings[self._read :]
        self._read = len(self.postings)
        asked: dict[str, Asked] = {}
        over: list[tuple[str, How]] = []
        closed = False
        for posting in new:
            entry = posting.entry
            self._steps.add(entry)
            if entry.kind in OPENING and entry.step is not None:
                asked[entry.step] = self._asked(entry, entry.step)
            elif entry.kind in ENDING and entry.step in self._said and entry.outcome != PART:
                over.append((entry.step, ENDING[entry.kind]))
                del self._said[entry.step]
            closed = closed or entry.kind == "closed"
        ended = {step for step, _ in over}
        left = sorted(each for each in asked.values() if each.step not in ended)
        return Turn(tuple(left), tuple(sorted(over)), closed)

    def _asked(self, entry: LedgerEntry, step: str) -> Asked:
        content = entry.data.content if entry.data is not None else {}
        self._said[step] = dict(self._possible(entry, content))
        wait = self.waits.get(step)
        end = wait.end if wait is not None else None
        return Asked(
            step=step,
            activity=step.partition("/")[0].rpartition(".")[2],
            holder=self._holder(step),
            outcomes=tuple(self._said[step]),
            check=wait is not None and wait.is_check,
            until=None if end is None or (wait is not None and wait.is_check) else end.timestamp(),
        )

    def _holder(self, step: str) -> Party:
        return next(each.holder for each in reversed(self._steps.all.values()) if each.step == step)

    def _possible(
        self, entry: LedgerEntry, content: Mapping[str, Any]
    ) -> dict[str, Callable[[], tuple[Party, Message]]]:
        """What may be said, and who says it with which message, by outcome."""
        channel = Party.channel(self.opened.channel)
        match entry.kind:
            case "asked-applicant":
                missing = Missing.model_validate(content)
                return {"supplemented": lambda: (channel, self._supplement(missing))}
            case "fee-due":
                fee = FeeDue.model_validate(content)
                return {"paid": lambda: (channel, Paid(amount=fee.amount, reference=entry.id))}
            case "waiting":
                return {word: self._reported(word, entry) for word in content.get("reports", ())}
        asked = Requested.model_validate(content)
        agency = Party.agency(entry.agency or REQUESTS[asked.request].agency)
        day = entry.recorded.date()
        return {
            outcome: lambda answer=answer: (  # type: ignore[misc]
                agency,
                Answered(answer=answer.model_dump(mode="json")),
            )
            for outcome, answer in answers_to(asked, day).items()
        }

    def _supplement(self, missing: Missing) -> Message:
        possible = fields_of(self._item.application, missing.due.date())
        values = {
            each.field: next(value for value in possible[each.field] if value is not None)
            for each in missing.items
        }
        return Supplemented(application={name: in_json(value) for name, value in values.items()})

    def _reported(self, word: str, entry: LedgerEntry) -> Callable[[], tuple[Party, Message]]:
        kind = REPORTS.get(word)

        def report() -> tuple[Party, Message]:
            if kind is None:
                currency = self._item.law_or_newest(self.opened.law).fees.currency
                known = [each for each in money_in(self.opened.application) if each.amount]
                amount = Money(amount=known[0].amount if known else Decimal(10), currency=currency)
                return Party.channel(self.opened.channel), Paid(amount=amount, reference=entry.id)
            agency = kind.by[0] if kind.by else self._item.lead
            content = plain(kind, entry.recorded.date())
            return Party.agency(agency), Reported(step=word, content=content.model_dump(mode="json"))

        return report


def _pass(fence: Fence) -> FencePassed:
    return FencePassed()
