"""Temporal is restored to an earlier point: what cases lost is given back, and no ledger forks."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.reader import ArchiveReader
from contracts.terms.calendar import LegalCalendar, calendar
from deploy.local.stack import Stack
from seamless.operate.publishing import CasesInTemporal
from tests.integration.commands import seamless
from tests.integration.judge import judge
from tests.integration.town import Town, consent
from workers.process.settings import Settings, load_settings
from workers.process.temporal import connect

pytestmark = [pytest.mark.fault, pytest.mark.integration, pytest.mark.long]

REVIEWS = (
    "construction-permit.review-planning/1",
    "construction-permit.review-fire-safety/1",
    "construction-permit.review-civil-air-defence/1",
    "construction-permit.review-environment/1",
)
CONSENT = {"outcome": "consent"}


@pytest.fixture(scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A stack whose Temporal may be taken away."""
    settings = load_settings(
        data=tmp_path_factory.mktemp("restored"),
        calendar="compressed:600",
        early_event_seconds=5,
        heartbeat_seconds=0.5,
        session_timeout_ms=6000,
    )
    async with Stack(settings) as running:
        yield running
        await asyncio.sleep(0.1)


async def without_cases(stack: Stack) -> None:
    """Stop what carries cases."""
    for name in ("gateway", "orchestrator"):
        await stack.worker(name).stop(15)


async def with_cases(stack: Stack) -> None:
    for name in ("orchestrator", "gateway"):
        stack.start_worker(name)
    await stack.ready()


class Backup:
    """A copy of Temporal's data, made as one does it with a database that is stopped."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        assert stack.temporal is not None
        self._temporal = stack.temporal
        self._folder = folder / "backup"
        self.made = ""

    async def make(self) -> None:
        await self._temporal.stop()
        shutil.copytree(self._temporal.data, self._folder)
        self.made = datetime.now(UTC).isoformat()
        await self._temporal.start()

    async def restore(self) -> None:
        await self._temporal.stop()
        shutil.rmtree(self._temporal.data)
        shutil.copytree(self._folder, self._temporal.data)
        await self._temporal.start()


async def reviewing(town: Town) -> str:
    """A case that is complete and waits for its reviews; the automated check has answered."""
    case = await town.apply()
    await town.until(
        lambda: (
            sum(step == "construction-permit.review-drainage/1" for step in steps(town, case, "answered"))
            == 1
        )
    )
    return case


def steps(town: Town, case: str, kind: str) -> list[str | None]:
    return [entry.step for entry in town.ledger[case] if entry.kind == kind]


async def publish(town: Town, settings: Settings, case: str, version: str) -> None:
    """Tell one case of a calendar version, as `seamless calendar publish` does; that does not reach cases
    with compressed days."""
    china = calendar("cn-2026.1")
    assert isinstance(china, LegalCalendar)
    days = china.days.model_copy(update={"name": version})
    assert await CasesInTemporal(await connect(settings)).tell(case, days) == "told"
    await town.until(lambda: town.ledger[case][-1].calendar == version)


def reviews_lie(requested: object) -> dict[str, object] | None:
    answer = consent(requested)  # type: ignore[arg-type]
    return None if answer == CONSENT else answer


async def answered(town: Town, case: str, *reviews: str) -> None:
    for review in reviews:
        await town.answer(f"{case}/{review}", CONSENT)
    await town.until(lambda: set(reviews) <= set(steps(town, case, "answered")))


async def test_every_case_goes_on_from_the_end_of_its_ledger_or_is_named(
    alone: Stack, tmp_path: Path
) -> None:
    stack, settings, backup = alone, alone.settings, Backup(alone, tmp_path)
    async with Town(settings, reply=reviews_lie) as town:
        still, behind, ended = [await reviewing(town) for _ in range(3)]
        await publish(town, settings, behind, "cn-2026.2")
        await backup.make()
        await answered(town, behind, REVIEWS[0])
        await publish(town, settings, behind, "cn-2026.3")
        await answered(town, behind, REVIEWS[1])
        await answered(town, ended, *REVIEWS)
        await town.closed(ended)
        gone = await reviewing(town)
        await without_cases(stack)
        # What the gateway has committed and no case will remember.
        length = len(town.ledger[behind])
        await backup.restore()

        code, said, _ = await seamless(settings, "case", "list", "--stuck")
        found = {each["case"]: each["reason"] for each in said["stuck"]}
        assert found == {behind: "fell-back", ended: "fell-back", gone: "workflow-gone"}
        code, said, _ = await seamless(settings, "doctor")
        [finding] = [each for each in said["findings"] if each["check"] == "cases"]
        assert (finding["result"], behind in finding["compared"], gone in finding["compared"]) == (
            "wrong",
            True,
            False,
        )

        # Started too early: nothing of the case that fell back leaves.
        await with_cases(stack)
        await town.answer(f"{behind}/{REVIEWS[2]}", CONSENT)
        await asyncio.sleep(6)
        assert len(town.ledger[behind]) == length
        code, said, error = await seamless(settings, "recover", "--backup", backup.made)
        assert (code, "stop the gateways" in error) == (2, True)
        await without_cases(stack)
        code, said, error = await seamless(settings, "recover", "--backup", backup.made)
        assert code == 1, error  # one is named
        fates = {each["case"]: each["fate"] for each in said["cases"]}
        assert fates == {behind: "goes-on", ended: "ended", gone: "left"}
        assert said["carried_again"]
        code, said, _ = await seamless(settings, "case", "list", "--stuck")
        assert {each["case"] for each in said["stuck"]} == {gone}

        await with_cases(stack)
        await town.until(lambda: REVIEWS[2] in steps(town, behind, "answered"))
        await answered(town, behind, REVIEWS[3])
        await answered(town, still, *REVIEWS)
        await town.closed(still, behind)
        await judge(settings, [still, behind, ended], outcome="granted")
        for case in (still, behind, ended):
            assert len(steps(town, case, "answered")) == 8  # each once

        code, _, error = await seamless(settings, "case", "cancel", gone, "--why", "Its workflow was lost.")
        assert code == 0, error
        await judge(settings, [gone], outcome="ended")
        reader = ArchiveReader(settings.archive_url)
        assert (await reader.all_faults()).faults == {}
        await reader.close()


async def test_an_event_that_no_ledger_knows_yet_is_carried_again(alone: Stack, tmp_path: Path) -> None:
    """Its offset was committed, its case had it, and Temporal forgot it, before anything was published."""
    stack, settings, backup = alone, alone.settings, Backup(alone, tmp_path)
    async with Town(settings, reply=reviews_lie) as town:
        case = await reviewing(town)
        await backup.make()
        await stack.worker("orchestrator").stop(15)  # cases hear, and say nothing
        await town.answer(f"{case}/{REVIEWS[0]}", CONSENT)
        unopened = await town.apply()
        await asyncio.sleep(5)  # carried and committed
        await stack.worker("gateway").stop(15)
        await backup.restore()
        code, said, error = await seamless(settings, "recover", "--backup", backup.made)
        assert (code, said["cases"]) == (0, []), error
        await with_cases(stack)
        await town.until(lambda: REVIEWS[0] in steps(town, case, "answered"))
        await town.until(lambda: "requested" in town.kinds(unopened))
        await answered(town, case, *REVIEWS[1:])
        await town.closed(case)
        await judge(settings, [case], outcome="granted")
