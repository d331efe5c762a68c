"""Values that a model may hold: one plain one, and one more for each thing in which it may be otherwise.

Closed sets are gone through in full: literals, Booleans, enumerations, whether an optional value is
there. Of numbers there are the ends of their range, where it has any. What texts say is taken to make no
difference; a text with a pattern of its own has to come from an example.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from random import Random
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from contracts.terms.bounds import STATED
from contracts.terms.errors import InvalidInput
from contracts.terms.requests import Answer, Request, Terms
from contracts.terms.values import DocumentRef, MissingItem, Money

M = TypeVar("M", bound=BaseModel)

DOCUMENT = DocumentRef(uri="urn:document:example", sha256="0" * 63 + "1", size=1000)
_TEXTS = (
    "text",
    "a",
    "A",
    "EUR",
    "CNY",
    "a:b",
    "urn:a:b",
    "1",
    "2026-03-02",
    "0" * 64,
    "a@b.example",
    "a" * 40,
)
_FAR = timedelta(days=3650)


class NoExample(InvalidInput):
    """No value of a type can be made up; its author has to give one."""


def plain(model: type[M], day: date) -> M:
    """A plain value of a model, of the legal day ``day``.

    Raises:
        NoExample: none can be made up.
    """
    return next(variants(model, day))


def variants(model: type[M], day: date, given: M | None = None) -> Iterator[M]:
    """A plain value of a model, or the one that is given; then those in which one field is otherwise.

    Raises:
        NoExample: none can be made up.
    """
    fields = fields_of(model, day)
    if given is None:
        said = {name: values[0] for name, values in fields.items() if values}
        try:
            given = model.model_validate(said)
        except ValidationError as error:
            raise NoExample(f"no {model.__name__} can be made up: {error.errors()[0]['msg']}") from None
    yield given
    seen = [given]
    for name, values in fields.items():
        for value in values:
            try:
                other = model.model_validate({key: getattr(given, key) for key in fields} | {name: value})
            except ValidationError:
                continue
            if other not in seen:
                seen.append(other)
                yield other


def answers(
    request: type[Request[Any]], terms: Terms, missing: Sequence[MissingItem], day: date
) -> Iterator[tuple[Answer, bool]]:
    """All that an agency may answer: each outcome, and each reason code with it that it may name; each of
    them with what else its type leaves open. And whether it is the first of its outcome.

    Args:
        missing: what an answer lists that says what is missing; without any, none says so.
    """
    kind = request.answer
    for outcome in kind.outcomes():
        found: list[Answer] = []
        for reason in terms.reasons if kind.needs.get(outcome) == "reason" else (None,):
            for answer in _answers(kind, outcome, reason, missing, day):
                if answer not in found:
                    found.append(answer)
                    yield answer, len(found) == 1


def _answers(
    kind: type[Answer], outcome: str, reason: str | None, missing: Sequence[MissingItem], day: date
) -> Iterator[Answer]:
    said: dict[str, Any] = {"outcome": outcome} | ({"reason": reason} if reason else {})
    needed = kind.needs.get(outcome)
    more: dict[str, list[Any]] = {}
    possible = fields_of(kind, day)
    for name, field in kind.model_fields.items():
        if name in said or name in ("reason", "note", "deemed"):
            continue
        if MissingItem in get_args(field.annotation):
            if name == needed and not missing:
                return
            said[name] = tuple(missing) if name == needed else ()
        elif name in kind.needs.values() and name != needed:
            continue
        else:
            values = [each for each in possible[name] if name != needed or each]
            said |= {name: values[0]} if values else {}
            more[name] = values
    for changes in ({}, *({name: value} for name, values in more.items() for value in values[1:])):
        try:
            yield kind.model_validate(said | changes)
        except ValidationError:
            continue


def filled(given: M, day: date) -> M:
    """An example with what it may hold beside what it does, as far as that can be made up."""
    kind = type(given)
    for name, values in fields_of(kind, day).items():
        there = [each for each in values if each is not None]
        if getattr(given, name) is None and there:
            given = _with(given, name, there[0]) or given
    return given


def drawn(given: M, chance: Random, day: date) -> M:
    """An example, each of its closed sets drawn from what it may hold."""
    for name, values in fields_of(type(given), day).items():
        if values and is_closed(type(given).model_fields[name].annotation):
            given = _with(given, name, chance.choice(values)) or given
    return given


def _with(given: M, name: str, value: Any) -> M | None:
    """The same with another value of one field; None where it may not have that."""
    kind = type(given)
    held = {key: getattr(given, key) for key in kind.model_fields}
    try:
        return kind.model_validate(held | {name: value})
    except ValidationError:
        return None


def is_closed(kind: Any) -> bool:
    """Whether a type is a closed set of values, or has one in it."""
    if get_origin(kind) is Literal or kind is bool:
        return True
    return any(is_closed(each) for each in get_args(kind))


def money_in(value: Any) -> Iterator[Money]:
    """The amounts of money that a value speaks of."""
    if isinstance(value, Money):
        yield value
    elif isinstance(value, BaseModel):
        for _, each in value:
            yield from money_in(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from money_in(each)


def in_json(value: Any) -> Any:
    """A value of a field as a party says it, in JSON."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


