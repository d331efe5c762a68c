"""How every contract behaves, and the small values that many contracts share."""

from __future__ import annotations

import inspect
import re
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, to_json

from contracts.terms.bounds import CARRIED, MAX_INTEGER, STATED, Bounds
from contracts.terms.forms import in_json_form


def absent(value: Any) -> bool:
    """Whether an optional field is left out of the JSON: ``null`` and "not there" mean the same."""
    return value is None


def beyond(path: tuple[str | int, ...], message: str) -> PydanticCustomError:
    """What a validator of a whole contract raises: ``path`` is the place in it at fault."""
    return PydanticCustomError(BOUNDS, "{message}", {"message": message, "path": path})


BOUNDS = "bounds"
"""The type of the errors of :func:`beyond`."""

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise ValueError("an instant is a text as RFC 3339 has it, with its zone: 2026-03-02T01:02:03Z")


def _day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("a day is a text as RFC 3339 has it: 2026-03-02")


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""An instant that a party states, as RFC 3339 text. A number is not accepted: its unit is unknown."""

Day = Annotated[date, BeforeValidator(_day)]
"""A legal day that a party states: ``2026-03-02``."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""A name that somebody gives something: a desk, a pilot."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Contract(BaseModel):
    """A message or a part of one.

    Immutable. Unknown fields are kept, since contracts evolve by optional additions: an older
    reader must pass on what a newer writer said.

    Booleans, numbers and decimals are read from their own JSON forms only (:mod:`contracts.terms.forms`).
    Every value is within bounds, whatever its field says, and even if no field is declared; so each contract
    can be hashed, stored and carried.

    Raises:
        TypeError: at definition, where a field has the name of something that every such class has.
    """

    bounds: ClassVar[Bounds] = CARRIED

    # NaN and infinity are written as such, so that they are refused where they are read: never turned into
    # null.
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False, ser_json_inf_nan="constants")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for field, kind in inspect.get_annotations(cls).items():
            if not field.startswith("_") and "ClassVar" not in str(kind):
                _check_name(cls, field)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return in_json_form(handler(source))

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, said: Any) -> Any:
        """``null`` in an optional field means that it is absent, where the field does not know it itself."""
        if not isinstance(said, dict) or None not in said.values():
            return said
        optional = {
            name
            for name, field in cls.model_fields.items()
            if not field.is_required() and NoneType not in get_args(field.annotation)
        }
        return {name: value for name, value in said.items() if value is not None or name not in optional}

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        if excess := self.bounds.excess_in(self):
            raise beyond(excess.path, excess.message)
        # An event is smaller, but its content may grow: by a supplement, or a number that is written out.
        if self.bounds.size is not None and (size := len(to_json(self))) > self.bounds.size:
            raise beyond((), f"has {size} bytes, and {self.bounds.size} are allowed")
        return self


def _check_name(cls: type[Contract], field: str) -> None:
    """Return if a field of this name shadows nothing of the base classes, such as ``name`` of a request
    type."""
    for base in reversed(cls.__mro__[1:]):
        if issubclass(base, BaseModel) and field in {*vars(base), *getattr(base, "__class_vars__", ())}:
            raise TypeError(
                f"{cls.__name__}: its field {field!r} would hide what every {base.__name__} has of that "
                "name; call the field otherwise"
            )


class Statement(Contract):
    """What a party says: an application, an answer, a report. Its bounds are tighter, also for the contracts
    in it, so that what follows from it is still within the bounds of every contract."""

    bounds: ClassVar[Bounds] = STATED


LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
"""A language as BCP 47 names it: ``nl``, ``it``, ``zh-Hant``."""


class Bilingual(Contract):
    """What an applicant or an officer reads, in Chinese and in English, and in any ``other`` language."""

    zh: Text
    en: Text
    other: dict[LanguageTag, Text] = Field(default_factory=dict, exclude_if=lambda value: not value)

    def text(self, language: str) -> str:
        """The text in a language; in English where there is none in it."""
        return {"zh": self.zh, "en": self.en, **self.other}.get(language, self.en)


class MissingItem(Bilingual):
    """Something that an application lacks, for people to read, and the ``field`` of it that may be handed
    in."""

    field: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]


LARGEST_SUM = Decimal("9999999999999999.99")
"""The largest amount of money."""


class Money(Contract):
    """An amount in a currency (ISO 4217). Decimal, never a float; a string in JSON.

    It may be the sum of many: a party states amounts of at most 12 digits before the point.
    """

    amount: Decimal = Field(ge=0, decimal_places=2, max_digits=18)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class DocumentRef(Contract):
    """A document by reference: documents do not travel inside events.

    ``sha256`` lets the reader verify that it fetched the right document; ``size`` is in bytes.
    """

    uri: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:\S+$", max_length=2000)]
    sha256: Sha256
    size: int = Field(ge=0, le=MAX_INTEGER)
