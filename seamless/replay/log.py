"""What a recorded case is made of, whatever log it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel

from contracts.terms.identifiers import AgencyId
from contracts.wire.envelope import Message
from contracts.wire.ledger import Kind, LedgerEntry
from seamless.replay.limits import LoggedLimit
from seamless.replay.traces import Trace


class LoggedStep(NamedTuple):
    """One recorded step that somebody outside the platform took.

    Attributes:
        activity: what the log calls it.
        time: when it happened, as the log says.
        agency: who took it; None is whoever applied, through the case's channel.
        message: what the event says that tells it.
        counts: it is a row of the log; an adapter may have to tell in two events what a row says in one.
    """

    activity: str
    time: datetime
    agency: AgencyId | None
    message: Message
    counts: bool = True


class LoggedAct(NamedTuple):
    """One recorded step that the platform has to take by itself: ``name`` is one of the adapter's acts."""

    activity: str
    time: datetime
    name: str


class LoggedCase(NamedTuple):
    """One recorded case.

    Attributes:
        reference: what the log calls the case.
        opening: the activity that opened it; None where the log tells of none.
        received: when that was.
        application: what was applied for, as it can be told from the log.
        steps: what others did, in order.
        acts: what the platform has to do.
        until: how far the case's clock is to be moved at least.
        closes: the log's end of the case is its end by law.
        limit: its limit as the log has it; None where it has none.
        noticed: for each row that tells of nothing that happened, what it is instead.
    """

    reference: str
    opening: str | None
    received: datetime
    application: BaseModel
    steps: list[LoggedStep]
    acts: list[LoggedAct]
    until: datetime
    closes: bool
    limit: LoggedLimit | None = None
    noticed: Sequence[str] = ()

    @property
    def events(self) -> int:
        """How many events the log has of it."""
        told = sum(step.counts for step in self.steps)
        return (self.opening is not None) + told + len(self.acts) + len(self.noticed)


class Adapter(NamedTuple):
    """How the logs of one procedure are read, and what its cases are asked when they have been replayed.

    Attributes:
        parties: the agencies that the procedure itself speaks to, whether a log tells of them or not.
        calendar: the calendar version of the authority whose log it is.
        read: makes a case of a trace. Raises ``ValueError`` (a ``ValidationError`` is one) where it is none.
        acts: what the platform does by itself, by name: kind and reason of its ledger entry.
        outcomes: how a case may be in the end, all of them.
        outcome_of: which of them it is, from its ledger.
        figures: further figures of a case, from its ledger, to be summed; of an empty ledger they are all 0.
    """

    parties: tuple[AgencyId, ...]
    calendar: str
    read: Callable[[Trace], LoggedCase]
    acts: Mapping[str, tuple[Kind, str]]
    outcomes: tuple[str, ...]
    outcome_of: Callable[[Sequence[LedgerEntry]], str]
    figures: Callable[[Sequence[LedgerEntry]], Mapping[str, int]]
