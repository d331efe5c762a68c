"""What a procedure asks of an agency and what it gets back.

A request type is the single place that says who must do what by when, and what follows if they do
not: agency, limit, legal basis, overdue ladder and answer type stand in its class statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, get_args

from pydantic import Field, ValidationError

from contracts.terms.identifiers import AgencyId, dashed
from contracts.terms.limits import Limit
from contracts.terms.step_names import claim
from contracts.terms.values import Contract, DocumentRef, Statement, Text, absent


class Answer(Statement):
    """What an agency answers. Subclasses narrow ``outcome`` to a closed set of literals.

    ``deemed`` is set by the platform alone: the answer that the law supplies when none came in time.
    """

    outcome: str
    reason: Text | None = Field(default=None, exclude_if=absent)
    note: Text | None = Field(default=None, exclude_if=absent)
    deemed: bool = Field(default=False, exclude_if=lambda value: value is False)

    @classmethod
    def outcomes(cls) -> tuple[str, ...]:
        """The closed set of outcomes."""
        return get_args(cls.model_fields["outcome"].annotation)


class Remind(Contract):
    """Remind the agency after ``at`` (0 to 1) of its limit."""

    rung: Literal["remind"] = "remind"
    at: float = Field(gt=0, lt=1)


class Escalate(Contract):
    """When the limit has passed, tell the agency ``to`` and give ``grace`` more."""

    rung: Literal["escalate"] = "escalate"
    to: AgencyId
    grace: Limit


class Deem(Contract):
    """The ladder's end: the law takes silence as ``outcome``."""

    rung: Literal["deem"] = "deem"
    outcome: str


class Lapse(Contract):
    """The ladder's end: silence makes the application fail, for ``reason``."""

    rung: Literal["lapse"] = "lapse"
    reason: str


Rung = Annotated[Remind | Escalate | Deem | Lapse, Field(discriminator="rung")]


def remind(at: float) -> Remind:
    """Remind the agency after ``at`` (0 to 1) of its limit."""
    return Remind(at=at)


def escalate(to: AgencyId, grace: Limit) -> Escalate:
    """When the limit has passed, tell the agency ``to`` and give ``grace`` more."""
    return Escalate(to=to, grace=grace)


def deem(outcome: str) -> Deem:
    """End the ladder: the law takes silence as ``outcome``."""
    return Deem(outcome=outcome)


def lapse(reason: str) -> Lapse:
    """End the ladder: silence makes the application fail, for ``reason``."""
    return Lapse(reason=reason)


A_co = TypeVar("A_co", bound=Answer, covariant=True)


class Request(Contract, Generic[A_co]):
    """A request of one agency, answered by ``A_co``.

    Class keywords:
        agency: who answers.
        limit: how long it may take.
        basis: the rule that says so.
        overdue: what happens when it takes longer; the last rung is a :class:`Deem` or a :class:`Lapse`.

    Raises:
        TypeError: at definition, where the ladder has no end or deems an outcome the answer lacks, or where
            the name is a verb's or another request type's.
    """

    name: ClassVar[str]
    agency: ClassVar[AgencyId]
    limit: ClassVar[Limit]
    basis: ClassVar[str]
    overdue: ClassVar[tuple[Remind | Escalate | Deem | Lapse, ...]]
    answer: ClassVar[type[Answer]]

    def __init_subclass__(
        cls,
        *,
        agency: AgencyId | None = None,
        limit: Limit | None = None,
        basis: str = "",
        overdue: Sequence[Remind | Escalate | Deem | Lapse] = (),
    ) -> None:
        super().__init_subclass__()
        if agency and limit:  # else Request[SomeAnswer], not yet a request type
            cls.name = dashed(cls.__name__)
            cls.agency, cls.limit, cls.basis, cls.overdue = agency, limit, basis, tuple(overdue)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "name" not in vars(cls):
            return
        cls.answer = next(
            base.__pydantic_generic_metadata__["args"][0]
            for base in cls.__mro__
            if issubclass(base, Request) and base.__pydantic_generic_metadata__["args"]
        )
        _check_ladder(cls)
        claim(cls.name, cls)
        REQUESTS[cls.name] = cls


def _check_ladder(request: type[Request[Any]]) -> None:
    ends = [rung for rung in request.overdue if isinstance(rung, Deem | Lapse)]
    if not request.overdue or ends != [request.overdue[-1]]:
        raise TypeError(
            f"{request.__name__}: its overdue ladder has to end, once, in deem(...) or lapse(...)"
        )
    if isinstance(ends[0], Deem):
        try:
            request.answer(outcome=ends[0].outcome, deemed=True)
        except ValidationError as error:
            raise TypeError(f"{request.__name__}: cannot deem {ends[0].outcome!r}: {error}") from None


REQUESTS: dict[str, type[Request[Any]]] = {}
"""Every request type by its name, as defined; the gateway checks answers against it."""


class Issued(Answer):
    """A document was issued; ``outstanding``: the duty to issue it stands, an officer has to act."""

    outcome: Literal["issued", "outstanding"]
    document: DocumentRef | None = Field(default=None, exclude_if=absent)
