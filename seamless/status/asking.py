"""Querying all servers in parallel: if one does not answer, the others still do."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar, get_args

from sqlalchemy import Connection

from archive.choosing import (
    Choice,
    Holds,
    by_holder,
    calendars_in_use,
    count_open,
    holders_of,
    overdue_cases,
)
from archive.completeness import last_written
from archive.proposals import waiting_orders
from contracts.standing import Standing
from contracts.terms.errors import PLATFORM_FAULTS
from contracts.terms.identifiers import Party
from contracts.wire.dead_letter import SETTLED_BY, DeadLetter
from contracts.wire.topics import LEDGER
from network.broker.dead_letters import list_dead_letters
from network.broker.standing import standing_now
from network.broker.topic_state import topic_state
from seamless.status.calendars import calendars_of
from seamless.status.held import held_of
from seamless.status.processes import GATEWAY, gateways_of, queues_of, workers_of
from seamless.status.report import (
    Archived,
    CalendarEnd,
    Cases,
    Engine,
    Held,
    Holder,
    Letters,
    Need,
    PartyState,
    Proposed,
    Silent,
    Status,
    Stuck,
)
from seamless.status.silent import silent_of
from workers.process.checks.check import NotAnswered, answered, made
from workers.process.checks.every import ARCHIVE, CHECKS, KAFKA, TEMPORAL
from workers.process.checks.servers import Server, Servers
from workers.process.settings import Settings
from workers.watcher.stuck import StuckCases

T = TypeVar("T")

ASK_SECONDS = 15.0
STUCK_SECONDS = 60.0
"""How long one question may take; and the one for stuck cases, which compares all open cases with
Temporal."""

ASKED_FOR = 100
"""How many open cases that look well are asked for by themselves, those that were opened first."""
LOOKED_AT = 200
"""In so many overdue cases is looked for something that is held, in those that were due first."""

WRITING = {"clock-skew"}
"""The checks of ``seamless doctor`` that leave something behind."""

ENGINES: tuple[Server, ...] = get_args(Server)


async def status_of(settings: Settings) -> Status:
    """The current state of an installation, as far as its servers answer. Nothing is changed."""
    async with Servers(settings) as servers:
        reached = await servers.reach(ENGINES)
        engines = tuple(
            Engine(
                engine=server,
                address=servers.address(server),
                answers=not why,
                told=why or servers.answer(server),
            )
            for server, why in reached.items()
        )
        return await _Asking(servers, {server for server, why in reached.items() if why}).status(engines)


class _Open(NamedTuple):
    """What the archive says about the open cases."""

    open: int
    holds: Sequence[Holds]


class _Stopped(NamedTuple):
    """The stuck cases, and in how many of them each has something to do."""

    cases: Sequence[Stuck]
    holders: Mapping[Party, int]


class _Asking:
    """One round of questions."""

    def __init__(self, servers: Servers, away: Collection[Server]) -> None:
        self._servers = servers
        self._settings = servers.settings
        self._away = frozenset(away)
        self._now = datetime.now(UTC)
        self._not_known: dict[str, str] = {}

    async def status(self, engines: tuple[Engine, ...]) -> Status:
        """The answers, put together."""
        settings, queues = self._settings, queues_of(self._settings)
        async with asyncio.TaskGroup() as asking:
            setup = asking.create_task(self._setup())
            workers = asking.create_task(
                self._ask("workers", TEMPORAL, lambda: workers_of(self._servers.temporal, queues))
            )
            gateways = asking.create_task(self._ask("gateways", KAFKA, lambda: gateways_of(settings)))
            archived = asking.create_task(self._ask("archived", KAFKA | ARCHIVE, self._archived))
            cases = asking.create_task(self._ask("cases", ARCHIVE, self._cases))
            silent = asking.create_task(self._ask("silent", KAFKA | ARCHIVE, lambda: self._silent(cases)))
            calendars = asking.create_task(self._ask("calendars", ARCHIVE, self._calendars))
            letters = asking.create_task(
                self._ask("dead_letters", KAFKA, lambda: list_dead_letters(settings.broker))
            )
            standing = asking.create_task(
                self._ask("parties", KAFKA, lambda: standing_now(settings.broker, settings.directory))
            )
            orders = asking.create_task(
                self._ask("proposed", KAFKA | ARCHIVE, lambda: self._orders(standing))
            )
            stuck = asking.create_task(self._ask("stuck", TEMPORAL | ARCHIVE, self._stuck, STUCK_SECONDS))
            held = asking.create_task(self._ask("held", TEMPORAL | ARCHIVE, self._held))
        listed, ordered, in_force = letters.result(), orders.result(), standing.result()
        polling, carrying, stopped = workers.result(), gateways.result(), stuck.result()
        return Status(
            as_of=self._now,
            engines=engines,
            workers=(*(polling[0] if polling else ()), *(carrying[0] if carrying else ())),
            events=carrying[1] if carrying else None,
            archived=archived.result(),
            tasks=tuple(polling[1]) if polling else None,
            cases=self._with_stuck(cases.result(), stopped),
            silent=_tuple(silent.result()),
            stuck=None if stopped is None else tuple(stopped.cases),
            dead_letters=None if listed is None else _waiting(listed),
            proposed=None if ordered is None else (*ordered, *_proposed(listed or ())),
            parties=None if in_force is None else tuple(_in_force(in_force)),
            held=_tuple(held.result()),
            calendars=_tuple(calendars.result()),
            setup=setup.result(),
            outage_after_seconds=settings.outage_after_seconds,
            processes=(
                *(dict.fromkeys(each.process for each in queues) if polling else ()),
                *((GATEWAY,) if carrying else ()),
            ),
            not_known=dict(sorted(self._not_known.items())),
        )

    async def _ask(
        self,
        name: str,
        needs: frozenset[Server],
        question: Callable[[], Awaitable[T]],
        seconds: float = ASK_SECONDS,
    ) -> T | None:
        """The answer to a question; None where there is none, and why not is kept under its name."""
        if unreached := sorted(needs & self._away):
            self._not_known[name] = f"{' and '.join(unreached)} cannot be asked"
            return None
        try:
            return await answered(question(), seconds)
        except NotAnswered as error:
            self._not_known[name] = str(error)
        except Exception as error:  # the others are still reported
            self._not_known[name] = (
                f"asking failed, which is a fault of Seamless: report it: {type(error).__name__}: {error}"
            )
        return None

    async def _setup(self) -> tuple[Need, ...]:
        checks = [check for check in CHECKS if check.name not in WRITING]
        return tuple(
            Need(what=f"{each.check}: {each.compared}", see=each.cure)
            for each in await made(checks, self._servers, self._away)
            if each.result == "wrong"
        )

    async def _archived(self) -> Archived:
        broker, archive = self._settings.broker, self._servers.archive
        async with broker.consuming() as consumer:
            state = await topic_state(consumer, broker.topic(LEDGER))
        written, _ = await archive.ask(last_written)
        found = await archive.completeness(
            topic=state.topic, topic_id=state.topic_id, ends=state.ends, as_of=state.taken
        )
        return Archived(missing=found.missing, lost=found.lost, written=written)

    async def _cases(self) -> _Open:
        def read(db: Connection) -> _Open:
            return _Open(count_open(db), by_holder(db, Choice(), self._late))

        return (await self._servers.archive.ask(read))[0]

    async def _silent(self, cases: asyncio.Task[_Open | None]) -> list[Silent]:
        found = await asyncio.shield(cases)  # whose time is its own
        if found is None:
            raise NotAnswered(self._not_known["cases"])
        return await silent_of(self._settings, found.holds)

    async def _calendars(self) -> list[CalendarEnd]:
        in_use, _ = await self._servers.archive.ask(calendars_in_use)
        return calendars_of(self._settings, in_use, self._now)

    async def _orders(self, asked: asyncio.Task[Standing | None]) -> list[Proposed]:
        """The orders about cases and parties that wait for a second person."""
        of_cases, _ = await self._servers.archive.ask(waiting_orders)
        standing = await asyncio.shield(asked)  # whose time is its own
        if standing is None:
            raise NotAnswered(self._not_known["parties"])
        return [
            *(
                Proposed(kind="case", about=case, lever=each.entry.outcome or "", since=each.entry.recorded)
                for case, each in of_cases
            ),
            *(
                Proposed(kind="party", about=each.party, lever=each.order.lever, since=each.received)
                for each in standing.proposed
            ),
        ]

    async def _stuck(self) -> _Stopped:
        if self._settings.virtual_time:  # a log is replayed, on clocks that stand still for long
            return _Stopped((), {})
        checks = self._settings.directory.checks()
        archive = self._servers.archive
        found = await StuckCases(self._servers.temporal, archive, checks=checks, at_most=ASKED_FOR).find()
        holders, _ = await archive.ask(lambda db: holders_of(db, [each.case for each in found]))
        return _Stopped([Stuck(case=each.case, reason=each.reason) for each in found], holders)

    async def _held(self) -> list[Held]:
        if self._settings.virtual_time:
            return []
        cases, _ = await self._servers.archive.ask(lambda db: overdue_cases(db, self._now, LOOKED_AT))
        return await held_of(self._servers.temporal, cases)

    @property
    def _late(self) -> datetime:
        """What is due by then is overdue; nothing is, where cases live by the time of a log."""
        return datetime.min.replace(tzinfo=UTC) if self._settings.virtual_time else self._now

    def _with_stuck(self, found: _Open | None, stopped: _Stopped | None) -> Cases | None:
        if found is None:
            return None
        holders = []
        for each in found.holds:
            count = None if stopped is None else stopped.holders.get(each.holder, 0)
            holders.append(Holder(**each.model_dump(), stuck=count))
        return Cases(open=found.open, holders=tuple(holders))


def _waiting(letters: Sequence[DeadLetter]) -> tuple[Letters, ...]:
    """The dead letters that wait, by why they were refused."""
    waiting: defaultdict[str, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        if letter.state == "waiting":
            waiting[letter.reason].append(letter)
    return tuple(
        Letters(
            reason=reason,
            waiting=len(some),
            oldest=min(each.refused for each in some),
            holds=reason in PLATFORM_FAULTS,
        )
        for reason, some in sorted(waiting.items())
    )


def _proposed(letters: Sequence[DeadLetter]) -> list[Proposed]:
    """What is to become of dead letters, once a second person has confirmed it."""
    return [
        Proposed(
            kind="dead-letter",
            about=each.id,
            lever=SETTLED_BY[each.proposed.state],
            since=each.proposed.at,
        )
        for each in letters
        if each.state == "waiting" and each.proposed is not None
    ]


def _in_force(standing: Standing) -> Iterator[PartyState]:
    for party, order in standing.paused.items():
        yield PartyState(party=party, state="paused", since=order.received)
    for party, order in standing.quarantined.items():
        yield PartyState(party=party, state="quarantined", since=order.received)


def _tuple(found: list[T] | None) -> tuple[T, ...] | None:
    return None if found is None else tuple(found)
