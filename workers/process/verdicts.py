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
from typing import NamedTuple

from contracts.terms.errors import SeamlessError

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
    # It ends when its standard input does: also when this process is killed.
    process = await asyncio.create_subprocess_exec(
        *COMMAND, workflow_type, stdin=PIPE, stdout=PIPE, stderr=PIPE
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
        raise NoVerdict(f"{workflow_type} was not checked within {SECONDS_AT_MOST:g} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if code:
        last = errors.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {code}"]
        raise NoVerdict(f"{workflow_type} could not be checked: {last[0]}")
    return Verdict(workflow_type, tuple(json.loads(said)["broken"]))
