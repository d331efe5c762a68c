"""What a procedure asks of an agency and what it gets back.

A request type says who must do what by when, and what follows if they do not: its class statement names
agency, limit, legal basis, overdue ladder and answer type. A law version may state a different limit, basis,
ladder or different reasons for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.limits import Limit
from contracts.terms.values import Contract, DocumentRef, MissingItem, Statement, Text, absent, beyond
from contracts.terms.wire_names import Named


class Answer(Statement):
    """What an agency answers. Subclasses narrow ``outcome`` to a closed set of literals.

    ``reason`` is one of the request's reason codes. ``deemed`` is set only by the platform: the answer that
    the law supplies when none came in time.

    Class keywords:
        needs: by outcome, the field that it requires. With any other outcome that field is empty.
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


class Approval(Answer):
    """Whether an agency approves something."""

    outcome: Literal["approved", "refused"]


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
    """The ladder's end: the agency ``to`` answers in the place of the one that did not, ``within`` a new
    limit. If it is also silent, the application fails, for the reason ``otherwise``."""

    rung: Literal["refer"] = "refer"
    to: AgencyId
    within: Limit
    otherwise: str


End = Deem | Lapse | Refer
Rung = Annotated[Remind | Escalate | End, Field(discriminator="rung")]


def end_of(overdue: Sequence[Remind | Escalate | End]) -> End | None:
    """The end of an overdue ladder, its last rung; None where it does not end there, and only there."""
    ends = [rung for rung in overdue if isinstance(rung, End)]
    return ends[0] if ends and ends == [overdue[-1]] else None


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


class Terms(Contract):
    """On what terms an agency is asked: how long it may take, the rule that says so, what happens when it
    takes longer, and the reason codes that its answer may name; without any, it names none."""

    limit: Limit
    basis: Text
    overdue: tuple[Rung, ...]
    reasons: tuple[Text, ...] = ()


A_co = TypeVar("A_co", bound=Answer, covariant=True)


