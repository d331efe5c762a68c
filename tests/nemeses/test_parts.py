"""The parts of the nemeses do what they say: a network that breaks, Java's placing, a judge that sees."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiokafka.partitioner import murmur2 as judge_of_murmur2

from contracts.platform import Posting
from contracts.terms.identifiers import CaseId, Party
from contracts.wire.dead_letter import Place
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Answered
from contracts.wire.topics import events_topic
from deploy.local.ports import LOOPBACK, free_port
from tests.applications import event, new_case
from tests.chains import chain
from tests.nemeses.builds import changed_build
from tests.nemeses.evidence import Acknowledged, Evidence, Said, Told
from tests.nemeses.faults import NEMESES
from tests.nemeses.judge import Verdict, judge
from tests.nemeses.partitioners import murmur2
from tests.nemeses.population import planned
from tests.nemeses.proxy import Proxy
from tests.nemeses.run import drawn
from tests.standing import Standing

END = b""
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
PLANNING = Party.agency("planning")


def test_the_other_build_says_what_it_says_by_names_that_it_has(tmp_path: Path) -> None:
    """It once used a module that the procedure no longer imported: each of its cases was stuck at that."""
    build = changed_build(tmp_path)
    read = "from workflows.construction_permit import workflow; workflow.patched"
    subprocess.run([sys.executable, "-c", read], cwd=build, env={"PYTHONPATH": str(build)}, check=True)


# --- the network -----------------------------------------------------------------------------------------


@asynccontextmanager
async def echoing() -> AsyncIterator[tuple[Proxy, list[bytes]]]:
    """A proxy before a server that says what it hears, and what that has heard."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            heard.append(said)
            writer.write(said)
        writer.close()

    port = free_port()
    server = await asyncio.start_server(serve, LOOPBACK, port)
    async with Proxy(port, Random(1)) as proxy:
        yield proxy, heard
    server.close()


async def answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes, *, within: float = 30
) -> bytes | None:
    """What comes back; None where nothing does, and nothing at all where the connection has ended."""
    writer.write(said)
    return await heard_by(reader, within=within)


async def heard_by(reader: asyncio.StreamReader, *, within: float = 30) -> bytes | None:
    """What a client hears next; see :func:`answer`."""
    try:
        return await asyncio.wait_for(reader.read(100), within)
    except TimeoutError:
        return None
    except ConnectionResetError:
        return END


async def test_a_network_that_is_cut_resets_connections_and_takes_none_until_it_is_sound() -> None:
    async with echoing() as (proxy, _):
        line = await asyncio.open_connection(LOOPBACK, proxy.port)
        assert await answer(*line, b"one") == b"one"
        await proxy.become("cut")
        assert await answer(*line, b"two") == END
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(LOOPBACK, proxy.port)
        await proxy.become("sound")
        assert await answer(*await asyncio.open_connection(LOOPBACK, proxy.port), b"three") == b"three"


async def test_a_half_open_connection_holds_what_is_said_and_may_go_on() -> None:
    async with echoing() as (proxy, heard):
        line = await asyncio.open_connection(LOOPBACK, proxy.port)
        await proxy.become("silent")
        assert await answer(*line, b"one", within=1.5) is None
        assert heard == []
        await proxy.become("sound")
        assert await heard_by(line[0]) == b"one"


async def test_where_only_answers_are_lost_the_server_has_heard_and_the_connection_is_dead_afterwards() -> (
    None
):
    async with echoing() as (proxy, heard):
        reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
        await proxy.become("deaf")
        assert await answer(reader, writer, b"one", within=1.5) is None
        assert heard == [b"one"]
        await proxy.become("sound")
        assert await heard_by(reader) == END


def test_placing_is_as_javas() -> None:
    """aiokafka's own port of it is the judge; two of Kafka's own test values beside it."""
    draw = Random(1)
    for length in range(80):
        key = draw.randbytes(length)
        assert murmur2(key) == judge_of_murmur2(key) & 0xFFFFFFFF
    assert murmur2(b"21") == -973932308 & 0xFFFFFFFF
    assert murmur2(b"foobar") == -790332482 & 0xFFFFFFFF


# --- a seed ----------------------------------------------------------------------------------------------


