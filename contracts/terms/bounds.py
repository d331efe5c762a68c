"""Bounds on values: how large, how far, how long, how deep.

JSON, Python, Temporal, Kafka, the archive and the law's own arithmetic each have limits. A value beyond one
of them would stop a case long after it was admitted, so no contract accepts one.

There are two sets of bounds. What a party says is within :data:`STATED`. What the platform derives from it (a
fine doubled, a due date, a message that quotes another one) is within :data:`CARRIED`, which is wider, so
that the platform can always express what follows from what it admitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel

MAX_INTEGER = 2**53 - 1
"""Readers of JSON do not agree on numbers beyond this, and RFC 8785 has no form for them."""

UNCARRIABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters except tab and line feed, and surrogates: UTF-8, PostgreSQL and terminals each fail on
some of them."""

NUMBERS, LISTS = (int, float), (list, tuple, set, frozenset)

PRINTED = 2000
"""Characters of a text that :func:`printable` leaves."""


class Excess(NamedTuple):
    """A value beyond its bounds.

    Attributes:
        path: where it is: names of fields and numbers of items.
        message: what is wrong with it.
    """

    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True)
class Bounds:
    """One set of bounds.

    Attributes:
        whole_digits, places: of a decimal, before and after its point.
        exponents: whether a decimal may be written with an exponent.
        first, last: the days between which every date and every instant (in UTC) lies, both included.
        text: characters of a text.
        items: entries of one list or object.
        depth: how deep lists and objects may be nested.
        size: bytes of a whole contract as JSON; None for no bound of its own.
    """

    whole_digits: int
    places: int
    exponents: bool
    first: date
    last: date
    text: int
    items: int
    depth: int
    size: int | None

    def excess_in(self, value: Any) -> Excess | None:
        """What is beyond these bounds, first, in a model or another value; None where all is within.

        Contracts in it that keep these bounds, or tighter ones, are passed over: they were checked when they
        were made.
        """
        return self._of_fields(value, 0) if isinstance(value, BaseModel) else self._of(value, 0)

    def _of(self, value: Any, depth: int) -> Excess | None:
        if isinstance(value, str):
            return self._of_text(value)
        if value is None or isinstance(value, bool):
            return None
        if isinstance(value, NUMBERS):
            within = -MAX_INTEGER <= value <= MAX_INTEGER  # false for what is not a number
            return None if within else _excess(f"is no number from -{MAX_INTEGER} to {MAX_INTEGER}")
        if isinstance(value, BaseModel):
            return self._of_model(value, depth)
        if isinstance(value, dict):
            return self._of_container(value.items(), len(value), depth)
        if isinstance(value, LISTS):
            return self._of_container(enumerate(value), len(value), depth)
        if isinstance(value, Decimal):
            return self._of_decimal(value)
        if isinstance(value, date):
            return self._of_date(value)
        return None

    def _of_text(self, value: str) -> Excess | None:
        if len(value) > self.text:
            return _excess(f"has {len(value)} characters, and {self.text} are allowed")
        if not value.isprintable() and (found := UNCARRIABLE.search(value)):
            return _excess(f"has the character U+{ord(found.group()):04X}, which is no text")
        return None

    def _of_container(self, entries: Iterable[tuple[Any, Any]], count: int, depth: int) -> Excess | None:
        if count > self.items:
            return _excess(f"has {count} entries, and {self.items} are allowed")
        if depth >= self.depth:
            return _excess(f"is nested deeper than {self.depth} levels")
        return self._of_entries(entries, depth + 1)

    def _of_entries(self, entries: Iterable[tuple[Any, Any]], depth: int) -> Excess | None:
        most = self.text
        for name, value in entries:
            if type(value) is str and len(value) <= most and value.isprintable():
                found = None  # most values are of these types: a call for each would take most of the time
            else:
                found = self._of(value, depth)
            if found is None and type(name) is str and not (len(name) <= most and name.isprintable()):
                found = self._of_text(name)
            if found is not None:
                return Excess((name, *found.path), found.message)
        return None

    def _of_model(self, value: BaseModel, depth: int) -> Excess | None:
        kept = getattr(value, "bounds", None)
        return None if kept is self or kept is STATED else self._of_fields(value, depth)

    def _of_fields(self, value: BaseModel, depth: int) -> Excess | None:
        found = self._of_entries(value.__dict__.items(), depth)
        return found or (self._of_entries(value.model_extra.items(), depth) if value.model_extra else None)

    def _of_decimal(self, value: Decimal) -> Excess | None:
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            return _excess("is no number")
        if exponent > 0 and not self.exponents:
            return _excess("has to be written out, without an exponent")
        if -exponent > self.places or len(digits) + exponent > self.whole_digits:
            return _excess(
                f"may have {self.whole_digits} digits before the decimal point and {self.places} after it"
            )
        return None

    def _of_date(self, value: date) -> Excess | None:
        day = value
        if isinstance(value, datetime):
            inside = self.first.year <= value.year + 1 and value.year - 1 <= self.last.year
            # Shifted only when it is near enough: the first and last of all instants have no other zone.
            day = (value.astimezone(UTC) if inside and value.tzinfo else value).date()
        if self.first <= day <= self.last:
            return None
        return _excess(f"is not between {self.first} and {self.last}")


STATED = Bounds(
    whole_digits=12,
    places=6,
    exponents=False,
    first=date(1900, 1, 1),
    last=date(2200, 12, 31),
    text=16_000,
    items=1000,
    depth=50,
    size=256 * 1024,
)
"""What a party may say."""

CARRIED = Bounds(
    whole_digits=18,
    places=12,
    exponents=True,
    first=date(1800, 1, 1),
    last=date(2400, 12, 31),
    text=200_000,
    items=20_000,
    depth=70,
    size=None,
)
"""What any contract may hold, including one that the platform derived from what parties said."""


def printable(text: str) -> str:
    """A text that quotes something unchecked, so that any contract can hold it: bounded, and only text."""
    return UNCARRIABLE.sub("\N{REPLACEMENT CHARACTER}", text[:PRINTED])


def one_line(text: str) -> str:
    """The same for an attribute, which has no line breaks either."""
    return re.sub(r"[\t\n]", " ", printable(text))


def _excess(message: str) -> Excess:
    return Excess((), message)
