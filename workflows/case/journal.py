"""The journal: what a case knows, and its only memory.

A procedure keeps no state but what its verbs returned, and each verb's outcome is kept here under its
step name. So a new run (continue-as-new) starts from the journal and fast-forwards: verbs that have an
outcome return it at once, waits that are open keep their request id and their absolute due times.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, PrivateAttr

from contracts.platform import Delivered
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.clock_marks import ClockMark
from contracts.terms.decisions import Grant, Refuse
from contracts.terms.fees import FeeLine
from contracts.terms.identifiers import AgencyId, Party
from contracts.terms.values import LARGEST_SUM, Money, absent
from contracts.wire.canonical import sha256
from contracts.wire.contact import Handling
from contracts.wire.envelope import Event
from contracts.wire.ledger import GENESIS
from workflows.case.deadlines import Deadline, Default, Stage, Wait

UNDECIDED_KEPT = 500
UNDECIDED_BYTES = 300_000
"""How many events, and bytes of them, may wait for what was due before them."""

FACTS_KEPT = 100
FACT_BYTES = 50_000
"""How many facts of one name, and bytes of them, are kept for a verb that may want them; one always is."""

PROPOSALS_KEPT = 20
"""How many orders may wait to be confirmed."""

QUESTIONS_KEPT = 20
"""How many questions one request may put to the applicant."""

FACTS_BYTES = 500_000
"""How many bytes of facts other than payments are kept in all."""

PAYMENT = "paid"
"""The name of a payment among the facts; a report's is ``reported:`` and its step."""

REFUSED = "!"
"""Stands before the mark of what an event said that was refused: its id is free for what is put right. When
the broker received it stands after that, in milliseconds: what is sent again later is looked at again."""


class Outcome(BaseModel):
    """How a step ended.

    Attributes:
        value: what its verb returns, as JSON; of a step that was ``broken-off``, the reason why, and none
            where the law has decided the case.
        said: a mark of what its verb said.
        asked: the agencies that were asked, the last of them last.
        fields: the fields of the application that the applicant was asked for.
        billed: the fees that were collected.
        handling: which officer answered, at which desk, where the agency said so.
    """

    how: Literal["answered", "deemed", "stopped", "lapsed", "broken-off", "done"]
    value: Any = None
    said: str | None = Field(default=None, exclude_if=absent)
    asked: tuple[AgencyId, ...] = Field(default=(), exclude_if=lambda value: not value)
    fields: tuple[str, ...] = Field(default=(), exclude_if=lambda value: not value)
    billed: tuple[FeeLine, ...] = Field(default=(), exclude_if=lambda value: not value)
    handling: Handling | None = Field(default=None, exclude_if=absent)


class Fact(BaseModel):
    """Something that a party said without being asked for it by request: a payment, a reported step.

    Attributes:
        entry: of one that is kept, the id of the ledger entry that records it.
    """

    name: str
    cause: str
    received: AwareDatetime
    data: dict[str, Any]
    entry: str | None = Field(default=None, exclude_if=absent)


class AskedQuestion(BaseModel):
    """A question that an agency has put to the applicant.

    Attributes:
        step: of the request that it is about.
        event: the id of the event that asked it.
        text: a mark of its text.
    """

    step: str
    agency: AgencyId
    event: str
    text: str


class Proposal(BaseModel):
    """An order that another person has to confirm.

    Attributes:
        ordered: a mark of what it says.
        officer: who gave it, by pseudonym.
    """

    ordered: str
    officer: str


class Publication(BaseModel):
    """A version of the calendar that was published, and when the case was told of it."""

    at: AwareDatetime
    days: CalendarDays


