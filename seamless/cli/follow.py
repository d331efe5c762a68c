"""Following what is written while it is written, and what to say while nothing is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypeVar

from contracts.terms.errors import InvalidInput, Unavailable
from contracts.terms.identifiers import CaseId
from network.broker.ledger import LedgerFollower
from seamless.cli.console import Console
from seamless.cli.names import Language, Names, language
from seamless.cli.timeline import Timeline
from workers.process.settings import Settings

T = TypeVar("T")

NOT_YET_SECONDS = 10.0
"""How long a case may take to its first entry: it may have been submitted a moment ago."""
LOOK_SECONDS = 0.5


async def with_silences(source: AsyncIterator[T], seconds: float) -> AsyncIterator[T | None]:
    """What ``source`` yields, and None whenever it has yielded nothing for so many seconds."""
    coming: asyncio.Future[T] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(source))
            await asyncio.wait([coming], timeout=seconds)
            if not coming.done():
                yield None
                continue
            try:
                item = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield item
    finally:
        if coming is not None:
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming


async def follow(settings: Settings, case: CaseId, *, as_json: bool, lang: Language | None = None) -> None:
    """Print the entries of a case from its first to its closing, as they are on the topic.

    Raises:
        InvalidInput: there is no such case; not even after :data:`NOT_YET_SECONDS`.
        Unavailable: no broker answers, or it has no ledger.
    """
    console, clock = Console(), asyncio.get_running_loop().time
    names, zone = Names(settings.directory, language(lang)), settings.legal_calendar.zone
    timeline = Timeline(console, names, zone)
    shown, heard_at = False, clock()
    absent_since: float | None = None
    async with LedgerFollower(settings.broker, from_start=True) as ledger:
        async for entry in with_silences(aiter(ledger), LOOK_SECONDS):
            if entry is not None:
                heard_at = clock()
            elif not ledger.caught_up and clock() - heard_at >= NOT_YET_SECONDS:
                if not await settings.broker.answers():
                    raise Unavailable(f"the Kafka broker at {settings.kafka} no longer answers")
                heard_at = clock()
            if entry is not None and entry.case == case:
                shown = True
                if as_json:
                    console.json(entry.model_dump(mode="json"))
                else:
                    timeline.print_next(entry)
                if entry.kind == "closed":
                    return
            if shown or not ledger.caught_up:
                continue
            if absent_since is None:
                absent_since = clock()
                told = f"The ledger has nothing about {case} yet; waiting for its first entry."
                Console(errors=True).print(told)
            elif clock() - absent_since >= NOT_YET_SECONDS:
                raise _none(settings, case)


def _none(settings: Settings, case: CaseId) -> InvalidInput:
    return InvalidInput(
        f"there is no case {case}: the ledger at {settings.kafka} has nothing of it, and nothing came within "
        f"{NOT_YET_SECONDS:.0f} s. If it was submitted, a gateway and an orchestrator have to run"
    )