@cache
def fields_of(model: type[BaseModel], day: date) -> dict[str, tuple[Any, ...]]:
    """Values of each field of a model, the plain one first; none where no value can be made up."""
    return {name: tuple(_of_field(field, day)) for name, field in model.model_fields.items()}


def _of_field(field: FieldInfo, day: date) -> Iterator[Any]:
    """Values of a field, the plain one first: its default, where it has one."""
    if not field.is_required() and (default := field.get_default(call_default_factory=True)) is not None:
        yield default
    annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    adapter: TypeAdapter[Any] = TypeAdapter(cast(Any, annotation))
    for value in _of_type(field.annotation, field.metadata, day):
        try:
            yield adapter.validate_python(value)
        except ValidationError:
            continue


def _of_type(kind: Any, metadata: Sequence[Any], day: date) -> Iterator[Any]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from _of_type(args[0], [*args[1:], *metadata], day)
    elif origin is Literal:
        yield from args
    elif origin in (Union, types.UnionType):
        yield from _first_of_each([_of_type(each, metadata, day) for each in sorted(args, key=_none_first)])
    elif origin in (tuple, list, set, frozenset):
        yield from _of_collection(origin, args, day)
    elif origin is dict or kind in (dict, list, set, frozenset, tuple):
        yield {} if origin is dict else kind()
    elif kind is type(None):
        yield None
    elif kind is bool:
        yield from (False, True)
    elif isinstance(kind, type) and kind.__module__ != "pydantic.types":
        yield from _of_class(kind, metadata, day)
    else:  # nobody knows what it is; whoever asks takes what fits
        moment = datetime.combine(day, time(9), UTC)
        yield from (None, *_TEXTS, 1, moment, day, Decimal(1))


def _of_class(kind: type[Any], metadata: Sequence[Any], day: date) -> Iterator[Any]:
    if issubclass(kind, Enum):
        yield from kind
    elif issubclass(kind, DocumentRef):
        yield DOCUMENT
    elif issubclass(kind, Money):
        currency = kind.model_fields["currency"]
        named = [*get_args(currency.annotation), "EUR"][0] if currency.annotation is not str else "EUR"
        yield from ({"amount": amount, "currency": named} for amount in (Decimal(10), Decimal(0)))
    elif issubclass(kind, BaseModel):
        yield from variants(kind, day)
    elif issubclass(kind, str):
        yield from _TEXTS
    elif issubclass(kind, int | float | Decimal):
        yield from _numbers(kind, metadata)
    elif issubclass(kind, datetime):
        yield from (datetime.combine(each, time(9), UTC) for each in (day, day - _FAR, day + _FAR))
    elif issubclass(kind, date):
        yield from (day, day - _FAR, day + _FAR)
    elif issubclass(kind, timedelta):
        yield timedelta(days=1)


def _of_collection(origin: Any, args: Sequence[Any], day: date) -> Iterator[Any]:
    if origin is tuple and args and args[-1] is not Ellipsis:
        yield tuple(next(_of_type(each, (), day)) for each in args)
        return
    yield origin()
    yield from (origin([each]) for each in _first(_of_type(args[0], (), day)))


def _numbers(kind: type[Any], metadata: Sequence[Any]) -> Iterator[Any]:
    """One within the range, and its ends."""
    low = next((each.ge if hasattr(each, "ge") else each.gt + 1 for each in metadata if _low(each)), None)
    high = next((each.le if hasattr(each, "le") else each.lt - 1 for each in metadata if _high(each)), None)
    most = 10**STATED.whole_digits - 1
    for value in (1, low, high, 0):
        if value is not None:
            yield kind(min(value, most))


def _low(constraint: Any) -> bool:
    return getattr(constraint, "ge", None) is not None or getattr(constraint, "gt", None) is not None


def _high(constraint: Any) -> bool:
    return getattr(constraint, "le", None) is not None or getattr(constraint, "lt", None) is not None


def _none_first(kind: Any) -> int:
    return 0 if kind is type(None) else 1


def _first(values: Iterator[Any]) -> Iterator[Any]:
    for value in values:
        yield value
        return


def _first_of_each(kinds: Sequence[Iterator[Any]]) -> Iterator[Any]:
    for each in kinds:
        yield from _first(each) if len(kinds) > 2 else each
