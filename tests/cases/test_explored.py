"""Paths that were explored, lived on a real Temporal server: the same ledger, entry for entry.

Case, secret, events, instants of the broker, and what fences find are the same as in the exploration. A clock
that goes on while the case works is not: the case records a little later, so its hashes are others. Compared
is every entry in all else that it says, and each of its instants to the minute; the messages that left with
it; what it waited for before a consequence took effect; and its result.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

import pytest
import uuid_utils
from temporalio.client import Client

from contracts.platform import CANCEL, DELIVER, Cancellation, Opened
from contracts.terms.directory import Directory, load_directory
from contracts.terms.identifiers import CaseId
from contracts.terms.law import LawVersion
from seamless.explore.graph import NOT_BY_ITSELF
from seamless.explore.lines import Lines
from seamless.explore.opening import CHANNEL, opening
from seamless.explore.paths import RandomWalks
from seamless.explore.scenes import Scenes, scenes_of
from seamless.testing import CaseUnderTest, opened_case
from tests.explored import LAWS, explored
from tests.same_ledger import CLOSE, letters_of, told
from workflows.case import Procedure

PATHS, SEED, AT_ONCE = 20, 7, 4
LONGEST = 15
"""A path of more moves takes the engines a minute: the driver lives those."""

CALENDAR = "cn-2026.1"
"""Its limits end at midnight, so that no legal instant moves with the clock's seconds."""

LATER = timedelta(seconds=1)
"""So much further than the explored one the clock goes: what is due at an instant is due by then."""


def systems() -> Directory:
    """The directory, with every agency on a system of its own: a check would answer as it likes."""
    directory = load_directory()
    own = tuple(each.model_copy(update={"participation": "system"}) for each in directory.agencies)
    return directory.model_copy(update={"agencies": own})


def drawn() -> list[tuple[type[Procedure[Any]], Opened[Any], Scenes]]:
    """So many paths by a seed, of one procedure and law version after the other."""
    chosen = [_of(cls, law) for cls, law in LAWS]
    return [next(each) for each in islice(cycle(chosen), PATHS)]


def _of(
    cls: type[Procedure[Any]], law: LawVersion
) -> Iterator[tuple[type[Procedure[Any]], Opened[Any], Scenes]]:
    directory, chance = systems(), random.Random(f"{SEED} {cls.workflow_type} {law.id}")
    lines = Lines(cls)
    graph = next(explored(cls, law, directory))
    walks = RandomWalks(graph, chance)
    paths = list(walks.paths(len(graph.transitions)))
    chance.shuffle(paths)
    own = [path for path in paths if path[-1].move.does not in NOT_BY_ITSELF]
    ended = [path for path in paths if path[-1].move.does in NOT_BY_ITSELF]
    for path in [*own[:1], *ended[:1], *own[1:]]:
        case = CaseId(f"{CHANNEL}-{uuid_utils.uuid7()}")
        opened = opening(cls, law, graph.application, directory)
        opened = opened.model_copy(update={"case": case, "calendar": CALENDAR})
        scenes = scenes_of(cls, opened, graph.states, path, lines)
        if scenes.strayed or len(scenes.scenes) > LONGEST:  # by this calendar, another limit may end first
            continue
        yield cls, opened, scenes


async def live(case: CaseUnderTest, path: Scenes) -> None:
    """Say to a case what was said, at the same instants."""
    case.post.finds = [found for _, found in path.found]
    for scene in path.scenes:
        if isinstance(scene.heard, Cancellation):
            await case.handle.signal(CANCEL, scene.heard)
        elif scene.heard is not None:
            await case.handle.signal(DELIVER, scene.heard)
        elif (ahead := scene.until + LATER - case.now) > timedelta(0):
            await case.passes(ahead)
        await case.until(lambda said=scene.said: len(case.entries) >= said)  # type: ignore[misc]


@pytest.mark.long
async def test_what_was_explored_is_what_the_engines_say(temporal: Client) -> None:
    paths = drawn()
    assert len(paths) == PATHS
    turns = asyncio.Semaphore(AT_ONCE)

    async def lived(cls: type[Procedure[Any]], opened: Opened[Any], path: Scenes) -> None:
        async with turns, opened_case(cls, opened, temporal) as case:
            await live(case, path)
            closing = await case.closing()
            explored = path.lived
            assert [each.kind for each in case.entries] == [p.entry.kind for p in explored.postings]
            for entry, posting in zip(case.entries, explored.postings, strict=True):
                here, there = (told(each.model_dump(mode="json")) for each in (entry, posting.entry))
                assert here[0] == there[0]
                assert all(abs(one - other) < CLOSE for one, other in zip(here[1], there[1], strict=True))
            sent = [{"topic": topic, "type": kind, "data": data} for topic, kind, data in case.post.letters]
            expected = [letter for posting in explored.postings for letter in letters_of(posting)]
            assert [told(each)[0] for each in sent] == [told(each)[0] for each in expected]
            assert [each.topics for each in case.post.fences] == [fence.topics for fence, _ in path.found]
            assert explored.closing is not None
            assert (closing.decision, closing.entries) == (
                explored.closing.decision,
                explored.closing.entries,
            )

    async with asyncio.TaskGroup() as group:
        for each in paths:
            group.create_task(lived(*each))
