"""Ten troubles in a running town: each is found in the three places where operators look, and is mended by
the commands of its runbook, as they are printed. docs/exercise.md has what is found where, and what is not as
in production.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.exercise.desk import EVALUATION_SECONDS, Alert, Desk, Ran
from tests.exercise.guide import Row, Step, rows
from tests.exercise.town import DAY, running_town
from tests.exercise.troubles import TROUBLES, Trouble, Variables
from tests.watching.servers import prometheus, with_durations
from tests.watching.tools import tool

pytestmark = pytest.mark.integration

SHORTER = 30
WITHIN_INTERVALS = 2
WHY = "It is an exercise."
CROSSED = "case-closed"
"""What a town may say that is refused: it crossed the end of its case. The slower the machine, the more."""

WAVES = (
    ("a silent agency", "a poison event", "an overdue case", "a broken contract", "a stuck case"),
    ("a mistyped calendar",),
    ("a party that floods",),
    ("a dead broker",),
    ("a full disk",),
    ("an archive from a backup",),
)
"""What is planted at the same time: troubles that do not hide one another."""


class Outcome(NamedTuple):
    """What became of a trouble: how it was found, and how each command of its mending ended."""

    status: Ran
    alert: Alert
    commands: Sequence[tuple[str, Ran | None]]


class Outcomes(NamedTuple):
    """What became of all troubles, by their names, and the status of the end."""

    of: dict[str, Outcome | BaseException]
    end: Ran


async def gone_through(trouble: Trouble, row: Row) -> Outcome:
    """Plant a trouble, find it in three places, mend it, and see it gone."""
    desk, planted = trouble.desk, time.time()
    await trouble.plant()
    desk.tell(f"{row.trouble}: planted")
    async with asyncio.TaskGroup() as looking:
        if row.query is not None:
            looking.create_task(desk.listed(row.query, *trouble.cases))
        status = looking.create_task(desk.status(lambda ran: row.is_told_in(ran.said), since=planted))
        alert = looking.create_task(desk.alert(row.alert, trouble.labels, since=planted))
    desk.tell(f"{row.trouble}: found; {row.alert} within {alert.result().intervals} intervals")
    variables = await trouble.variables()
    commands = [await taken(trouble, step, variables) for step in row.steps]
    mended = time.time()
    await desk.resolved(row.alert, trouble.labels)
    await desk.status(lambda ran: not row.is_told_in(ran.said), since=mended)
    desk.tell(f"{row.trouble}: gone")
    return Outcome(status.result(), alert.result(), commands)


async def taken(trouble: Trouble, step: Step, variables: Variables) -> tuple[str, Ran | None]:
    """Take one step of mending; how its command ended, where it is one that ends."""
    ran = None
    if step.by_hand:
        await trouble.by_hand[step.text]()
    elif step.text.startswith("seamless worker "):
        trouble.desk.serve(step.text)
    else:
        ran = await trouble.desk.run(step.text, {**variables, "WHY": WHY})
    trouble.desk.tell(f"{trouble.name}: {step.text}" + (f" [{ran.code}]" if ran else ""))
    if ran and ran.code:
        trouble.desk.tell(ran.said + ran.complained)
    return step.text, ran


@pytest.fixture(scope="module")
async def outcomes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outcomes]:
    """All troubles, one wave after the other, in one town."""
    tool("prometheus")
    folder = tmp_path_factory.mktemp("exercise")
    for name in ("town", "prometheus", "desk"):
        (folder / name).mkdir()
    found: dict[str, Outcome | BaseException] = {}
    async with (
        running_town(folder / "town") as town,
        prometheus(
            folder / "prometheus", town.stack, evaluated=f"{EVALUATION_SECONDS}s", shorter=SHORTER
        ) as source,
    ):
        desk = Desk(town, source, folder / "desk")
        watching = asyncio.create_task(desk.watch())
        try:
            await desk.begin()
            await town.live()
            troubles = {each.name: each(town, desk) for each in TROUBLES}
            for wave in WAVES:
                going = [gone_through(troubles[name], rows()[name]) for name in wave]
                for name, ended in zip(
                    wave, await asyncio.gather(*going, return_exceptions=True), strict=True
                ):
                    found[name] = ended
                    if isinstance(ended, BaseException):
                        desk.tell(f"{name}: {ended!r}")
            await desk.run(f"seamless dead-letter discard --reason {CROSSED} --why '{WHY}'", {})
            end = await desk.status(lambda ran: ran.code == 0, since=time.time())
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await desk.leave()
        yield Outcomes(found, end)


def test_the_guide_has_the_troubles_that_are_planted_here() -> None:
    assert set(rows()) == {each.name for each in TROUBLES} == {name for wave in WAVES for name in wave}


def test_the_guide_says_what_is_not_as_in_production() -> None:
    text = (Path(__file__).parents[2] / "docs" / "exercise.md").read_text("utf-8")
    assert (DAY.total_seconds(), EVALUATION_SECONDS, SHORTER, WITHIN_INTERVALS) == (4, 10, 30, 2)
    for told in ("four seconds", "every ten", "divided by thirty", "within two evaluation\n  intervals"):
        assert told in text


def test_every_duration_of_the_rules_is_shorter_and_nothing_else() -> None:
    rules = Path(__file__).parents[2] / "deploy" / "prometheus"
    for file in rules.glob("seamless.*.yml"):
        before = file.read_text("utf-8")
        durations = r"(\bfor: |\[)\d+[smhd]\b"
        after = with_durations(before, SHORTER)
        assert re.sub(durations, r"\1", after) == re.sub(durations, r"\1", before)
        assert with_durations(before, 1) != after or not re.search(durations, before)


@pytest.mark.full_size
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("trouble", [each.name for each in TROUBLES])
async def test_a_trouble_is_found_and_mended(outcomes: Outcomes, trouble: str) -> None:
    outcome, row = outcomes.of[trouble], rows()[trouble]
    if isinstance(outcome, BaseException):
        raise outcome
    assert row.exit_code in (None, outcome.status.code)
    assert outcome.alert.intervals <= WITHIN_INTERVALS, outcome.alert
    assert {line: ran for line, ran in outcome.commands if ran and ran.code} == {}


@pytest.mark.full_size
@pytest.mark.timeout(1500)
async def test_in_the_end_all_is_well(outcomes: Outcomes) -> None:
    assert outcomes.end.code == 0