def test_a_seed_has_its_cases_and_its_faults() -> None:
    assert planned(3, 40, 100) == planned(3, 40, 100) != planned(4, 40, 100)
    assert {each.procedure for each in planned(3, 5, 100)} == {
        "construction-permit",
        "traffic-fine",
        "permit-receipt",
    }
    assert drawn(3) == drawn(3)
    assert sorted(drawn(3)) == sorted(NEMESES)
    assert len({tuple(drawn(seed)) for seed in range(9)}) == 9


# --- the judge -------------------------------------------------------------------------------------------


def answered(case: CaseId, after: float, offset: int = 0) -> Said:
    """Planning's answer, so many seconds after it was asked."""
    said = event(
        PLANNING,
        Answered.type,
        case,
        {"answer": {"outcome": "consent"}},
        event_id="answer",
        request=f"{case}/construction-permit.review-planning/1",
    )
    place = Place(events_topic(PLANNING), 0, offset)
    value, headers = said.encode()
    return Said(Standing(place, NOW + timedelta(seconds=after), case.encode(), value, tuple(headers)), said)


def asked(case: CaseId, kind: str = "requested", after: float = 0, **fields: Any) -> dict[str, Any]:
    """The step that asks planning, or another agency in its place; its silence binds 13 seconds later."""
    content = {
        "request": "construction-permit.review-planning",
        "procedure": "construction-permit",
        "due": (NOW + timedelta(seconds=after + 10)).isoformat(),
        "binding_end": (NOW + timedelta(seconds=after + 13)).isoformat(),
        "basis": "x",
        "outcomes": ["consent"],
        "content": {},
    }
    return step(case, kind, after, content=content, **fields)


def step(case: CaseId, kind: str, after: float = 0, **fields: Any) -> dict[str, Any]:
    """A step about the review by planning."""
    at = NOW + timedelta(seconds=after)
    about = {
        "step": "construction-permit.review-planning/1",
        "request": f"{case}/construction-permit.review-planning/1",
    }
    return {"kind": kind, "occurred": at, "received": at, "recorded": at, **about, **fields}


def found(case: CaseId, said: list[Said], *steps: dict[str, Any]) -> Evidence:
    """The evidence of a case that all three places agree about."""
    entries: list[LedgerEntry] = chain({"kind": "opened"}, *steps, {"kind": "closed"}, case=case)
    return Evidence(
        said=said,
        ledger=list(entries),
        beats=[NOW + timedelta(seconds=second) for second in range(60)],
        archived={case: list(entries)},
        postings={case: [Posting(entry=entry) for entry in entries]},
        status={case: "completed"},
    )


@pytest.fixture
def case() -> Iterator[CaseId]:
    return new_case()


def well(case: CaseId) -> Evidence:
    said = answered(case, 5)
    assert said.event
    return found(case, [said], asked(case), step(case, "answered", 5, cause=said.event.key))


def test_a_run_that_is_well(case: CaseId) -> None:
    verdict = judge(well(case), [case])
    assert verdict.findings == []
    assert (verdict.cases, verdict.events, verdict.effects) == (1, 1, 1)


def only(verdict: Verdict, kind: str) -> str:
    """The one finding, which is of this kind."""
    (finding,) = verdict.findings
    assert finding.startswith(kind), finding
    return finding


def test_an_event_that_is_nowhere_is_lost(case: CaseId) -> None:
    evidence = well(case)
    evidence.said.append(answered(case, 6, offset=1)._replace(event=event(PLANNING, "x", case, {})))
    assert "agency.planning.events/0/1" in only(judge(evidence, [case]), "loss")


def test_what_a_client_reported_as_delivered_and_is_not_there_is_lost(case: CaseId) -> None:
    evidence = well(case)
    (said,) = evidence.said
    there = Acknowledged(said.record.place.topic, said.record.key, said.record.value)
    evidence.acknowledged = {there, there._replace(value=b"in vain")}
    assert "is not there: in vain" in only(judge(evidence, [case]), "loss")


def test_an_event_that_took_effect_twice_is_a_double(case: CaseId) -> None:
    said = answered(case, 5)
    assert said.event
    steps = [step(case, "answered", 5, cause=said.event.key)] * 2
    assert "2 times" in only(judge(found(case, [said], asked(case), *steps), [case]), "double")


def test_what_nobody_said_is_a_double(case: CaseId) -> None:
    evidence = well(case)
    evidence.said.clear()
    assert "never said" in only(judge(evidence, [case]), "double")


