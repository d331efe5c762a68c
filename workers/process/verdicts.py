"""Whether a procedure may open new cases: what checking its code found, asked of a process of its own.

Exploring a procedure takes seconds of a whole core, and what a process explores it imports; so whoever needs
the answer runs the command, as a person would, and goes on with other work meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple, TypeVar

from contracts.terms.errors import SeamlessError

T = TypeVar("T")

COMMAND = (sys.executable, "-m", "seamless.explore.verdict")
SECONDS_AT_MOST = 900.0
NICE = 10
"""It yields to the processes that carry cases."""


class Verdict(NamedTuple):
    """What checking a workflow type found.

    Attributes:
        broken: the rules that it breaks, each once, as ``seamless procedure check`` names them; none: new
            cases may be opened.
    """

    workflow_type: str
    broken: tuple[str, ...]


class NoVerdict(SeamlessError):
    """The check itself failed: nobody knows whether the procedure is sound."""


async def verdict_of(workflow_type: str) -> Verdict:
    """What ``seamless procedure check`` finds of a workflow type; at once where this code was checked before.

    Raises:
        NoVerdict: the check itself failed, with the last that it said.
    """
    return Verdict(workflow_type, tuple(await _said("broken", workflow_type)))


async def unreached_in_sandbox(workflow_type: str) -> tuple[str, ...]:
    """The lines of a workflow type that the SDK's sandbox did not reach when its paths were driven there, or
    did not let through, as ``file:line``.

    Raises:
        NoVerdict: they could not be driven.
    """
    return tuple(await _said("unreached", workflow_type))


async def of_each(ask: Callable[[str], Awaitable[T]], workflow_types: Iterable[str]) -> list[T]:
    """What ``ask`` finds of each workflow type, in order; as many at the same time as there are cores."""
    cores = asyncio.Semaphore(os.cpu_count() or 1)

    async def found(workflow_type: str) -> T:
        async with cores:
            return await ask(workflow_type)

    return await asyncio.gather(*map(found, workflow_types))


async def _said(what: str, workflow_type: str) -> list[str]:
    # It ends when its standard input does: also when this process is killed.
    process = await asyncio.create_subprocess_exec(
        *COMMAND, what, workflow_type, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    with contextlib.suppress(OSError, AttributeError):  # it has ended, or the system knows no priorities
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(SECONDS_AT_MOST):
            said, errors = await asyncio.gather(process.stdout.read(), process.stderr.read())
            code = await process.wait()
    except TimeoutError:
        raise NoVerdict(f"{workflow_type} was not explored within {SECONDS_AT_MOST:g} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if code:
        last = errors.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {code}"]
        raise NoVerdict(f"{workflow_type} could not be explored: {last[0]}")
    return [str(each) for each in json.loads(said)]
