"""The report of ``seamless status``, and what needs a person. The fields are those of ``--json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

from archive.choosing import Holds
from contracts.terms.identifiers import AgencyId, CaseId, Party

HERE_SECONDS = 90.0
"""A worker that waits for work asks Temporal again at least once a minute. Of one that was killed, Temporal
says for five minutes when it asked last."""

WAITED_SECONDS = 300.0
"""What has waited for a process so long waits for a person."""

BACKLOG = 1_000
"""So many events of one party that are not carried yet are more than a gateway keeps up with: a rush, or a
party that floods."""

CALENDAR_DAYS = 30
"""How many days before its published holidays end, a calendar needs somebody: what is asked for in the last
weeks of a year ends in the next one."""


HELD_PAGE = "docs/runbooks/SeamlessConsequencesHeld.md"
MENDS = {
    "broker-away": "docs/runbooks/SeamlessNotReady.md",
    "dead-letter-waits": "docs/runbooks/SeamlessDeadLettersHoldConsequences.md",
    "gateway-away": "seamless worker gateway",
    "gateway-behind": "docs/runbooks/SeamlessEventsWait.md",
}
"""What mends it that a consequence is held, by why it is."""


class Told(BaseModel):
    """A part of the report."""

    model_config = ConfigDict(frozen=True)


class Engine(Told):
    """A server that everything rests on.

    Attributes:
        told: what it answers; or why it does not, as far as one gets.
    """

    engine: Literal["kafka", "temporal", "archive"]
    address: str
    answers: bool
    told: str


class Worker(Told):
    """A process of the platform, as a server sees it.

    Attributes:
        process: ``orchestrator``, ``gateway``, ``department-<agency>``.
        host, pid, build: as far as it says so itself.
        seen: when it asked Temporal for work last; None where the server says only that it is connected.
    """

    process: str
    host: str | None
    pid: int | None
    build: str | None
    seen: datetime | None


class Events(Told):
    """What the gateways have still to carry.

    Attributes:
        records: of all topics; ``topics``: of each that has any.
        oldest: when the broker received the oldest of them.
        heartbeat: when a gateway said last that it, the broker and Temporal are well.
    """

    records: int
    topics: Mapping[str, int]
    oldest: datetime | None
    heartbeat: datetime | None


class Archived(Told):
    """How far the archive is.

    Attributes:
        missing: records of the ledger's topic that are not in it yet; ``lost``: that it can never have.
        written: when it was written last.
    """

    missing: int
    lost: int
    written: datetime | None


class Tasks(Told):
    """What waits on a task queue of Temporal for a worker: how many tasks, and for how long the oldest."""

    queue: str
    kind: Literal["workflow", "activity"]
    waiting: int
    oldest_seconds: float


class Holder(Holds):
    """What somebody has to do in open cases.

    Attributes:
        stuck: in how many of them nothing goes on by itself; None where that is not known.
    """

    stuck: int | None


class Cases(Told):
    """The open cases: how many, and who has something to do in them, whoever is overdue most, first."""

    open: int
    holders: tuple[Holder, ...]


class Silent(Told):
    """An agency that is late, and of which nothing has come since it was asked.

    Attributes:
        overdue: how many of its requests are past the end of their limit.
        asked: when it was given what it has had longest.
        heard: when the broker had its last word; None: there never was one, or it has ``left`` the directory.
    """

    agency: AgencyId
    overdue: int
    asked: datetime
    heard: datetime | None
    left: bool = False


class Stuck(Told):
    """A case that does not go on by itself, and why."""

    case: CaseId
    reason: str


class Letters(Told):
    """Dead letters of one reason that wait for somebody.

    Attributes:
        oldest: when the first of them was refused.
        holds: the platform may have been at fault, so they hold what follows from silence in their cases.
    """

    reason: str
    waiting: int
    oldest: datetime
    holds: bool


class Proposed(Told):
    """An order that waits for a second person to confirm it.

    Attributes:
        kind, about: the case, the party or the dead letter that it is about.
        lever: what is ordered; ``since``: when that was.
    """

    kind: Literal["case", "party", "dead-letter"]
    about: str
    lever: str
    since: datetime


class PartyState(Told):
    """A party about which an order is in force: nothing follows from its silence, or no event of it is
    admitted.

    Attributes:
        since: when it was ordered.
    """

    party: Party
    state: Literal["paused", "quarantined"]
    since: datetime


class Held(Told):
    """A case in which what follows from a deadline may not take effect yet, and why."""

    case: CaseId
    reason: str
    told: str


class CalendarEnd(Told):
    """A calendar that open or new cases count with.

    Attributes:
        ends: the last day whose holidays are published; None where these days are not known here, or have no
            dates. What ends later is provisional.
        days_left: how many days there are to it.
        cases: how many open cases count with it.
        new_cases: cases that are opened now count with it.
    """

    calendar: str
    ends: date | None
    days_left: int | None
    cases: int
    new_cases: bool


class Need(Told):
    """Something that needs a person: what is the matter, and where to look, or what to run."""

    what: str
    see: str


class Status(Told):
    """The whole report. A part that is None could not be asked for; ``not_known`` says why, by its name.

    Attributes:
        as_of: when it was asked for.
        setup: what the checks of ``seamless doctor`` that change nothing find wrong.
        processes: the kinds of processes of which one at least has to be there.
    """

    as_of: datetime
    engines: tuple[Engine, ...]
    workers: tuple[Worker, ...]
    events: Events | None
    archived: Archived | None
    tasks: tuple[Tasks, ...] | None
    cases: Cases | None
    silent: tuple[Silent, ...] | None
    stuck: tuple[Stuck, ...] | None
    dead_letters: tuple[Letters, ...] | None
    proposed: tuple[Proposed, ...] | None
    parties: tuple[PartyState, ...] | None
    held: tuple[Held, ...] | None
    calendars: tuple[CalendarEnd, ...] | None
    setup: tuple[Need, ...]
    outage_after_seconds: float
    processes: tuple[str, ...]
    not_known: Mapping[str, str]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def needs(self) -> tuple[Need, ...]:
        """What needs a person, as far as it is known."""
        return tuple(_needs(self))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def result(self) -> Literal["well", "needs-a-person", "away"]:
        """``away``: a server does not answer, so not everything is known. Where it cannot, not being set up
        as required, a person is needed."""
        if not all(each.answers for each in self.engines) or (self.not_known and not self.setup):
            return "away"
        return "needs-a-person" if self.needs else "well"

    def here(self, worker: Worker) -> bool:
        """Whether a process is still there."""
        return worker.seen is None or self.as_of - worker.seen <= timedelta(seconds=HERE_SECONDS)


def _needs(status: Status) -> Iterator[Need]:
    yield from (
        Need(what=f"{each.engine} is away: {each.told}", see="seamless doctor")
        for each in status.engines
        if not each.answers
    )
    yield from status.setup
    yield from _processes(status)
    yield from _lags(status)
    if status.stuck:
        told = _many(len(status.stuck), "case is stuck", "cases are stuck")
        yield Need(what=told, see="seamless case list --stuck")
    for silent in status.silent or ():
        late = _many(silent.overdue, "request is overdue", "requests are overdue")
        if silent.left:
            told = f"{silent.agency} has left the directory: {late}"
            yield Need(what=told, see=f"seamless case list --holder agency:{silent.agency}")
            continue
        last = "yet" if silent.heard is None else f"for {_span(status.as_of - silent.heard)}"
        yield Need(
            what=f"{silent.agency} is silent: {late}, and nothing has come from it {last}",
            see="docs/runbooks/SeamlessAgencySilent.md",
        )
    if status.dead_letters:
        count = sum(each.waiting for each in status.dead_letters)
        told = _many(count, "dead letter waits", "dead letters wait")
        yield Need(what=told, see="seamless dead-letter list")
    yield from _proposed(status.proposed or ())
    for reason, count in Counter(each.reason for each in status.held or ()).items():
        one, several = "consequence of a deadline is held", "consequences of deadlines are held"
        yield Need(what=f"{_many(count, one, several)}: {reason}", see=MENDS.get(reason, HELD_PAGE))
    for each in status.calendars or ():
        if each.days_left is not None and each.days_left < CALENDAR_DAYS:
            yield Need(
                what=f"the published holidays of {each.calendar} end on {each.ends}",
                see="seamless calendar publish --help",
            )


def _proposed(proposed: Sequence[Proposed]) -> Iterator[Need]:
    """What waits for a second person: where to see it, before confirming it."""
    for kind, shown in (("case", "case show"), ("party", "party list"), ("dead-letter", "dead-letter list")):
        if waiting := [each for each in proposed if each.kind == kind]:
            about = {"case": "cases", "party": "parties", "dead-letter": "dead letters"}[kind]
            one, several = f"order about {about} waits", f"orders about {about} wait"
            which = f" {waiting[0].about}" if kind == "case" else ""
            told = f"{_many(len(waiting), one, several)} for a second person"
            yield Need(what=told, see=f"seamless {shown}{which}")


def _processes(status: Status) -> Iterator[Need]:
    """The kinds of processes of which none is there."""
    here = {each.process for each in status.workers if status.here(each)}
    for process in status.processes:
        if process not in here:
            name, _, agency = process.partition("-")
            command = f"seamless worker {name}" + (f" --agency {agency}" if agency else "")
            yield Need(what=f"no {process} is there", see=command)


def _lags(status: Status) -> Iterator[Need]:
    now = status.as_of
    if (events := status.events) is not None:
        if events.oldest and (now - events.oldest).total_seconds() > WAITED_SECONDS:
            yield Need(
                what=f"an event has waited for the gateway for {_span(now - events.oldest)}",
                see="the gateway's log",
            )
        for topic, count in events.topics.items():
            if count > BACKLOG:
                yield Need(
                    what=f"{count:,} events on {topic} are not carried yet",
                    see="docs/runbooks/SeamlessPartyFloods.md",
                )
        silent = None if events.heartbeat is None else now - events.heartbeat
        if silent is not None and silent.total_seconds() > status.outage_after_seconds:
            yield Need(
                what=f"no gateway has been well for {_span(silent)}: what follows from silence is held",
                see="the gateway's log",
            )
    if (archived := status.archived) is not None:
        if archived.lost:
            yield Need(
                what=_many(archived.lost, "record is lost to the archive", "records are lost to the archive"),
                see="seamless case verify --all",
            )
        written = None if archived.written is None else (now - archived.written).total_seconds()
        if archived.missing and (written is None or written > WAITED_SECONDS):
            lacks = _many(archived.missing, "record", "records")
            yield Need(what=f"the archive lacks {lacks} and is not written", see="seamless worker archive")
    for each in status.tasks or ():
        if each.oldest_seconds > WAITED_SECONDS:
            waited = _span(timedelta(seconds=each.oldest_seconds))
            yield Need(
                what=f"a task of {each.queue} has waited for a worker for {waited}",
                see="seamless case list --stuck",
            )


def _many(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _span(span: timedelta) -> str:
    """A period of time in days, hours, minutes and seconds."""
    return str(timedelta(seconds=round(span.total_seconds())))
