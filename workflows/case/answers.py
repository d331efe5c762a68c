"""The answers that came to several requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, cast

from contracts.terms.requests import Answer, Request
from workflows.case.faults import CourseFault

R = TypeVar("R", bound=Answer)
Q = TypeVar("Q", bound=Answer)


class Answers(Generic[R]):
    """The answers that came to several requests: each by its request, and all in the order in which they took
    effect."""

    def __init__(self, asked: Sequence[Request[R]], answered: Sequence[tuple[Request[R], R]]) -> None:
        """
        Args:
            asked: the requests.
            answered: those that were not stopped, with their answers, in order.
        """
        self._asked = tuple(asked)
        self._answered = tuple(answered)

    def __len__(self) -> int:
        return len(self._answered)

    def __iter__(self) -> Iterator[R]:
        return iter([answer for _, answer in self._answered])

    def of(self, request: Request[Q] | type[Request[Q]]) -> Q | None:
        """The answer to a request, or to the only one of a type; None where it was stopped before it came.

        Raises:
            CourseFault: it was not asked, or several of that type were.
        """
        asked = [each for each in self._asked if _is(each, request)]
        if len(asked) != 1:
            said = request.__name__ if isinstance(request, type) else repr(request)
            known = ", ".join(type(each).__name__ for each in self._asked)
            raise CourseFault(f"{len(asked)} requests are {said}, and one has to be; asked were: {known}")
        return cast("Q | None", next((answer for each, answer in self._answered if each is asked[0]), None))

    def first(self, outcome: str) -> R | None:
        """The first answer with this outcome."""
        return next((answer for answer in self if answer.outcome == outcome), None)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that were set, by all."""
        return tuple(text for answer in self for text in getattr(answer, "conditions", ()))


def _is(asked: Request[Any], request: Request[Any] | type[Request[Any]]) -> bool:
    return isinstance(asked, request) if isinstance(request, type) else asked is request