class Journal(BaseModel):
    """What a case knows; the module's docstring says what for.

    Attributes:
        outcomes: how each step ended, in the order in which they ended.
        waits: the steps that are open, in the order in which they were opened.
        facts: reports and payments that no verb has waited for yet.
        undecided: events that were heard and have not taken effect, in order: something was due before the
            broker had them, and waits for its fence.
        published: calendars that have not taken effect: something was due before, and waits for its fence.
        inbox: events that one run leaves to the next.
        seen: a mark of every event that came, with one of what it said.
        questions: what the applicant was asked by agencies, by the id of the ledger entry.
        references: a mark of every payment's reference.
        refundable: what was paid and did not go into a fee, by currency.
        involved: the agencies that take part in the case.
        sequence, head: number and hash of the last ledger entry.
        supplements: what the applicant handed in, by field of the application.
        decided, withdrawn: what has happened; a case that is decided cannot be withdrawn any more.
        clock: what has happened to the legal clock, in order.
        calendar: the days that the case counts with, where they were published since it was opened.
        deadlines: the limits of the case itself that run: ``statutory``, ``promised``, ``penalty``.
        stages: the stages of the course that are under way, by step.
        moment: when the broker received what the course knows last: what it does then counts from there.
        silence: the decision that the law takes the authority's silence for, once it has.
        default: the applicant's notice of default.
        proposals: the orders of operators that another person has to confirm, by the ids of their events.
    """

    outcomes: dict[str, Outcome] = Field(default_factory=dict)
    waits: dict[str, Wait] = Field(default_factory=dict)
    facts: list[Fact] = Field(default_factory=list)
    undecided: list[Delivered] = Field(default_factory=list)
    published: list[Publication] = Field(default_factory=list, exclude_if=lambda value: not value)
    inbox: list[Delivered] = Field(default_factory=list)
    seen: dict[str, str] = Field(default_factory=dict)
    questions: dict[str, AskedQuestion] = Field(default_factory=dict)
    references: dict[str, bool] = Field(default_factory=dict)
    refundable: dict[str, Decimal] = Field(default_factory=dict)
    involved: list[AgencyId] = Field(default_factory=list)
    sequence: int = 0
    head: str = GENESIS
    supplements: dict[str, Any] = Field(default_factory=dict)
    decided: bool = False
    withdrawn: bool = False
    clock: list[ClockMark] = Field(default_factory=list)
    calendar: CalendarDays | None = None
    deadlines: dict[str, Deadline] = Field(default_factory=dict)
    stages: dict[str, Stage] = Field(default_factory=dict)
    moment: AwareDatetime | None = None
    silence: Grant | Refuse | None = None
    default: Default | None = None
    proposals: dict[str, Proposal] = Field(default_factory=dict, exclude_if=lambda value: not value)
    _ordinals: Counter[str] = PrivateAttr(default_factory=Counter)

    def every_deadline(self) -> Iterator[Deadline]:
        """Everything that may be due, from the outside in: the limits of the case itself, the stages, the
        steps."""
        yield from self.deadlines.values()
        yield from self.stages.values()
        yield from self.waits.values()

    def next_due(self) -> Deadline | None:
        """What is due first, by its instant. At one instant comes first what was due earlier and was held;
        then it goes from the outside in, of each kind what began first."""
        found: list[tuple[datetime, datetime, int, Deadline]] = []
        for deadline in self.every_deadline():
            if rung := deadline.next_rung:
                found.append((rung.at, deadline.rungs[deadline.passed].at, len(found), deadline))
        return min(found)[-1] if found else None

    @property
    def verbs(self) -> int:
        """How many steps the course has begun in this run; it grows whenever the course goes on."""
        return self._ordinals.total()

    def next_step(self, name: str) -> str:
        """The step name of the next use of a verb: ``name`` and how often it was used.

        Never a running number over all verbs: an inserted ``ask`` must not rename the later ones.
        """
        self._ordinals[name] += 1
        return f"{name}/{self._ordinals[name]}"

    def steps(self, name: str) -> list[str]:
        """The steps of the uses of a verb up to here, in order; the same in every run."""
        return [f"{name}/{number}" for number in range(1, self._ordinals[name] + 1)]

    def upcoming(self, name: str) -> str:
        """The step that the next use of a verb will have."""
        return f"{name}/{self._ordinals[name] + 1}"

    def is_known(self, step: str) -> bool:
        """Whether a step was begun already, in an earlier run."""
        return step in self.outcomes or step in self.waits

    def remember(self, name: str, value: str) -> str:
        """``value``, or what was remembered in its place in an earlier run."""
        remembered = self.outcomes.setdefault(self.next_step(name), Outcome(how="done", value=value))
        return str(remembered.value)

    def hear(self, delivered: Delivered) -> Literal["new", "copy", "again", "other"]:
        """Whether this event was not heard before, and from now on it was; or was heard; or was refused and
        is sent again; or another one was heard that has its id. Of the last two nothing is remembered before
        :meth:`expect`."""
        said, known = delivered.event.digest[:10], self._heard(delivered.event)
        if said in known:
            return "copy"
        if refused := next((each for each in known if _content_of(each) == said), None):
            return "again" if _is_later(delivered, refused) else "copy"
        if any(not each.startswith(REFUSED) for each in known):
            return "other"
        self.expect(delivered.event)
        return "new"

    def expect(self, event: Event) -> None:
        """Remember that what this event said was heard, and is still to take effect."""
        self._mark_heard(event, event.digest[:10])

    def has_used_up(self, event: Event) -> bool:
        """Whether another event took effect that had this one's id; not one that is still to do so, and may
        be refused."""
        others = {each for each in self._heard(event) if not each.startswith(REFUSED)} - {event.digest[:10]}
        if not others:  # of nearly every event: what is undecided need not be searched
            return False
        return bool(
            others - {each.event.digest[:10] for each in self.undecided if each.event.key == event.key}
        )

    def refuse(self, delivered: Delivered) -> None:
        """Remember that what this event said was refused. Its id may be used again, to say it right, and what
        it said may be said again, when it may be in place."""
        self._mark_heard(
            delivered.event,
            f"{REFUSED}{delivered.event.digest[:10]}@{_milliseconds(delivered.received)}",
        )

    def _mark_heard(self, event: Event, mark: str) -> None:
        others = [each for each in self._heard(event) if _content_of(each) != _content_of(mark)]
        self.seen[_mark(event.key)] = " ".join([*others, mark])

    def _heard(self, event: Event) -> list[str]:
        return self.seen.get(_mark(event.key), "").split()

    def pay(self, reference: str) -> bool:
        """Whether this is the first payment of its reference; the next one is not."""
        mark = _mark(reference)
        first = mark not in self.references
        self.references[mark] = True
        return first

    def refund(self, amount: Money) -> None:
        """Remember that so much was paid and goes into no fee."""
        self.refundable[amount.currency] = min(
            self.refundable.get(amount.currency, Decimal(0)) + amount.amount, LARGEST_SUM
        )

    def without_room(self) -> list[Delivered]:
        """Take out the undecided events that there is no room for: the last ones of whoever sent most of
        them, so that nobody's flood takes the room of another."""
        sizes: Counter[Party] = Counter()
        for each in self.undecided:
            sizes[each.actor] += size_of(each)
        taken: list[Delivered] = []
        while len(self.undecided) > UNDECIDED_KEPT or sizes.total() > UNDECIDED_BYTES:
            most = max(sizes, key=lambda actor: (sizes[actor], actor))
            place = max(place for place, each in enumerate(self.undecided) if each.actor == most)
            taken.append(self.undecided.pop(place))
            sizes[most] -= size_of(taken[-1])
        return taken[::-1]

    def drop_later_copy(self, delivered: Delivered) -> bool:
        """Whether a copy of an event is undecided that the broker received later; it no longer is then."""
        for place, each in enumerate(self.undecided):
            later = each.event.key == delivered.event.key and delivered.received < each.received
            if later and each.event.digest == delivered.event.digest:
                del self.undecided[place]
                return True
        return False

    def keep(self, fact: Fact) -> bool:
        """Keep a fact until a verb wants it; false when there is no room for it.

        There is room for every payment: one too many for a place of its own is added to the last one in its
        currency. The ledger has each as it came.
        """
        alike = [each for each in self.facts if _alike(each, fact)]
        few = not alike or (len(alike) < FACTS_KEPT and _bytes([*alike, fact]) <= FACT_BYTES)
        if fact.name == PAYMENT:
            if not few:
                self.facts.remove(alike[-1])
                fact = _sum(alike[-1], fact)
        elif not few or _bytes([*(each for each in self.facts if each.name != PAYMENT), fact]) > FACTS_BYTES:
            return False
        self.facts.append(fact)
        return True


