"""A pilot on real servers, from the proposal to the end: one is adopted, one is worse and given up by itself.

Opening a restaurant, its approvals one after the other (chain) or at once (bundle). ``make pilots`` has 200
cases each.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from deploy.local.stack import Stack
from seamless.rebuild.pilot_phrases import PILOT
from tests.integration.commands import seamless
from tests.pilots.edition import edition
from tests.pilots.town import Departments
from workers.process.settings import load_settings

FULL_SIZE = 200
PAGES = os.environ.get("SEAMLESS_PAGES")
"""A folder in which the pages are left, to be looked at."""


@pytest.fixture
def day_seconds(cases: int) -> float:
    """How long a working day lasts; longer on a machine that has much else to do."""
    return float(os.environ.get("SEAMLESS_PILOT_DAY", 6 if cases == FULL_SIZE else 3))


@pytest.fixture
async def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day_seconds: float) -> AsyncIterator[Stack]:
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(edition(tmp_path / "checkout"))
    settings = load_settings(
        data=tmp_path / "data",
        calendar=f"compressed:{day_seconds}",
        heartbeat_seconds=0.5,
        session_timeout_ms=6000,
        spread_seconds=0,
        unchecked="opening-restaurant,rebuilding",  # other tests check them, and it takes a minute
    )
    async with Stack(settings, passing=True) as running:
        yield running


@pytest.fixture
async def town(stack: Stack, day_seconds: float) -> AsyncIterator[Departments]:
    async with Departments(stack.settings, day_seconds) as running:
        yield running


class Desk:
    """Whoever types the commands."""

    def __init__(self, stack: Stack) -> None:
        self._settings = stack.settings

    async def says(self, *words: str, code: int = 0) -> dict[str, Any]:
        """What a command says, which ends as it should."""
        ended, out, error = await seamless(self._settings, "pilot", *words)
        assert ended == code, (words, out, error)
        return out | {"error": error}

    async def until(self, *stages: str, within_seconds: float = 900) -> dict[str, Any]:
        """What ``pilot show`` says once the pilot has come so far."""
        began = monotonic()
        while True:
            shown = await self._shown()
            if shown and shown["stage"] in stages:
                return shown
            assert monotonic() - began < within_seconds, shown
            await asyncio.sleep(0.5)

    async def _shown(self) -> dict[str, Any]:
        _, out, _ = await seamless(self._settings, "pilot", "show")
        return out

    async def opens(self, *words: str) -> str:
        """A pilot that was proposed, and that the committee has heard of."""
        pilot = str((await self.says("open", "opening-restaurant", *words))["case"])
        while (await self._shown()).get("pilot") != pilot:
            await asyncio.sleep(0.5)
        await self.until("approve")
        return pilot


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "cases",
    [
        pytest.param(40, marks=pytest.mark.long),
        pytest.param(FULL_SIZE, marks=pytest.mark.full_size),
    ],
)
async def test_a_pilot_that_is_better_and_one_that_is_worse(
    stack: Stack, town: Departments, tmp_path: Path, cases: int
) -> None:
    desk, pages = Desk(stack), Path(PAGES) if PAGES else tmp_path
    await _adopted(desk, town, pages, cases)
    await _given_up(desk, town, pages, cases)
    assert not [letter for letter in town.letters if "dead" in letter]
    code, verified, error = await seamless(stack.settings, "case", "verify", "--all")
    assert code == 0, (verified, error)


async def _adopted(desk: Desk, town: Departments, pages: Path, count: int) -> None:
    pilot = await desk.opens("--old", "chain", "--new", "bundle", "--why", "58 days are too long")
    again = await desk.says("open", "opening-restaurant", "--new", "bundle", "--why", "again", code=2)
    assert "has a pilot that is open" in again["error"]
    await desk.says("approve", "--as", "chen")
    same = await desk.says("approve", "--as", "chen", code=2)
    assert "the same person has approved it before" in same["error"]
    early = await desk.says("adopt", "--as", "chen", code=2)
    assert "does not wait for the committee's decision" in early["error"]
    await desk.says("approve", "--as", "wu")
    await desk.until("run")
    await asyncio.sleep(3)  # so long until every gateway knows of the pilot
    cases = await town.opens(count)
    shown = await desk.until("decide")
    assert shown["looks"][-1]["outcome"] in ("better", "exhausted")
    await desk.says("adopt", "--as", "wu", "--why", "faster")
    shown = await desk.until("adopted")
    later = await town.opens(4)
    await town.closed(*cases, *later, within_seconds=600)
    shown = await _shown_as_it_was(desk, town, pilot, cases, shown)
    assert shown["faster"]["reached"] is not None
    assert shown["pairs"]["faster"] > 0.9 * shown["pairs"]["known"]
    assert {town.opened(case).variant for case in later} == {"bundle"}
    await _pages(desk, pages, "adopted", "p-adopted", "p-pairs-faster")


async def _given_up(desk: Desk, town: Departments, pages: Path, count: int) -> None:
    pilot = await desk.opens("--old", "bundle", "--new", "chain", "--why", "planted worse")
    await desk.says("approve", "--as", "chen")
    await desk.says("approve", "--as", "wu")
    await desk.until("run")
    await asyncio.sleep(3)
    opening = asyncio.create_task(town.opens(count))
    shown = await desk.until("gone-back")
    assert shown["reason"] == "worse"
    cases = await opening
    later = await town.opens(4)
    await town.closed(*cases, *later, within_seconds=600)
    shown = await _shown_as_it_was(desk, town, pilot, cases, shown)
    assert shown["pairs"]["slower"] > 0.9 * shown["pairs"]["known"]
    assert {town.opened(case).variant for case in later} == {"bundle"}
    await _pages(desk, pages, "given-up", "p-gone-back-worse", "p-pairs-slower")


async def _shown_as_it_was(
    desk: Desk, town: Departments, pilot: str, cases: list[str], shown: dict[str, Any]
) -> dict[str, Any]:
    """What is shown of a pilot that has ended is what happened; nobody whom it tried was harmed."""
    assigned = [case for case in cases if town.opened(case).pilot == pilot and town.opened(case).arm]
    for case in cases:
        assert len({each.variant for each in town.ledger[case]}) == 1, "it ended as it began"
        assert town.outcome(case) in ("granted", "refused")
        assert "broken-off" not in town.kinds(case)
    refused = {each.reason for case in cases for each in town.ledger[case] if each.kind == "decided"}
    assert refused <= {None, "fire-safety-insufficient"}, "only departments refuse"
    async with asyncio.timeout(60):
        while (found := await desk._shown())["cases"]["new_open"] + found["cases"]["old_open"]:
            await asyncio.sleep(0.5)
    arms = [town.opened(case).arm for case in assigned]
    assert (found["cases"]["new"], found["cases"]["old"]) == (arms.count("new"), arms.count("old"))
    votes = [each for each in found["approvals"] if each["outcome"] == "approve"]
    assert len({each["officer"] for each in votes}) == 2
    told = [each for each in town.letters if each.startswith("agency.")]
    for agency in ("market-regulation", "fire-rescue", "city-appearance", "water"):
        whats = [
            each.data["content"]["what"]
            for topic in told
            if agency in topic
            for each in town.letters[topic].values()
            if each.subject == pilot and each.type.endswith("handed-over.v1")
        ]
        assert whats == ["begins", "adopted" if shown["stage"] == "adopted" else "gone-back"], agency
    print(
        f"{pilot}: {len(assigned)} of {len(cases)} cases assigned, verdict on look {len(shown['looks'])}; "
        f"pairs {found['pairs']}; e faster {found['faster']['e']:.3g}, slower "
        f"{found['slower']['e']:.3g}; means "
        + ", ".join(
            f"{arm} {each['mean']['value'] * 86400 / town.day_seconds:.1f} days"
            for arm, each in found["means"].items()
        )
    )
    return found


async def _pages(desk: Desk, pages: Path, name: str, *told: str) -> None:
    """The page tells it, in both languages."""
    for number, lang in enumerate(("zh", "en")):
        file = pages / f"pilot-{name}.{lang}.html"
        await desk.says("show", "--html", str(file), "--lang", lang)
        text = file.read_text("utf-8")
        for key in told:
            beginning = PILOT[key][number].partition("{")[0]
            assert beginning in text, (key, lang)
        assert "<svg" in text
        assert "http" not in text.replace("http://www.w3.org", "")
