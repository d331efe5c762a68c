"""``seamless submit --wait``: what becomes of a case that was just submitted, and what to say meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from rich.text import Text

from archive.silence import Silences
from archive.state import state_of
from contracts.terms.errors import Refusal
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.notices import RefusedNotice
from contracts.wire.topics import AVAILABILITY
from network.broker.tail import TopicTail
from seamless.cli.console import Console, line
from seamless.cli.due import due_of
from seamless.cli.follow import LOOK_SECONDS, with_silences
from seamless.cli.names import Language, Names, language
from seamless.cli.timeline import Timeline
from workers.process.settings import Settings

QUIET_SECONDS = 10.0
"""After so long without news it is told what is waited for; then whenever that has lasted twice as long."""


class Submitted:
    """A submitted case, followed to its end.

    What it says goes to standard output, and to standard error what is waited for.
    """

    def __init__(
        self, settings: Settings, event: Event, *, quiet: bool, lang: Language | None = None
    ) -> None:
        """
        Args:
            event: the application.
            quiet: the entries of the case are not shown.
        """
        self._settings = settings
        self._event = event
        self._quiet = quiet
        self._console = Console()
        self._aside = Console(errors=True)
        self._names = Names(settings.directory, language(lang))
        self._timeline = Timeline(self._console, self._names, settings.legal_calendar.zone)
        self._entries: list[LedgerEntry] = []
        self._beat_at = 0.0

    async def closing(self, tail: TopicTail) -> tuple[dict[str, Any], int]:
        """What became of the case, and the exit code.

        Args:
            tail: of the ledger, the channel's notices and the gateways' heartbeats, from before the event.
        """
        clock = asyncio.get_running_loop().time
        news_at = self._beat_at = clock()
        patience = max(QUIET_SECONDS, 2 * self._settings.heartbeat_seconds)
        tell_at = news_at + patience
        heartbeats = self._settings.broker.topic(AVAILABILITY)
        self._aside.print("Submitted; waiting for the case to be closed.")
        async for record in with_silences(aiter(tail), LOOK_SECONDS):
            if record is not None and record.topic == heartbeats:
                self._beat_at = clock()
            elif record is not None and (said := self._about_the_case(record)):
                news_at, tell_at = clock(), clock() + patience
                if (closing := self._take(said)) is not None:
                    return closing
            if clock() >= tell_at:
                await self._tell(clock() - news_at, heard=clock() - self._beat_at < patience)
                tell_at = clock() + (clock() - news_at)
        raise AssertionError("a tail never ends")

    def _about_the_case(self, record: Any) -> Event | None:
        try:
            event = Event.decode(record.value, record.headers)
        except Refusal:
            return None
        return event if event.subject == self._event.subject else None

    def _take(self, said: Event) -> tuple[dict[str, Any], int] | None:
        """Take what the platform says about the case; what became of it, once that is known."""
        try:
            if said.type == LedgerEntry.type:
                return self._enter(LedgerEntry.model_validate(said.data))
            if said.type == RefusedNotice.type and said.data.get("event") == self._event.id:
                return self._refuse(RefusedNotice.model_validate(said.data))
        except ValidationError:  # not the platform's: whoever reaches the broker can write there
            pass
        return None

    def _enter(self, entry: LedgerEntry) -> tuple[dict[str, Any], int] | None:
        if self._entries and entry.sequence <= self._entries[-1].sequence:
            return None
        self._entries.append(entry)
        if not self._quiet:
            self._timeline.print_next(entry)
        if entry.kind != "closed":
            return None
        return self._closed(entry), 0

    def _closed(self, last: LedgerEntry) -> dict[str, Any]:
        """What became of a case whose ledger is closed, with what silence caused in it."""
        silences = Silences()
        return {
            "outcome": last.outcome,
            "by_silence": any(silences.add(entry) for entry in self._entries),
            "deemed": [
                {"step": entry.step, "agency": entry.agency, "outcome": entry.outcome}
                for entry in self._entries
                if entry.kind == "deemed"
            ],
            "entries": last.sequence,
            "hash": last.hash,
        }

    def _refuse(self, refused: RefusedNotice) -> tuple[dict[str, Any], int]:
        if not self._quiet:
            self._console.print(line(("refused:", "red"), f" {self._names.text(refused.text)}"))
            self._console.print(refused.detail)
        return {"outcome": None, "refused": refused.model_dump(mode="json")}, 1

    async def _tell(self, silent_seconds: float, *, heard: bool) -> None:
        """Tell what has been waited for so long.

        Args:
            heard: a gateway has beaten lately.
        """
        self._aside.print(f"No news for {silent_seconds:.0f} s.")
        if not await self._settings.broker.answers():
            self._aside.print(f"  No Kafka broker answers at {self._settings.kafka}.")
        elif not heard:
            self._aside.print(
                "  There is no heartbeat: no gateway runs, or Temporal does not answer it. Start "
                "`seamless up`, or `seamless worker gateway`; until then, it stays on its topic."
            )
        elif not self._entries:
            self._aside.print(
                "  A gateway runs, and the ledger has nothing new. Does an orchestrator run (`seamless "
                f"worker orchestrator`)? If the case began earlier: seamless case show {self._event.subject}"
            )
        for waiting in self._waited_for():
            self._aside.print(waiting, soft_wrap=True)  # a step can be copied

    def _waited_for(self) -> Iterator[Text]:
        if not self._entries:
            return
        names, latest = self._names, self._entries[-1]
        try:
            waiting = state_of(self._entries).waiting
        except ValidationError:  # an entry says what none of ours does
            waiting = ()
        for step in waiting:
            due = due_of(step, latest.procedure, latest.law, self._settings, datetime.now(UTC))
            yield line("  ", names.party(step.holder, latest.procedure), f" has {step.step}, due ") + due
        if not waiting:
            yield line("  ", f"The case is with {names.parties(latest.holders, latest.procedure)}.")
