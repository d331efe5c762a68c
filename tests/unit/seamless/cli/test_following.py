"""Following a case: it ends, or somebody is told what is waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from contracts.terms.errors import InvalidInput, Unavailable
from contracts.terms.identifiers import CaseId
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.notices import RefusedNotice
from seamless.cli import follow as following
from seamless.cli import submitted as submitting
from seamless.cli.follow import follow, with_silences
from seamless.cli.submitted import Submitted
from tests.applications import event, new_case
from tests.chains import chain, plain_chain, records
from workers.process.settings import Settings

SETTINGS = Settings(kafka="127.0.0.1:1", heartbeat_seconds=0.001)
SILENCE = 0.2
"""Longer than a busy machine takes for what these tests do meanwhile: most tell times apart by it."""
OPENED = {"kind": "opened", "content": {"application": {}}}
REQUESTED = {
    "kind": "requested",
    "step": "construction-permit.review-planning/1",
    "holders": ("agency:planning",),
    "agency": "planning",
    "due": datetime(2099, 3, 16, 16, tzinfo=UTC),
}
CLOSED = {"kind": "closed", "outcome": "refused", "holders": ()}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(submitting, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(following, "NOT_YET_SECONDS", 3 * SILENCE)
    monkeypatch.setattr(submitting, "QUIET_SECONDS", SILENCE)


# --- silence ------------------------------------------------------------------------------------------------


async def test_silence_is_reported_and_nothing_is_lost_over_it() -> None:
    async def source() -> AsyncIterator[int]:
        for number in range(3):
            await asyncio.sleep(SILENCE)
            yield number

    said = [each async for each in with_silences(source(), SILENCE / 5)]
    assert [each for each in said if each is not None] == [0, 1, 2]
    assert said.count(None) >= 3


async def test_what_is_no_longer_followed_is_let_go() -> None:
    ended = asyncio.Event()

    async def source() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            ended.set()

    silences = with_silences(source(), 0.001)
    assert [await anext(silences), await anext(silences)] == [1, None]
    await silences.aclose()  # type: ignore[attr-defined]
    await asyncio.wait_for(ended.wait(), 5)


async def test_an_error_of_the_source_is_reported() -> None:
    async def source() -> AsyncIterator[int]:
        yield 1
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        _ = [each async for each in with_silences(source(), 1)]


# --- timeline --follow --------------------------------------------------------------------------------------


class Ledger:
    """A follower of a ledger that says what it is told to, and then nothing."""

    def __init__(self, *entries: LedgerEntry | float, caught_up: bool = True) -> None:
        self.entries = entries
        self.caught_up = caught_up

    async def __aenter__(self) -> Ledger:
        return self

    async def __aexit__(self, *raised: object) -> None:
        pass

    async def __aiter__(self) -> AsyncIterator[LedgerEntry]:
        for entry in self.entries:
            if isinstance(entry, LedgerEntry):
                yield entry
            else:
                await asyncio.sleep(entry)
        await asyncio.Event().wait()


async def followed(ledger: Ledger, case: str, *, as_json: bool = False) -> None:
    with mock.patch.object(following, "LedgerFollower", return_value=ledger):
        await asyncio.wait_for(follow(SETTINGS, CaseId(case), as_json=as_json), 10)


async def test_a_case_is_followed_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    entries = chain(OPENED, REQUESTED, CLOSED)
    await followed(Ledger(*plain_chain(2), *entries), entries[0].case, as_json=True)
    shown = [LedgerEntry.model_validate_json(line) for line in capsys.readouterr().out.splitlines()]
    assert shown == entries


async def test_a_case_that_does_not_exist_ends_the_wait(capsys: pytest.CaptureFixture[str]) -> None:
    case = new_case()
    with pytest.raises(InvalidInput, match=f"there is no case {case}"):
        await followed(Ledger(*plain_chain(3)), case)
    assert f"The ledger has nothing about {case} yet; waiting for its first entry." in capsys.readouterr().err


async def test_others_that_speak_all_the_time_do_not_keep_it_waiting() -> None:
    busy = [part for _ in range(200) for part in (*plain_chain(1), SILENCE / 10)]
    with pytest.raises(InvalidInput, match="there is no case"):
        await followed(Ledger(*busy), new_case())


async def test_a_case_that_was_just_submitted_is_waited_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "NOT_YET_SECONDS", 10)
    entries = chain(OPENED, CLOSED)
    await followed(Ledger(2 * SILENCE, *entries), entries[0].case)
    assert "closed" in capsys.readouterr().out


@pytest.mark.parametrize("answers", [True, False])
async def test_a_long_ledger_is_read_before_a_case_is_said_to_be_none(answers: bool) -> None:
    entries = chain(OPENED, CLOSED)
    with mock.patch("network.broker.connection.Broker.answers", mock.AsyncMock(return_value=answers)):
        reading = followed(Ledger(6 * SILENCE, *entries, caught_up=False), entries[0].case)
        if answers:
            await reading
        else:
            with pytest.raises(Unavailable, match="no longer answers"):
                await reading


# --- submit --wait ------------------------------------------------------------------------------------------


class Tail:
    """A tail that says what it is told to, waits where it is given seconds, and then says nothing."""

    def __init__(self, *said: Any) -> None:
        self.said = said

    async def __aiter__(self) -> AsyncIterator[Any]:
        for each in self.said:
            if isinstance(each, float):
                await asyncio.sleep(each)
            else:
                yield each
        await asyncio.Event().wait()


APPLIED = event("urn:cn-demo:channel:portal", "x", new_case(), {})
BEAT = SimpleNamespace(topic="platform.availability", value=b"gateway", headers=())


def ledger(*steps: dict[str, Any]) -> list[Any]:
    return records(chain(*steps, case=CaseId(APPLIED.subject)))


async def waited(*said: Any, broker: bool = True, seconds: float = 10, quiet: bool = False) -> Any:
    answers = mock.AsyncMock(return_value=broker)
    with mock.patch("network.broker.connection.Broker.answers", answers):
        following_it = Submitted(SETTINGS, APPLIED, quiet=quiet).closing(Tail(*said))  # type: ignore[arg-type]
        try:
            return await asyncio.wait_for(following_it, seconds)
        except TimeoutError:
            return None


async def test_a_submitted_case_is_shown_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    closing, code = await waited(*ledger(OPENED, REQUESTED, CLOSED))
    assert (closing["outcome"], closing["entries"], code) == ("refused", 3, 0)
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3
    assert said.err == "Submitted; waiting for the case to be closed.\n"


async def test_that_no_gateway_runs_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    await waited(seconds=6 * SILENCE)
    told = capsys.readouterr()
    assert "There is no heartbeat" in told.err
    assert 1 < told.err.count("No news for") < 5, "again, after twice as long"
    assert told.out == ""


async def test_that_no_broker_answers_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    await waited(broker=False, seconds=3 * SILENCE)
    assert "No Kafka broker answers at 127.0.0.1:1." in capsys.readouterr().err


async def test_that_the_case_does_not_begin_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    beats = [part for _ in range(100) for part in (BEAT, SILENCE / 5)]
    await waited(*beats, seconds=4 * SILENCE)
    assert "A gateway runs, and the ledger has nothing new." in capsys.readouterr().err


@pytest.mark.parametrize("quiet", [False, True])
async def test_that_an_agency_is_silent_is_reported_with_its_due_time(
    capsys: pytest.CaptureFixture[str], quiet: bool
) -> None:
    beats = [part for _ in range(100) for part in (BEAT, SILENCE / 5)]
    await waited(*ledger(OPENED, REQUESTED), *beats, seconds=4 * SILENCE, quiet=quiet)
    said = capsys.readouterr()
    told = " ".join(said.err.split())
    step = "construction-permit.review-planning/1"
    assert f"Planning has {step}, due 2099-03-16 (Asia/Shanghai), " in told
    assert "working days left" in told
    assert "gateway" not in told
    assert (said.out == "") == quiet


async def test_a_refusal_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = RefusedNotice(
        event=APPLIED.id,
        reason="conflict",
        text={"zh": "冲突", "en": "[red]conflict"},
        detail="urn:x:1 \u202e",
    )
    closing, code = await waited(_notice(refusal))
    assert (closing["outcome"], closing["refused"]["reason"], code) == (None, "conflict", 1)
    assert capsys.readouterr().out == "refused: [red]conflict\nurn:x:1 \\u202e\n"


async def test_what_others_write_to_these_topics_is_passed_over() -> None:
    junk: Sequence[Any] = [
        SimpleNamespace(topic="case.ledger", value=value, headers=())
        for value in (None, b"", b"\xff", b"[]", json.dumps({"specversion": "1.0"}).encode())
    ]
    forged = event("urn:cn-demo:platform", LedgerEntry.type, APPLIED.subject, {"kind": "closed"})
    half = event("urn:cn-demo:platform", RefusedNotice.type, APPLIED.subject, {"event": APPLIED.id})
    (_, code) = await waited(*junk, _record(forged), _record(half), *ledger(OPENED, CLOSED))
    assert code == 0


def _notice(refusal: RefusedNotice) -> Any:
    data = refusal.model_dump(mode="json")
    return _record(event("urn:cn-demo:platform", RefusedNotice.type, APPLIED.subject, data))


def _record(said: Event) -> Any:
    value, headers = said.encode()
    return SimpleNamespace(topic="channel.portal.notices", value=value, headers=headers)