class Request(Named, Generic[A_co]):
    """A request of one agency, answered by ``A_co``.

    Its terms are what the class states, unless the law version of a case says otherwise.

    Class keywords:
        agency: who answers.
        limit: how long it may take.
        basis: the rule that says so.
        overdue: what happens when it takes longer; the last rung is a :class:`Deem`, a :class:`Lapse` or a
            :class:`Refer`.
        reasons: the reason codes that an answer may name; without any, it names none.
        by_person: an answer counts only if it names the officer who gives it.
        second_to: so it does, and only if another officer answered the last request of that type: two persons
            have to say it.

    Attributes:
        stated: the terms that the class states.
        versions: the terms under each law version of its procedure.
        stand_ins: the agencies to which an operator may move it, besides those to which the law refers it.

    Raises:
        TypeError: at definition, if it names no agency, limit or answer, or the ladder has no end or deems
            an outcome that the answer lacks.
    """

    agency: ClassVar[AgencyId]
    stated: ClassVar[Terms]
    versions: ClassVar[tuple[Terms, ...]]
    stand_ins: ClassVar[tuple[AgencyId, ...]] = ()
    answer: ClassVar[type[Answer]]
    by_person: ClassVar[bool] = False
    second_to: ClassVar[type[Request[Any]] | None] = None

    def __init_subclass__(
        cls,
        *,
        agency: AgencyId | None = None,
        limit: Limit | None = None,
        basis: str = "",
        overdue: Sequence[Remind | Escalate | End] = (),
        reasons: Sequence[str] = (),
        by_person: bool = False,
        second_to: type[Request[Any]] | None = None,
    ) -> None:
        super().__init_subclass__()
        if agency and limit:
            cls.agency, cls.procedure = agency, None
            cls.by_person, cls.second_to = by_person or second_to is not None, second_to
            cls.stated = Terms(limit=limit, basis=basis, overdue=tuple(overdue), reasons=tuple(reasons))
            cls.versions = (cls.stated,)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.__pydantic_generic_metadata__["origin"]:
            return  # Request[SomeAnswer], not yet a request type
        if "stated" not in vars(cls):
            raise TypeError(
                f"{cls.__name__}: a request type says whom it asks and how long that may take; write "
                f"class {cls.__name__}(Request[...], agency=..., limit=..., basis=..., overdue=[...])"
            )
        cls.answer = _answer_of(cls)
        try:
            cls.check_ladder(cls.stated.overdue)
        except ValueError as error:
            raise TypeError(str(error)) from None

    @classmethod
    def bind(
        cls, procedure: ProcedureId, versions: Sequence[Terms] = (), stand_ins: Sequence[AgencyId] = ()
    ) -> None:
        """Give the class to a procedure, with the terms under each of its law versions, and the agencies to
        which an operator may move it.

        Raises:
            TypeError: another procedure has it, or another class has its name in this one.
        """
        super().bind(procedure)
        cls.versions = tuple(versions) or cls.versions
        cls.stand_ins = tuple(dict.fromkeys(stand_ins))
        REQUESTS[cls.name] = cls

    @classmethod
    def check_ladder(cls, overdue: Sequence[Remind | Escalate | End]) -> None:
        """Return if this overdue ladder ends, in an answer of this request where it deems one.

        Raises:
            ValueError: it does not.
        """
        end = end_of(overdue)
        if end is None:
            raise ValueError(
                f"{cls.__name__}: its overdue ladder has to end, once, in deem(...), lapse(...) or refer(...)"
            )
        if isinstance(end, Deem):
            try:
                cls.answer(outcome=end.outcome, deemed=True)
            except ValidationError as error:
                raise ValueError(f"{cls.__name__}: cannot deem {end.outcome!r}: {error}") from None

    @classmethod
    def answerers(cls) -> tuple[AgencyId, ...]:
        """The agencies that may be asked this: its own, and those that it may be referred to. The case knows
        which of them it asked."""
        referred = (rung.to for terms in cls.versions for rung in terms.overdue if isinstance(rung, Refer))
        return tuple(dict.fromkeys((cls.agency, *referred)))

    @classmethod
    def may_be_answered_by(cls, agency: str) -> bool:
        """Whether an agency may be asked this, by law or by an operator's order."""
        return agency in cls.answerers() or agency in cls.stand_ins

    @classmethod
    def answer_from(cls, said: Any, reasons: Collection[str] | None = None) -> Answer:
        """What an agency said, as an answer to this request.

        Args:
            reasons: the reason codes that it may name: those it was asked with, which the case knows; without
                them, those that it may name under any law version.

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
        if reasons is None:
            reasons = dict.fromkeys(code for terms in cls.versions for code in terms.reasons)
        if answer.reason is not None and answer.reason not in reasons:
            place += ".reason"
            known = f"one of: {', '.join(reasons)}" if reasons else "absent"
            raise Refusal("invalid", f"{place}: has to be {known}", place)
        return answer


def _answer_of(request: type[Request[Any]]) -> type[Answer]:
    for base in request.__mro__:
        if issubclass(base, Request) and (args := base.__pydantic_generic_metadata__["args"]):
            return args[0]  # type: ignore[no-any-return]
    raise TypeError(f"{request.__name__}: a request type says what answers it; write Request[SomeAnswer]")


REQUESTS: dict[str, type[Request[Any]]] = {}
"""Every request type by its name on the wire; the gateway checks answers against it."""


class CompletenessCheck(Answer, needs={"incomplete": "missing"}):
    """Whether an application is complete; if not, everything that is missing.

    Class keywords:
        of: the application, whose fields may be missing.
    """

    application: ClassVar[type[BaseModel]]

    outcome: Literal["complete", "incomplete"]
    missing: tuple[MissingItem, ...] = ()

    def __init_subclass__(cls, *, of: type[BaseModel], **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.application = of

    @field_validator("missing")
    @classmethod
    def _of_the_application(cls, missing: tuple[MissingItem, ...]) -> tuple[MissingItem, ...]:
        for item in missing:
            if item.field not in cls.application.model_fields:
                known = ", ".join(cls.application.model_fields)
                raise ValueError(f"{item.field!r} is no field of the application: {known}")
        return missing


class Issued(Answer, needs={"issued": "document"}):
    """A document was issued; ``outstanding``: it is still to be issued, and an officer has to act."""

    outcome: Literal["issued", "outstanding"]
    document: DocumentRef | None = Field(default=None, exclude_if=absent)


class Inspection(Answer):
    """What an on-site inspection found; ``outstanding``: it has not taken place yet."""

    outcome: Literal["passed", "failed", "outstanding"]
