"""What may end a procedure's course other than by its own return."""

from __future__ import annotations


class Withdrawal(BaseException):
    """The applicant withdrew. Raised at every verb until the case is decided.

    No ``Exception``, so that an author's ``except Exception`` cannot eat it, and no task cancellation,
    which would look like an operator's.
    """


class Lapsed(Exception):
    """A wait ended in a ``lapse`` rung. Where the author does not catch it, the application is refused.

    Attributes:
        reason: the reason code of the rung.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_withdrawal(error: BaseException) -> bool:
    """Whether an error is a withdrawal, alone or from several branches of a task group."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_withdrawal(each) for each in error.exceptions)
    return isinstance(error, Withdrawal)
