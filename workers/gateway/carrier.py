"""Carrying one event until it is finished: into its case, or to the dead letters, with retries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import OperationalError
from temporalio.service import RPCError, RPCStatusCode

from activities.orders import count_refused
from contracts.admission import Admitted, Arrival, CaseEvent, NewCase, PartyOrder, admit
from contracts.terms.errors import PLATFORM_FAULTS, REASONS, Refusal, Unavailable
from contracts.terms.identifiers import OPERATOR, Party
from contracts.wire.dead_letter import Place
from workers.gateway.dead_letters import DeadLetterWriter, ReplayOf, attributes_of, case_of
from workers.gateway.delivery import CaseUnknown, Delivery, NotYet, Outcome
from workers.gateway.early_events import EarlyEvents, TooManyWait
from workers.gateway.metrics import CARRY_DELAY, DEAD_LETTERS, EVENTS, REFUSED
from workers.gateway.originals import Originals, ReplayedRecord
from workers.gateway.party_orders import PartyOrders
from workers.gateway.tracing import delivered, refused
from workers.process.settings import Settings

log = structlog.get_logger(__name__)
T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
LONGEST_EARLY_PAUSE = 2.0
CONCURRENT_DELIVERIES = 64
"""Concurrent calls to Temporal. More would only wait in the server, and time out there."""

LOG_AFTER, LOG_EVERY = 5, 12
"""Attempts after which a difficulty of a known kind is logged: after seconds, then about once a minute."""

FAULTS_AT_MOST = 6
"""After how many unexpected errors an event becomes an internal dead letter: some seconds."""

OURS = frozenset(
    {RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.OUT_OF_RANGE, RPCStatusCode.FAILED_PRECONDITION}
)
"""What Temporal answers when it will never take a call as it is."""

TRANSIENT = (RPCError, Unavailable, NotYet, OperationalError, OSError, TimeoutError)
"""Difficulties of a known kind, which need no traceback."""


def pauses(first: float, longest: float) -> Iterator[float]:
    """How long to wait before each next attempt, in seconds: doubling, without a last one."""
    pause = first
    while True:
        yield pause
        pause = min(2 * pause, longest)


class Carrier:
    """Carries events until they are finished. Holds only counts, so another copy of the process can take
    over."""

    def __init__(
        self,
        delivery: Delivery,
        dead_letters: DeadLetterWriter,
        originals: Originals,
        settings: Settings,
        orders: PartyOrders | None = None,
    ) -> None:
        """
        Args:
            originals: reads the records that dead letters came from.
            orders: those about parties; without them, none is taken.
        """
        self._delivery = delivery
        self._originals = originals
        self._orders = orders
        self._dead_letters = dead_letters
        self._rules = settings.rules
        self._free = asyncio.Semaphore(CONCURRENT_DELIVERIES)
        self._early = EarlyEvents(
            settings.early_event_seconds, settings.early_events, asyncio.get_running_loop().time
        )

    async def carry(self, arrival: Arrival, place: Place, read_at: float) -> None:
        """Return when the event is durable in its case or among the dead letters; however long that takes.

        Args:
            place: where its record stands.
            read_at: when it was read, on the event loop's clock.

        Raises:
            asyncio.CancelledError: and nothing else.
        """
        logger = log.bind(topic=place.topic, partition=place.partition, offset=place.offset)
        try:
            admitted = await self._persist(lambda: self._admit(arrival), logger)
            logger = logger.bind(case=admitted.event.subject, type=admitted.event.type)
            outcome = await self._take(admitted, place, arrival.inlet.party, read_at, logger)
        except Refusal as refusal:
            await self.refuse(arrival, place, refusal)
        else:
            EVENTS.labels(place.topic, outcome).inc()
            logger.debug("event carried", outcome=outcome)
        CARRY_DELAY.observe(max(0.0, time.time() - arrival.received.timestamp()))

    async def refuse(
        self, arrival: Arrival, place: Place, refusal: Refusal, *, replay_of: ReplayOf | None = None
    ) -> None:
        """Return when the record is among the dead letters and its sender is told; however long that
        takes."""
        logger = log.bind(topic=place.topic, partition=place.partition, offset=place.offset)

        async def write() -> None:
            await self._dead_letters.write(arrival, place, refusal, replay_of=replay_of)

        with refused(arrival, place, refusal):
            await self._persist(write, logger, without_end=True)
        DEAD_LETTERS.labels(refusal.reason).inc()
        EVENTS.labels(place.topic, REFUSED).inc()
        if arrival.inlet.party == OPERATOR:
            count_refused(attributes_of(arrival).get("type"))
        ours = refusal.reason in PLATFORM_FAULTS  # any other detail may quote the sender
        detail = {"detail": refusal.detail[:500]} if ours else {}
        logger.warning(
            "event refused",
            sender=str(arrival.inlet.party),
            case=case_of(arrival),
            reason=refusal.reason,
            why=REASONS[refusal.reason].en,
            **detail,
        )

    async def replay(self, record: ReplayedRecord, read_at: float) -> None:
        """Carry a dead letter again, as :meth:`carry`. Refused again it is a new one, which names the
        first."""
        logger = log.bind(replay_of=record.letter, replay=str(record.replay))
        arrival = Arrival(record.inlet, record.key, None, (), record.replayed)  # until its record is read
        try:
            arrival = await self._persist(lambda: self._originals.read(record), logger)
            admitted = await self._persist(lambda: self._admit(arrival), logger)
            await self._take(admitted, record.replay, arrival.inlet.party, read_at, logger)
        except Refusal as refusal:
            await self.refuse(arrival, record.replay, refusal, replay_of=record.origin)

    async def _admit(self, arrival: Arrival) -> Admitted:
        if self._orders is not None:
            self._orders.check(arrival.inlet.party)
        return admit(arrival, self._rules)

    async def _take(self, admitted: Admitted, place: Place, party: Party, read_at: float, logger: Any) -> str:
        """Let what was admitted take effect, where it belongs: what became of it."""
        if not isinstance(admitted, PartyOrder):
            deliver = partial(self._deliver, party=party, read_at=read_at, logger=logger)
            return await delivered(admitted, place, deliver)
        orders = self._orders
        if orders is None:
            raise Refusal("internal", "this gateway takes no orders about parties")
        return await self._persist(lambda: orders.take(admitted), logger)

    async def _deliver(
        self, admitted: NewCase | CaseEvent, party: Party, read_at: float, logger: Any
    ) -> Outcome:
        case = admitted.case
        try:
            return await self._attempt(admitted, logger)
        except CaseUnknown:
            self._early.missed(case, read_at)
        try:
            with self._early.waiting(party):
                outcome = await self._await_case(admitted, logger)
        except TooManyWait:
            raise self._unknown(case, "too many events wait for their cases, of this sender") from None
        self._early.found(case)
        return outcome

    async def _await_case(self, admitted: NewCase | CaseEvent, logger: Any) -> Outcome:
        """Deliver an event that was read before its case exists: the application comes on another topic."""
        for pause in pauses(FIRST_PAUSE, LONGEST_EARLY_PAUSE):
            await asyncio.sleep(min(pause, self._early.seconds_left(admitted.case)))
            try:
                return await self._attempt(admitted, logger)
            except CaseUnknown:
                if not self._early.seconds_left(admitted.case):
                    why = f"none was opened within {self._early.seconds:g} s"
                    raise self._unknown(admitted.case, why) from None
        raise AssertionError("pauses never end")

    def _unknown(self, case: str, why: str) -> Refusal:
        return Refusal("unknown-case", f"subject: there is no case {case}: {why}", "subject")

    async def _attempt(self, admitted: NewCase | CaseEvent, logger: Any) -> Outcome:
        async def deliver() -> Outcome:
            async with self._free:
                return await self._delivery.deliver(admitted)

        return await self._persist(deliver, logger)

    async def _persist(
        self, action: Callable[[], Awaitable[T]], logger: Any, *, without_end: bool = False
    ) -> T:
        """Repeat ``action`` until it ends in what it returns, a refusal or an unknown case.

        It waits without limit for a server that is away, overloaded or slow. Anything else is a fault of the
        platform: after some attempts it is a refusal, so that it holds back only this event.

        Args:
            without_end: also for a fault of ours there is nothing else to do.

        Raises:
            Refusal: of the action, or ``internal``.
        """
        faults = 0
        for attempt, pause in enumerate(pauses(FIRST_PAUSE, LONGEST_PAUSE)):
            fault: str | None = None
            try:
                return await action()
            except (Refusal, CaseUnknown):
                raise
            except TRANSIENT as error:
                if isinstance(error, RPCError) and error.status in OURS:
                    fault = f"Temporal does not take it: {error.status.name}: {error.message}"
                if isinstance(error, RPCError | TimeoutError):
                    self._early.unavailable()
                if attempt % LOG_EVERY == LOG_AFTER:
                    logger.warning(
                        "event waits", error=f"{type(error).__name__}: {error}", attempts=attempt + 1
                    )
            except Exception as error:
                fault = f"the platform failed: {type(error).__name__}: {error}"
                if faults == 0 or attempt % LOG_EVERY == 0:
                    logger.exception("unexpected error", attempts=attempt + 1)
            faults += fault is not None
            if fault and faults >= FAULTS_AT_MOST and not without_end:
                raise Refusal("internal", fault)
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")
