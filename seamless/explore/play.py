"""One run of an explored case: brought to where it was, then moved on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any, cast

from contracts.platform import Cancellation, Closing, Delivered, Opened, Outage
from contracts.terms.identifiers import Party, RequestId
from contracts.wire.envelope import Event, Message
from contracts.wire.ledger import LedgerEntry
from seamless.explore.frames import Standing, standing
from seamless.explore.graph import Move
from seamless.explore.lines import Lines
from seamless.explore.patches import Patches
from seamless.explore.turning import Turned, Turning
from workflows.case import Procedure
from workflows.case.case import Case
from workflows.case.journal import Journal

TURNS = 10_000
"""How many times something may be due before anything comes of it."""


class Play:
    """A case in one run, on no server.

    Attributes:
        runtime: what stands in for Temporal.
        heard: what was said to it last.
    """

    heard: Delivered | Cancellation | None = None

    def __init__(
        self,
        procedure: type[Procedure[Any]],
        opened: Opened[Any],
        at: datetime,
        lines: Lines,
        *,
        whole: bool = False,
        patches: Patches | None = None,
    ) -> None:
        """
        Args:
            opened: the case's input; what it carries is where it was.
            at: what its clock shows.
            lines: notes the lines that run.
            whole: the case is played to its end in this run; what it runs through is not noted.
            patches: whether it goes by changed code; it does, unless given.
        """
        self._opened, self._lines = opened, lines
        self._loop = Turning()  # type: ignore[abstract]  # what a case needs of one
        (patches or Patches(begun_before=False)).of(self._loop)
        self.runtime = Turned(self._loop, at, whole=whole)
        self._procedure = procedure(self.runtime)
        run = cast("Any", self._procedure).run
        self._task = self._loop.create_task(run(opened))
        if opened.carried is None and not whole:
            with self._watched():
                self.runtime.turn()
        else:
            self.runtime.turn()

    @property
    def case(self) -> Case:
        """The case."""
        return self._procedure._case

    @property
    def journal(self) -> Journal:
        """What it knows."""
        return self.case.journal

    @property
    def fault(self) -> str | None:
        """Why its task failed; None where it did not."""
        if not self._task.done():
            return None
        if self._task.cancelled():
            return "CancelledError: its task was cancelled"
        error = self._task.exception()
        return None if error is None else f"{type(error).__name__}: {error}"

    @property
    def new(self) -> Sequence[LedgerEntry]:
        """The entries that this run added to its ledger."""
        waiting = [recorded.entry for recorded in self.case.outbox._waiting]
        return [*(posting.entry for posting in self.runtime.postings), *waiting]

    @property
    def closing(self) -> Closing | None:
        """The case's result, where this run was played to its end."""
        return cast("Closing", self._task.result()) if self._task.done() else None

    @property
    def standing(self) -> Standing:
        """The position of its course."""
        return standing(self._loop.tasks, self.journal)

    def do(self, move: Move, *, watched: bool = True) -> None:
        """Make a move.

        Args:
            watched: note the lines that run by it; that takes as long again.
        """
        self.runtime.outage = self.runtime.spared = self.heard = None
        with self._watched() if watched else nullcontext():
            match move.does:
                case "cancels":
                    self.heard = Cancellation(by="operator", why="example")
                    self._procedure.cancel(self.heard)
                    self.runtime.turn()
                case "silence" | "outage":
                    self._passes(away=move.does == "outage")
                case "law":
                    self._reaches_the_law()
                case _ if move.message is not None:
                    self._hears(move.message, move.who, move.step)

    def _watched(self) -> AbstractContextManager[None]:
        return self._lines.watched()

    def _hears(self, message: Message, sender: Party, step: str | None) -> None:
        """Something is said to the case, as the gateway brings it; a check's answer, as the case does."""
        case, wait = self._opened.case, self.journal.waits.get(step or "")
        request = RequestId(f"{case}/{step}") if step and sender.kind == "agency" else None
        by_check = wait is not None and wait.is_check
        event = Event.of(
            message,
            id=f"{request}/answered" if by_check else f"e{self.journal.sequence}",
            source=sender.source(self._opened.administration),
            case=case,
            time=self.runtime.time,
            request=request,
        )
        self.heard = Delivered(event=event, actor=sender, received=self.runtime.time, by_check=by_check)
        self._procedure.deliver(cast("Any", self.heard))
        self.runtime.turn()

    def _passes(self, *, away: bool) -> None:
        """Time passes until something that was waited for has ended, or the course goes on."""
        was = self._situation()
        if away:
            end = min(each.end for each in self.journal.waits.values() if each.end is not None)
            self.runtime.outage = Outage(began=self.runtime.time, ended=end + timedelta(minutes=1))
        for _ in range(TURNS):
            due = self._next()
            if due is None:
                return
            self.runtime.time = max(self.runtime.time, due)
            self.runtime.turn()
            if self._situation() != was:
                return

    def _reaches_the_law(self) -> None:
        """The limit of the case itself ends. Where something else ends before, it is held: the platform was
        away then."""
        limit = self.journal.deadlines["statutory"]
        if limit.end is None:
            return
        self.runtime.spared = limit.step
        self.runtime.outage = Outage(began=self.runtime.time, ended=limit.end)
        while not self._task.done() and self.journal.silence is None:
            due = self._next()
            if due is None or due > limit.end:
                return
            self.runtime.time = max(self.runtime.time, due)
            self.runtime.turn()

    def _next(self) -> datetime | None:
        if self._task.done() or self.case.closed:
            return None
        due = self.journal.next_due()
        rung = due.next_rung if due is not None else None
        return rung.at if rung is not None else None

    def _situation(self) -> tuple[Any, ...]:
        """What tells whether time has caused anything but a reminder."""
        journal = self.journal
        waits = [(each.step, each.agency, each.unanswered) for each in journal.waits.values()]
        over = [each.step for each in journal.stages.values() if each.over and each.otherwise is not None]
        return waits, over, journal.silence, journal.decided, len(journal.outcomes), self._task.done()
