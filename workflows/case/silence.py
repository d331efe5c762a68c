"""Deciding when it is too late: then the law decides, where it takes silence for a decision."""

from __future__ import annotations

from contracts.terms.clock_rules import TacitGrant, TacitRefusal
from workflows.case.case import Case
from workflows.case.interruptions import DecidedBySilence
from workflows.case.waiting import wait_until


async def wait_for_the_law(case: Case) -> None:
    """Return if a course may decide: what it knows last came before the statutory limit ended, or by law
    nothing decides then. When the limit takes effect is another matter: that may be some time later.

    Raises:
        DecidedBySilence: the law has decided the case.
        Withdrawal: the applicant withdrew first.
    """
    if case.journal.silence is None and _is_over(case):
        await wait_until(case, lambda: case.journal.silence is not None or not _is_over(case))
    if case.journal.silence is not None:
        raise DecidedBySilence(case.journal.silence)


def _is_over(case: Case) -> bool:
    limit = case.journal.deadlines.get("statutory")
    if limit is None or limit.end is None or not isinstance(case.law.late, TacitGrant | TacitRefusal):
        return False
    return limit.end <= case.moment
