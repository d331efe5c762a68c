"""Checks: each is made, whatever another one does, and what could not be compared is never called well."""

from __future__ import annotations

from aiokafka.errors import KafkaConnectionError

from deploy.local.ports import free_port
from workers.process.checks.check import Check, Finding, make, well, wrong
from workers.process.checks.servers import Servers
from workers.process.settings import load_settings

NOWHERE = load_settings(kafka=f"127.0.0.1:{free_port()}", temporal=f"127.0.0.1:{free_port()}")


async def is_well(_: Servers) -> Finding:
    return well("one with another")


async def is_wrong(_: Servers) -> Finding:
    return wrong("one with another: they differ", "make them the same")


async def loses_its_server(_: Servers) -> Finding:
    raise KafkaConnectionError("closed")


async def test_each_says_what_it_compared_under_its_name() -> None:
    found = await make([Check("first", is_well), Check("second", is_wrong)], NOWHERE)
    assert found == [
        Finding("well", "one with another", check="first"),
        Finding("wrong", "one with another: they differ", "make them the same", check="second"),
    ]


async def test_what_needs_a_server_that_is_away_was_not_compared() -> None:
    checks = [Check("topics", is_well, frozenset({"kafka"})), Check("calendar", is_well)]
    server, topics, calendar = await make(checks, NOWHERE)
    assert (server.check, server.result) == ("kafka", "away")
    assert "nobody listens" in server.compared
    assert topics == Finding("away", "nothing, since kafka cannot be asked", check="topics")
    assert calendar.result == "well"


async def test_a_server_that_goes_away_in_between_is_away() -> None:
    [found] = await make([Check("topics", loses_its_server)], NOWHERE)
    assert found == Finding("away", "nothing: KafkaConnectionError: closed", check="topics")


async def test_a_check_with_a_fault_hides_no_other() -> None:
    async def faulty(_: Servers) -> Finding:
        raise ZeroDivisionError("division by zero")

    first, second = await make([Check("first", faulty), Check("second", is_well)], NOWHERE)
    assert (first.result, second.result) == ("wrong", "well")
    assert "ZeroDivisionError: division by zero" in first.compared


async def test_a_server_that_does_not_answer_in_time_is_away() -> None:
    import asyncio

    async def hangs(_: Servers) -> Finding:
        await asyncio.Event().wait()
        return well("")

    [found] = await make([Check("topics", hangs, seconds=0.05)], NOWHERE)
    assert found == Finding("away", "nothing: no answer within 0.05 s", check="topics")
