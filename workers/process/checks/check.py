"""What a check is, what it finds, and how checks are made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeVar, get_args

from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from contracts.terms.errors import SeamlessError
from workers.process.checks.servers import Server, Servers
from workers.process.settings import Settings

T = TypeVar("T")

CHECK_SECONDS = 20.0
"""How long one check may take, unless it says otherwise."""

Result = Literal["well", "wrong", "away"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        check: its name.
        result: ``well``; ``wrong``; or ``away``: a server that it asks does not answer, and nothing was
            compared.
        compared: what was compared with what, and how the two differ if they do.
        cure: what a person does about it; empty when it is well.
    """

    result: Result
    compared: str
    cure: str = ""
    check: str = ""


def well(compared: str) -> Finding:
    """Nothing is wrong."""
    return Finding("well", compared)


def wrong(compared: str, cure: str) -> Finding:
    """Something is wrong; ``cure`` says what a person does about it."""
    return Finding("wrong", compared, cure)


class Check(NamedTuple):
    """One check.

    Attributes:
        name: words with dashes; also the reason why a process is not ready.
        ask: finds out. What it raises because a server does not answer is a finding, too.
        needs: the servers that it asks. A process makes the checks of the servers that it works with.
        at_start: processes make it before they begin. Others are for ``seamless doctor`` alone.
        seconds: so long it may take.
        final: what it finds wrong is a setting that only a new start can read again. So the process ends;
            otherwise it waits, since an operator can fix the server meanwhile.
    """

    name: str
    ask: Callable[[Servers], Awaitable[Finding]]
    needs: frozenset[Server] = frozenset()
    at_start: bool = True
    final: bool = False
    seconds: float = CHECK_SECONDS


async def make(checks: Sequence[Check], settings: Settings) -> list[Finding]:
    """Make some checks, at the same time.

    Returns:
        What was found of each server that they need, under the server's name, then of each check in their
        order.
    """
    needed = sorted({server for check in checks for server in check.needs}, key=get_args(Server).index)
    async with Servers(settings) as servers:
        reached = await servers.reach(needed)
        away = {server for server, why in reached.items() if why}
        found = await made(checks, servers, away)
    return [
        *(
            Finding("away", why, check=server)
            if why
            else Finding("well", servers.answer(server), check=server)
            for server, why in reached.items()
        ),
        *found,
    ]


async def made(checks: Sequence[Check], servers: Servers, away: Collection[Server]) -> list[Finding]:
    """Make some checks on servers that were reached, but for those that are ``away``; in their order."""
    return list(await asyncio.gather(*(_made(check, servers, away) for check in checks)))


async def _made(check: Check, servers: Servers, away: Collection[Server]) -> Finding:
    if unreached := sorted(check.needs & set(away)):
        return Finding("away", f"nothing, since {' and '.join(unreached)} cannot be asked", check=check.name)
    try:
        return replace(await answered(check.ask(servers), check.seconds), check=check.name)
    except NotAnswered as error:
        return Finding("away", f"nothing: {error}", check=check.name)
    except Exception as error:  # the others are made all the same
        told = f"nothing: the check itself failed: {type(error).__name__}: {error}"
        return replace(wrong(told, "this is a fault of Seamless: report it"), check=check.name)


class NotAnswered(Exception):
    """A server did not answer; says why, as far as that is known."""


async def answered(asked: Awaitable[T], seconds: float) -> T:
    """What a server answers.

    Raises:
        NotAnswered: nothing, or not within so many seconds.
    """
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except TimeoutError:
        raise NotAnswered(f"no answer within {seconds:g} s") from None
    except (SeamlessError, KafkaError, RPCError, SQLAlchemyError, OSError) as error:
        raise NotAnswered(str(error) or type(error).__name__) from None


def of_servers(checks: Sequence[Check], servers: Collection[Server]) -> list[Check]:
    """Those checks that a process makes at its start which works with these servers."""
    return [check for check in checks if check.at_start and check.needs <= set(servers)]
