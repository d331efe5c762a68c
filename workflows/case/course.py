"""Running a procedure's course to its decision, and reporting its author's mistakes."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from temporalio.exceptions import FailureError

from contracts.terms.decisions import Decision, Refuse, Withdrawn
from workflows.case.case import Case
from workflows.case.deciding import decide
from workflows.case.faults import CourseFault
from workflows.case.interruptions import DecidedBySilence, Lapsed, Withdrawal, interruption, leaves
from workflows.case.outbox import WouldFork
from workflows.case.silence import wait_for_the_law

_LIBRARY = str(Path(__file__).parent)


async def run_course(case: Case, course: Coroutine[Any, Any, Decision]) -> Decision:
    """The course's decision; or the one that an interruption, which the course did not catch, stands for.

    Raises:
        CourseFault: anything else came out of the course, or it returned what it had not decided. Some
            errors would fail the workflow if they were let through: Temporal's own, and a time-out.
    """
    try:
        decision = await course
    except (GeneratorExit, WouldFork, asyncio.CancelledError):
        raise  # where it was cancelled from inside, whoever follows it says so
    except BaseException as error:
        interrupted = interruption(error)
        if interrupted is None:
            raise _fault(case, error) from error
    else:
        _check_decided(case, decision)
        return decision
    if isinstance(interrupted, Lapsed):
        try:
            await wait_for_the_law(case)
        except (DecidedBySilence, Withdrawal) as instead:
            interrupted = instead
    if isinstance(interrupted, DecidedBySilence):
        return interrupted.decision
    if isinstance(interrupted, Lapsed):
        case.stop_all("the application is refused")
        decision = Refuse(reason=interrupted.reason)
    else:
        case.stop_all("the applicant withdrew")
        decision = Withdrawn()
    decide(case, decision)
    return decision


def _check_decided(case: Case, returned: Decision) -> None:
    """Return if what a course returns is what it has decided.

    Raises:
        CourseFault: it is not.
    """
    decided = case.decision or case.journal.silence
    if decided is None:
        raise CourseFault(
            f"{case.item.procedure}: its course returned {returned!r} and has decided nothing; "
            "write: return await self.decide(...), or self.end(...)"
        )
    if returned != decided:
        raise CourseFault(
            f"{case.item.procedure}: its course decided {decided!r} and returned {returned!r}; "
            "return what self.decide(...) gave back"
        )


def _fault(case: Case, error: BaseException) -> CourseFault:
    leaf = next(leaves(error))
    told = f"{type(leaf).__name__}: {leaf}" if str(leaf) else type(leaf).__name__
    return CourseFault(f"{case.item.procedure}: its course failed{_place(leaf)}: {told}. {_cure(leaf)}")


def _cure(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return (
            "A course has no time-outs of its own: give the verb its limit (within=, until=, or the limit "
            "of the request type), and take out asyncio.timeout, wait_for and the like"
        )
    if isinstance(error, FailureError):
        return "A course awaits nothing but the verbs of its procedure; ask an agency instead"
    return "The case waits at its last step, and goes on when the orchestrator runs mended code"


def _place(error: BaseException) -> str:
    """Where in the author's code: the last line in the module of the course, or of its branch."""
    frames = [
        (frame.f_globals.get("__name__", ""), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith(_LIBRARY)
    ]
    own = [(module, line) for module, line in frames if module == frames[0][0]]
    return f" in {own[-1][0]}, line {own[-1][1]}" if own else ""
