"""Ten troubles in a running town: each is found in the three places where operators look, and is mended by
the commands of its runbook, as they are printed.

What is not as in production: a working day lasts seconds, Prometheus scrapes every second and evaluates every
ten, and the durations of its rules (``for`` and ranges) are a thirtieth; thresholds are as they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import pytest

from tests.exercise.desk import EVALUATION_SECONDS, Alert, Desk, Ran
from tests.exercise.guide import Row, Step, rows
from tests.exercise.town import running_town
from tests.exercise.troubles import TROUBLES, WHY, Trouble
from tests.watching.servers import prometheus

pytestmark = [pytest.mark.integration, pytest.mark.long]

SHORTER = 30
WITHIN_INTERVALS = 2
WAVES = (("a poison event", "a stuck case"), ("a dead broker",))
"""What is planted at the same time: troubles that do not hide one another."""


class Outcome(NamedTuple):
    """What became of a trouble: how it was found, and how each step of its mending ended."""

    status: Ran
    alert: Alert
    steps: Sequence[tuple[str, Ran]]
    after: Ran


Outcomes = dict[str, Outcome | Ran | BaseException]
"""By the names of the troubles; and the status of the end."""


async def gone_through(trouble: Trouble, row: Row) -> Outcome:
    """Plant a trouble, find it in three places, mend it, and see it gone."""
    desk = trouble.desk
    planted = time.time()
    await trouble.plant()
    desk.tell(f"{row.trouble}: planted")
    async with asyncio.TaskGroup() as looking:
        if row.query is not None:
            looking.create_task(desk.listed(row.query, trouble.case))
        status = looking.create_task(
            desk.status(lambda ran: row.status in ran.said, since=planted, what=row.status)
        )
        alert = looking.create_task(desk.alert(row.alert, trouble.labels, since=planted))
    desk.tell(f"{row.trouble}: found; the alert within {alert.result().intervals} intervals")
    steps = [each for step in row.steps for each in await taken(trouble, step)]
    mended = time.time()
    desk.tell(f"{row.trouble}: mended")
    await desk.resolved(row.alert, trouble.labels)
    after = await desk.status(lambda ran: row.status not in ran.said, since=mended, what=f"no {row.status}")
    desk.tell(f"{row.trouble}: gone")
    return Outcome(status.result(), alert.result(), steps, after)


async def taken(trouble: Trouble, step: Step) -> list[tuple[str, Ran]]:
    """Take one step of mending; the commands that were run."""
    if step.by_hand:
        trouble.desk.tell(f"{trouble.name}: {step.text}")
        await trouble.by_hand[step.text]()
        return []
    named = [each for each in await trouble.variables() if any(f"${name}" in step.text for name in each)]
    found = []
    for each in named or [{}]:
        ran = await trouble.desk.run(step.text, {**each, "WHY": WHY})
        trouble.desk.tell(f"{trouble.name}: $ {step.text}: {ran.code} {ran.complained[-300:]}")
        found.append((step.text, ran))
    return found


@pytest.fixture(scope="module")
async def outcomes(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Outcomes]:
    """What became of each trouble."""
    folder = tmp_path_factory.mktemp("exercise")
    for name in ("town", "prometheus", "bin"):
        (folder / name).mkdir()
    found: Outcomes = {}
    guide = rows()
    async with (
        running_town(folder / "town") as town,
        prometheus(
            folder / "prometheus",
            town.stack,
            evaluated=f"{EVALUATION_SECONDS}s",
            shorter=SHORTER,
        ) as source,
    ):
        desk = Desk(town.stack.settings, source, folder / "bin")
        watching = asyncio.create_task(desk.watch())
        troubles = {each.name: each(town, desk) for each in TROUBLES}
        for wave in WAVES:
            ended = await asyncio.gather(
                *(gone_through(troubles[name], guide[name]) for name in wave), return_exceptions=True
            )
            found |= zip(wave, ended, strict=True)
            for name, each in zip(wave, ended, strict=True):
                if isinstance(each, BaseException):
                    desk.tell(f"{name}: {each!r}")
        found["the end"] = await desk.status(lambda ran: ran.code == 0, since=time.time(), what="all is well")
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        yield found


def test_the_guide_has_the_troubles_that_are_planted_here() -> None:
    assert set(rows()) == {each.name for each in TROUBLES} == {name for wave in WAVES for name in wave}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("trouble", [each.name for each in TROUBLES])
async def test_a_trouble_is_found_and_mended(outcomes: Outcomes, trouble: str) -> None:
    outcome, row = outcomes[trouble], rows()[trouble]
    if isinstance(outcome, BaseException):
        raise outcome
    assert isinstance(outcome, Outcome)
    assert outcome.status.code == row.exit_code
    assert outcome.alert.intervals <= WITHIN_INTERVALS, outcome.alert
    assert [(line, ran) for line, ran in outcome.steps if ran.code] == []


@pytest.mark.timeout(900)
async def test_in_the_end_all_is_well(outcomes: Outcomes) -> None:
    end = outcomes["the end"]
    assert isinstance(end, Ran)
    assert end.code == 0