def test_an_entry_with_two_contents_is_a_double(case: CaseId) -> None:
    evidence = well(case)
    evidence.ledger.append(evidence.ledger[1].model_copy(update={"hash": "1" * 64}))
    assert "two contents" in only(judge(evidence, [case]), "double")


def test_a_message_that_says_two_things_is_a_double(case: CaseId) -> None:
    evidence = well(case)
    evidence.told = [Told("channel.portal.notices", f"{case}/1/1", case, digest) for digest in ("a", "b")]
    assert "two things" in only(judge(evidence, [case]), "double")


def test_silence_that_was_none_binds_wrongly(case: CaseId) -> None:
    said = answered(case, 12.9)
    assert said.event
    late = step(case, "late", 14, cause=said.event.key)
    evidence = found(case, [said], asked(case), step(case, "deemed", 13.5), late)
    assert "was there 0.100 s before" in only(judge(evidence, [case]), "wrongly bound")


def test_what_came_at_the_deadline_was_not_there(case: CaseId) -> None:
    said = answered(case, 13)
    assert said.event
    late = step(case, "late", 14, cause=said.event.key)
    assert judge(found(case, [said], asked(case), step(case, "deemed", 13.5), late), [case]).findings == []


def test_a_consequence_within_the_grace_after_an_outage_binds_too_early(case: CaseId) -> None:
    evidence = found(case, [], asked(case), step(case, "deemed", 18))
    evidence.beats = [each for each in evidence.beats if not 10 < (each - NOW).total_seconds() < 17]
    assert "before it might bind" in only(judge(evidence, [case]), "wrongly bound")


def test_another_agency_is_asked_only_where_the_first_was_silent(case: CaseId) -> None:
    said = answered(case, 12.9)
    assert said.event
    late = step(case, "late", 14, cause=said.event.key)
    evidence = found(case, [said], asked(case), asked(case, "referred", 13), late)
    assert "was referred though" in only(judge(evidence, [case]), "wrongly bound")


def test_what_came_too_late_and_counted_is_bound_wrongly(case: CaseId) -> None:
    said = answered(case, 13.1)
    assert said.event
    evidence = found(case, [said], asked(case), step(case, "answered", 13.1, cause=said.event.key))
    assert "too late" in only(judge(evidence, [case]), "wrongly bound")


def test_who_is_asked_in_the_place_of_another_has_a_limit_of_its_own(case: CaseId) -> None:
    said = answered(case, 20)
    assert said.event
    steps = [asked(case), asked(case, "referred", 13), step(case, "answered", 20, cause=said.event.key)]
    assert judge(found(case, [said], *steps), [case]).findings == []
    late = answered(case, 26.1)
    evidence = found(case, [late], *steps[:2], step(case, "answered", 26.1, cause=said.event.key))
    assert "0.100 s too late" in only(judge(evidence, [case]), "wrongly bound")


@pytest.mark.parametrize(("asked_then", "wrong"), [("planning", True), ("housing", False)])
def test_only_who_is_asked_in_the_place_of_another_speaks_in_time(
    case: CaseId, asked_then: str, wrong: bool
) -> None:
    said = answered(case, 20)  # by planning
    assert said.event
    steps = [asked(case), asked(case, "referred", 13, agency=asked_then), step(case, "lapsed", 26.5)]
    evidence = found(case, [said], *steps, step(case, "late", 27, cause=said.event.key))
    findings = judge(evidence, [case]).findings
    assert ["was there 6.000 s before" in each for each in findings] == [True] * wrong


def test_an_archive_that_lacks_an_entry_and_a_letter_that_is_not_there_are_losses(case: CaseId) -> None:
    evidence = well(case)
    evidence.archived[case].pop()
    assert "the archive is not the ledger" in only(judge(evidence, [case]), "loss")


def test_a_case_that_does_not_end_is_stuck(case: CaseId) -> None:
    evidence = well(case)
    evidence.status[case] = "running"
    assert "is running" in only(judge(evidence, [case]), "stuck")


def test_a_case_that_has_ended_may_be_gone_where_temporal_was_restored(case: CaseId) -> None:
    evidence = well(case)
    evidence.status.clear()
    evidence.postings.clear()
    assert judge(evidence, [case], recovered=()).findings == []
    assert {each.split(":")[0] for each in judge(evidence, [case]).findings} == {"loss", "stuck"}
