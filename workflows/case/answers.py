"""The answers that came to several requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from contracts.terms.requests import Answer

R = TypeVar("R", bound=Answer)


class Answers(Sequence[R]):
    """The answers that came to several requests, in the order in which they took effect."""

    def __init__(self, answers: Sequence[R]) -> None:
        self._answers = tuple(answers)

    def __len__(self) -> int:
        return len(self._answers)

    def __getitem__(self, index: Any) -> Any:
        return self._answers[index]

    def __iter__(self) -> Iterator[R]:
        return iter(self._answers)

    def first(self, outcome: str) -> R | None:
        """The first answer with this outcome."""
        return next((answer for answer in self._answers if answer.outcome == outcome), None)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that were set, by all."""
        return tuple(text for answer in self._answers for text in getattr(answer, "conditions", ()))
