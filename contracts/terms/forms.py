"""The JSON forms of values: what a party writes counts as what JSON says it is.

Python would read more: ``true`` as the number 1, ``"yes"`` as true, ``"1_0"`` as 10. Whoever reads
the ledger in another language would read something else, or fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, LiteralString, cast

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[+-][0-9]+)?")
"""The exponent is what ledgers of 0.2.0 may have; the bounds of what a party says allow none."""


def _boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    raise _wrong("has to be true or false, without quotation marks")


def _integer(value: Any) -> Any:
    if _is_number(value):
        return value
    raise _wrong("has to be an integer, without quotation marks")


def _number(value: Any) -> Any:
    if _is_number(value):
        return value
    raise _wrong("has to be a number, without quotation marks")


def _decimal(value: Any) -> Any:
    if _is_number(value) or isinstance(value, Decimal):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return value
    raise _wrong('has to be a text of digits with at most one point, such as "12.50"')


def _is_number(value: Any) -> bool:
    """To Python a Boolean is an integer, too; not to JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(message: LiteralString) -> PydanticCustomError:
    return PydanticCustomError("json_form", message)


_READ: dict[str, Callable[[Any], Any]] = {
    "bool": _boolean,
    "int": _integer,
    "float": _number,
    "decimal": _decimal,
}
"""What reads the values of a type, by pydantic's name of it."""


def in_json_form(schema: CoreSchema) -> CoreSchema:
    """A schema whose Booleans, numbers and decimals are read from their own JSON forms only."""
    return cast("CoreSchema", _read(schema))


def _read(part: Any) -> Any:
    if isinstance(part, list):
        return [_read(each) for each in part]
    if not isinstance(part, dict) or _is_read(part):
        return part
    kind = part.get("type")
    if isinstance(kind, str) and kind in _READ:
        return core_schema.no_info_before_validator_function(_READ[kind], cast("CoreSchema", part))
    # The names in an object are texts, whatever they stand for.
    return {name: each if name in ("keys_schema", "metadata") else _read(each) for name, each in part.items()}


def _is_read(part: dict[str, Any]) -> bool:
    """Whether this is of a contract in a contract, which is done already."""
    return part.get("type") == "function-before" and part["function"]["function"] in _READ.values()
