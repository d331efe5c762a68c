"""Automated checks: a function of a department that answers a type of request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.tracing import checking
from contracts.terms.errors import Refusal
from contracts.terms.requests import Answer, Request

R = TypeVar("R", bound=Request[Any])
A = TypeVar("A", bound=Answer)


def automated(request: type[R]) -> Callable[[Callable[[R], Awaitable[A]]], Callable[[R], Awaitable[Answer]]]:
    """Make a function the automated check that answers requests of this type, as an activity.

    What it returns is checked against the request's answer type, like the answer of its own system at the
    gateway. One that does not fit fails the activity, where the department's operators see it; it is tried
    again, and the overdue ladder of the request goes on. So is one that says it has failed for good: until it
    is fixed, nothing follows.

    Raises:
        TypeError: no service item lists the request.
    """

    name = request.bound().name

    def bind(check: Callable[[R], Awaitable[A]]) -> Callable[[R], Awaitable[Answer]]:
        @activity.defn(name=name)
        @wraps(check)
        async def checked(asked: R) -> Answer:
            with checking(name):
                try:
                    returned = await check(asked)
                except ApplicationError as error:
                    if error.non_retryable:  # then nobody would see it any more, and fixed code not run
                        raise ApplicationError(error.message, *error.details, type=error.type) from error
                    raise
                return answer_of(request, returned)

        return checked

    return bind


def answer_of(request: type[Request[Any]], returned: object) -> Answer:
    """What a check returned, as an answer to ``request``.

    Raises:
        ApplicationError: it is none; says why.
    """
    try:
        return request.answer_from(
            returned.model_dump(mode="json") if isinstance(returned, Answer) else returned
        )
    except Refusal as refusal:
        raise _no_answer(request, refusal.detail) from None
    except ValueError as error:
        raise _no_answer(request, str(error)) from None


def _no_answer(request: type[Request[Any]], why: str) -> ApplicationError:
    return ApplicationError(
        f"the check of {request.name} returned no {request.answer.__name__}: {why}", type="NoAnswer"
    )
