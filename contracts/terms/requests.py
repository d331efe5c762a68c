"""What a procedure asks of an agency and what it gets back.

A request type is the single place that says who must do what by when, and what follows if they do
not: agency, limit, legal basis, overdue ladder and answer type stand in its class statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar, get_args

from pydantic import Field, ValidationError, model_validator

from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import AgencyId, dashed
from contracts.terms.limits import Limit
from contracts.terms.step_names import claim
from contracts.terms.values import Contract, DocumentRef, Statement, Text, absent, beyond


class Answer(Statement):
    """What an agency answers. Subclasses narrow ``outcome`` to a closed set of literals.

    ``reason`` is one of the request's reason codes. ``deemed`` is set by the platform alone: the answer that
    the law supplies when none came in time.

    Class keywords:
        needs: by outcome, the field without which it says nothing. With another outcome that field is empty.
    """

    needs: ClassVar[Mapping[str, str]] = MappingProxyType({})

    outcome: str
    reason: Text | None = Field(default=None, exclude_if=absent)
    note: Text | None = Field(default=None, exclude_if=absent)
    deemed: bool = Field(default=False, exclude_if=lambda value: value is False)

    def __init_subclass__(cls, *, needs: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if needs is not None:
            cls.needs = MappingProxyType(dict(needs))

    @model_validator(mode="after")
    def _says_what_its_outcome_needs(self) -> Self:
        for outcome, field in self.needs.items():
            if self.outcome == outcome and not getattr(self, field):
                raise beyond((field,), f"the outcome {outcome!r} needs it")
        for field in dict.fromkeys(self.needs.values()):  # in order: a case says the same in every replay
            if getattr(self, field) and field != self.needs.get(self.outcome):
                raise beyond((field,), f"does not go with the outcome {self.outcome!r}")
        return self

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


class Refer(Contract):
    """The ladder's end: the agency ``to`` answers in the place of the one that did not, ``within`` a limit of
    its own. If it is silent, too, the application fails, for the reason ``otherwise``."""

    rung: Literal["refer"] = "refer"
    to: AgencyId
    within: Limit
    otherwise: str


End = Deem | Lapse | Refer
Rung = Annotated[Remind | Escalate | End, Field(discriminator="rung")]


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


def refer(to: AgencyId, within: Limit, otherwise: str) -> Refer:
    """End the ladder: ``to`` answers in the agency's place; if it does not, the application fails for the
    reason ``otherwise``."""
    return Refer(to=to, within=within, otherwise=otherwise)


A_co = TypeVar("A_co", bound=Answer, covariant=True)


class Request(Contract, Generic[A_co]):
    """A request of one agency, answered by ``A_co``.

    Class keywords:
        agency: who answers.
        limit: how long it may take.
        basis: the rule that says so.
        overdue: what happens when it takes longer; the last rung is a :class:`Deem`, a :class:`Lapse` or a
            :class:`Refer`.
        reasons: the reason codes that an answer may name; without any, it names none.

    Raises:
        TypeError: at definition, where it says no agency, limit or answer, the ladder has no end or deems an
            outcome the answer lacks, or where the name is a verb's or another request type's.
    """

    name: ClassVar[str]
    agency: ClassVar[AgencyId]
    limit: ClassVar[Limit]
    basis: ClassVar[str]
    overdue: ClassVar[tuple[Remind | Escalate | End, ...]]
    reasons: ClassVar[tuple[str, ...]]
    answer: ClassVar[type[Answer]]

    def __init_subclass__(
        cls,
        *,
        agency: AgencyId | None = None,
        limit: Limit | None = None,
        basis: str = "",
        overdue: Sequence[Remind | Escalate | End] = (),
        reasons: Sequence[str] = (),
    ) -> None:
        super().__init_subclass__()
        if agency and limit:
            cls.name = dashed(cls.__name__)
            cls.agency, cls.limit, cls.basis = agency, limit, basis
            cls.overdue, cls.reasons = tuple(overdue), tuple(reasons)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.__pydantic_generic_metadata__["origin"]:
            return  # Request[SomeAnswer], not yet a request type
        if "name" not in vars(cls):
            raise TypeError(
                f"{cls.__name__}: a request type says whom it asks and how long that may take; write "
                f"class {cls.__name__}(Request[...], agency=..., limit=..., basis=..., overdue=[...])"
            )
        cls.answer = _answer_of(cls)
        _check_ladder(cls)
        claim(cls.name, cls)
        REQUESTS[cls.name] = cls

    @classmethod
    def answerers(cls) -> tuple[AgencyId, ...]:
        """The agencies that may be asked this: its own, and the one that it may be referred to."""
        return cls.agency, *(rung.to for rung in cls.overdue if isinstance(rung, Refer))

    @classmethod
    def codes(cls) -> tuple[str, ...]:
        """The reason codes that may come out of it: those of its answers, and that of its ladder's end."""
        ends = [rung.reason for rung in cls.overdue if isinstance(rung, Lapse)]
        ends += [rung.otherwise for rung in cls.overdue if isinstance(rung, Refer)]
        return *cls.reasons, *ends

    @classmethod
    def answer_from(cls, said: Any) -> Answer:
        """What an agency said, as an answer to this request.

        Raises:
            Refusal: it is none; its field is below ``data.answer``.
        """
        place = "data.answer"
        try:
            answer = cls.answer.model_validate(said)
        except ValidationError as error:
            raise refusal_of(error, under=place) from None
        if answer.deemed:
            place += ".deemed"
            detail = f"{place}: only the platform may set it, when no answer came in time"
            raise Refusal("invalid", detail, place)
        if answer.reason is not None and answer.reason not in cls.reasons:
            place += ".reason"
            known = f"one of: {', '.join(cls.reasons)}" if cls.reasons else "absent"
            raise Refusal("invalid", f"{place}: has to be {known}", place)
        return answer


def _answer_of(request: type[Request[Any]]) -> type[Answer]:
    for base in request.__mro__:
        if issubclass(base, Request) and (args := base.__pydantic_generic_metadata__["args"]):
            return args[0]  # type: ignore[no-any-return]
    raise TypeError(f"{request.__name__}: a request type says what answers it; write Request[SomeAnswer]")


def _check_ladder(request: type[Request[Any]]) -> None:
    ends = [rung for rung in request.overdue if isinstance(rung, End)]
    if not request.overdue or ends != [request.overdue[-1]]:
        raise TypeError(
            f"{request.__name__}: its overdue ladder has to end, once, in deem(...), lapse(...) or refer(...)"
        )
    if isinstance(ends[0], Deem):
        try:
            request.answer(outcome=ends[0].outcome, deemed=True)
        except ValidationError as error:
            raise TypeError(f"{request.__name__}: cannot deem {ends[0].outcome!r}: {error}") from None


REQUESTS: dict[str, type[Request[Any]]] = {}
"""Every request type by its name, as defined; the gateway checks answers against it."""


class Issued(Answer, needs={"issued": "document"}):
    """A document was issued; ``outstanding``: the duty to issue it stands, an officer has to act."""

    outcome: Literal["issued", "outstanding"]
    document: DocumentRef | None = Field(default=None, exclude_if=absent)
