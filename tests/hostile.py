"""Data as a party may send it: made from the contracts' own schemas, then spoiled."""

from __future__ import annotations

import copy
import re
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

DECIMAL = "^(?!^[-+.]*$)"
"""How the pattern of a decimal begins in a schema."""

LARGEST = ["100000000", "0.01", "12500.00", "40", "999999999999.99", "1e11", "0"]
DAYS = ["1900-01-01", "2000-02-29", "2026-03-02", "2199-12-31", "2200-12-31"]
INSTANTS = ["1900-01-01T00:00:00Z", "2026-03-02T01:00:00+08:00", "2200-12-31T23:59:59.999999Z"]
PATTERNED = ["0" * 63 + "a", "CNY", "EUR", "urn:document:1", "housing", "traffic-fine", "2026"]
"""For the patterns of most contracts: drawn from a pattern itself, a text takes a hundred times as long."""

TEXTS = [
    "x",
    "杭州市西湖区",
    "two\nlines\tand a tab",
    "[/bold] \\",
    "\u2028\ufeff\u202e",
    "𝄞" * 900,
    "z" * 4000,
]


def nested(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"inner": value}
    return value


NUMBERS = [
    *(2**53 - 1, 2**53, -(2**53), 10**20, 10**400, 1e20, 1e15, 9007199254740991.0, -0.0, 5e-324, 1e308),
    *(float("inf"), float("nan"), True, None),
]
DECIMALS = [
    *("1e16", "1000000000000.00", "999999999999.999999", "0.0000001", "0E+999999", "1E-999999"),
    *("1E+999999999999", "Infinity", "NaN", "-0", "sNaN", "1_0"),
]
DATES = [
    *("9999-12-31", "0001-01-01", "2201-01-01", "1899-12-31", "2200-12-31", "9999-12-31T23:59:59Z"),
    *("0001-01-01T00:00:00+14:00", "2200-12-31T23:59:59-12:00"),
]
WORDS = [
    *("", "\x00", "\x1b[31m", "\x7f", "\x85", "\r\n", "\ud800", "a\udfff", "\u2028", "[/red]", "\\"),
    *("x" * 15_999, "x" * 20_000, "消" * 16_000),
]
SHAPES = [
    *([], {}, [None] * 1000, [0] * 1001, [1e9] * 1000, {str(n): n for n in range(1001)}),
    *(nested(45), nested(51), nested(120), {"": ""}, {"\x01": 1}, {"k" * 20_000: 1}),
    {"amount": "1e18", "currency": "EUR"},
    {"amount": "999999999999.99", "currency": "EUR"},
    {"uri": "a:b", "sha256": "0" * 64, "size": 1e20},
    ["2200-12-31"] * 9,
    {"deemed": True},
    {"outcome": "granted"},
]
HOSTILE = st.sampled_from([*NUMBERS, *DECIMALS, *DATES, *WORDS, *SHAPES]).map(copy.deepcopy)
"""Values that broke something once, or might."""

NAMES = st.sampled_from(
    ["more", "步骤", "", "\x00", "a.b", "size", "deemed", "bounds", "model_config", "n" * 17_000]
)
"""Names of fields that no contract knows."""


@st.composite
def like(draw: st.DrawFn, schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    """JSON that fits a JSON schema, mostly; at the edges of what it allows rather often."""
    if "$ref" in schema:
        return draw(like(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return draw(like(draw(st.sampled_from(schema[choice])), whole))
    match schema.get("type"):
        case "object":
            return draw(_object(schema, whole))
        case "array":
            return draw(st.lists(like(schema["items"], whole), max_size=3))
        case "string":
            return draw(_text(schema))
        case "integer" | "number":
            least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            edges = (least, schema.get("maximum", 2**53 - 1), least + 1)
            return draw(st.sampled_from(edges))
        case "boolean":
            return draw(st.booleans())
        case "null":
            return None
    return draw(HOSTILE)


@st.composite
def _object(draw: st.DrawFn, schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for name, field in schema.get("properties", {}).items():
        if name in schema.get("required", ()) or draw(st.booleans()):
            made[name] = draw(like(field, whole))
    if not made and schema.get("additionalProperties") is not False:
        made[draw(NAMES)] = draw(HOSTILE)
    return made


def _text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    pattern = schema.get("pattern", "")
    if schema.get("format") == "date":
        return st.sampled_from(DAYS)
    if schema.get("format") == "date-time":
        return st.sampled_from(INSTANTS)
    if pattern.startswith(DECIMAL):
        return st.sampled_from(LARGEST)
    if pattern:
        fitting = [each for each in PATTERNED if re.search(pattern, each)]
        return st.sampled_from(fitting) if fitting else st.from_regex(pattern, fullmatch=True)
    return st.sampled_from(TEXTS)


@st.composite
def spoiled(draw: st.DrawFn, made: Any) -> Any:
    """The same with up to three places changed to something hostile, or given unknown fields."""
    made = copy.deepcopy(made)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))):
        places = list(_places(made))
        if not places:
            break
        holder, name = draw(st.sampled_from(places))
        if isinstance(holder, dict) and draw(st.booleans()):
            holder[draw(NAMES)] = draw(HOSTILE)
        else:
            holder[name] = draw(HOSTILE)
    return made


def _places(value: Any) -> Any:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, inner in list(entries):
        yield value, name
        yield from _places(inner)


def said(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """What a party may send for a contract: it fits its schema, or nearly, or not at all."""
    schema = model.model_json_schema()
    return like(schema, schema).flatmap(spoiled)