def places_of(outcomes: Mapping[str, Outcome]) -> dict[str, int]:
    """The place of each step among those that have ended; what was broken off together has the same."""
    places: dict[str, int] = {}
    before: Outcome | None = None
    place = 0
    for step, outcome in outcomes.items():
        together = before is not None and before.how == outcome.how == "broken-off"
        if not together or before is None or before.value != outcome.value:
            place += 1
        places[step], before = place, outcome
    return places


def _content_of(mark: str) -> str:
    """The part of an event's mark that tells what it said."""
    return mark.removeprefix(REFUSED).partition("@")[0]


def _is_later(delivered: Delivered, refused: str) -> bool:
    """Whether the broker received an event later than the copy of it that was refused; else it is that one,
    carried again. A mark of 0.2.0 does not tell."""
    _, _, stamp = refused.partition("@")
    return bool(stamp) and int(stamp) < _milliseconds(delivered.received)


def _milliseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def mark_of(said: Mapping[str, Any]) -> str:
    """A mark of what a verb said, to tell in a later run whether it says the same."""
    plain = {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        for name, value in said.items()
    }
    return sha256(plain)[:20]


def size_of(delivered: Delivered) -> int:
    """About how many bytes an event takes."""
    return 500 + len(str(delivered.event.data))


def _bytes(facts: Iterable[Fact]) -> int:
    return sum(200 + len(str(fact.data)) for fact in facts)


def _alike(one: Fact, other: Fact) -> bool:
    """Whether two facts share what room there is: those of a name, and of payments those in a currency."""
    if one.name != other.name:
        return False
    return one.name != PAYMENT or one.data["amount"]["currency"] == other.data["amount"]["currency"]


def _sum(one: Fact, other: Fact) -> Fact:
    """Two payments in one currency as one; it came when the later one came."""
    first, second = (Money.model_validate(each.data["amount"]) for each in (one, other))
    total = second.model_copy(update={"amount": min(first.amount + second.amount, LARGEST_SUM)})
    return other.model_copy(update={"data": other.data | {"amount": total.model_dump(mode="json")}})
