"""What may end a procedure's course other than by its own return."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.terms.decisions import Grant, Refuse


class Withdrawal(BaseException):
    """The applicant withdrew. Raised at every verb until the case is decided.

    Not an ``Exception``, so that an author's ``except Exception`` cannot swallow it, and not a task
    cancellation, which would look like an operator's.
    """


class Lapsed(Exception):
    """A wait ended in a ``lapse`` rung. Where the author does not catch it, the application is refused.

    Attributes:
        reason: the reason code of the rung.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DecidedBySilence(Exception):
    """The statutory limit is over, and the law has decided the case. Raised at the verbs that were waiting.

    Where the author does not catch it, the case ends. Who catches it may do what follows from the decision,
    and returns it.

    Attributes:
        decision: as what the law counts the authority's silence.
    """

    def __init__(self, decision: Grant | Refuse) -> None:
        super().__init__(decision.outcome)
        self.decision = decision


Interruption = Withdrawal | DecidedBySilence | Lapsed


def interruption(error: BaseException) -> Interruption | None:
    """What ended a course: alone, or out of branches that ran at the same time in a task group.

    A withdrawal goes before the others, a decision before a lapse. None: something else went wrong, too, and
    that is a fault.
    """
    found = list(leaves(error))
    if not all(isinstance(each, Interruption) for each in found):
        return None
    for kind in (Withdrawal, DecidedBySilence, Lapsed):
        if first := next((each for each in found if isinstance(each, kind)), None):
            return first
    return None


def leaves(error: BaseException) -> Iterator[BaseException]:
    """An error itself, or those that came out of branches."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from leaves(each)
    else:
        yield error
