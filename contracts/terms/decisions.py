"""How a case ends. ``deemed``: the law decided, because nobody had by the end of the limit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.terms.values import Contract, Text, absent


class Grant(Contract):
    """The application is granted, under the conditions that the agencies set."""

    outcome: Literal["granted"] = "granted"
    conditions: tuple[Text, ...] = ()
    deemed: bool = Field(default=False, exclude_if=lambda value: value is False)


class Refuse(Contract):
    """The application is refused for ``reason``, a code of the service item; ``because`` is the ground."""

    outcome: Literal["refused"] = "refused"
    reason: Text
    because: Text | None = Field(default=None, exclude_if=absent)
    deemed: bool = Field(default=False, exclude_if=lambda value: value is False)


class Withdrawn(Contract):
    """The applicant took the application back before it was decided."""

    outcome: Literal["withdrawn"] = "withdrawn"


class Ended(Contract):
    """The case ends without a decision on the application; ``result`` is a word of the procedure."""

    outcome: Literal["ended"] = "ended"
    result: Text


Decision = Annotated[Grant | Refuse | Withdrawn | Ended, Field(discriminator="outcome")]
