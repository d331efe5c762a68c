"""Where one JSON Schema takes less than another, for the schemas that pydantic writes.

There is no library that tells this and is still kept up. Of a schema are compared its types, values, bounds,
fields and elements; a bound that is new or narrower takes less, and so does a field that has to be there now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
FORMS = ("pattern", "format", "propertyNames", "patternProperties")
"""Of these is only told whether they are others."""

READ = {"type", "const", "enum", "properties", "required", "items", "prefixItems", "additionalProperties",
        "anyOf", "oneOf", "$ref", "$defs", *LEAST, *MOST, *FORMS}  # fmt: skip
SAYS_NOTHING = {"title", "description", "default", "examples", "discriminator"}


class Taken:
    """A schema, with the definitions that its references name."""

    def __init__(self, schema: Schema, whole: Schema | None = None) -> None:
        self.whole = whole or schema
        self.at = id(schema)
        while "$ref" in schema:
            schema = self.whole["$defs"][schema["$ref"].removeprefix("#/$defs/")]
            self.at = id(schema)
        if unread := schema.keys() - READ - SAYS_NOTHING:
            raise ValueError(f"{sorted(unread)} of a schema is not compared yet: add it to tests/releases")
        self.schema = {name: schema[name] for name in schema.keys() & READ - {"$defs"}}

    def inner(self, schema: Any) -> Taken:
        """A schema within this one; one that takes everything may be written as true."""
        return Taken({} if schema is True else schema, self.whole)

    @property
    def ways(self) -> list[Taken]:
        """The alternatives that it has; itself, where there is one only."""
        ways = self.schema.get("anyOf") or self.schema.get("oneOf")
        return [way for each in ways for way in self.inner(each).ways] if ways else [self]

    @property
    def values(self) -> list[Any] | None:
        """The values that it takes, where they are listed."""
        return [self.schema["const"]] if "const" in self.schema else self.schema.get("enum")


def taken_no_more(before: Schema, today: Schema) -> list[str]:
    """What ``before`` takes and ``today`` does not, each as ``/field: how``. Empty: all is still taken."""
    return list(_narrower(Taken(before), Taken(today), "", ()))


def _narrower(before: Taken, today: Taken, at: str, within: tuple[Any, ...]) -> Iterator[str]:
    pair = (before.at, today.at)
    if pair in within or not today.schema:
        return  # a schema within itself, or one that takes everything
    within = (*within, pair)
    if len(before.ways) > 1 or len(today.ways) > 1:
        for way in before.ways:
            found = [list(_narrower(way, each, at, within)) for each in today.ways]
            if all(found):
                yield min(found, key=len)[0]
        return
    yield from _of_a_value(before.schema, today.schema, at)
    if (values := today.values) is not None:
        gone = [each for each in before.values or [] if each not in values]
        if before.values is None:
            yield f"{at}: only {values} is taken"
        elif gone:
            yield f"{at}: {gone} is not taken"
    yield from _of_fields(before, today, at, within)
    yield from _of_elements(before, today, at, within)


def _of_a_value(before: Schema, today: Schema, at: str) -> Iterator[str]:
    was, now = before.get("type"), today.get("type")
    if now is not None and was != now and (was, now) != ("integer", "number"):
        yield f"{at}: {was or 'anything'} was taken, {now} is"
    for name, narrower in [*((each, 1) for each in LEAST), *((each, -1) for each in MOST)]:
        if name in today and (name not in before or (today[name] - before[name]) * narrower > 0):
            yield f"{at}: {name} is {today[name]}, and was {before.get(name, 'not stated')}"
    for name in FORMS:
        if name in today and today[name] != before.get(name):
            yield f"{at}: {name} is {today[name]!r}, and was {before.get(name)!r}"


def _of_fields(before: Taken, today: Taken, at: str, within: tuple[Any, ...]) -> Iterator[str]:
    fields, known = before.schema.get("properties", {}), today.schema.get("properties", {})
    for name in today.schema.get("required", []):
        if name not in before.schema.get("required", []):
            yield f"{at}/{name}: has to be there"
    rest = today.schema.get("additionalProperties", True)
    for name, field in fields.items():
        if name in known or rest is not False:
            yield from _narrower(
                before.inner(field), today.inner(known.get(name, rest)), f"{at}/{name}", within
            )
        else:
            yield f"{at}/{name}: is not taken"
    others = before.schema.get("additionalProperties", True)
    if rest is False and others is not False:
        yield f"{at}: no other fields are taken"
    elif others is not False:
        yield from _narrower(before.inner(others), today.inner(rest), f"{at}/*", within)


def _of_elements(before: Taken, today: Taken, at: str, within: tuple[Any, ...]) -> Iterator[str]:
    for name in ("items", "prefixItems"):
        now = today.schema.get(name)
        if now is None or now is True:
            continue
        was = before.schema.get(name, True)
        if isinstance(now, list):
            if not isinstance(was, list) or len(was) != len(now):
                yield f"{at}: other elements are taken"
                continue
            for number, (one, other) in enumerate(zip(was, now, strict=True)):
                yield from _narrower(before.inner(one), today.inner(other), f"{at}/{number}", within)
        else:
            yield from _narrower(before.inner(was), today.inner(now), f"{at}/-", within)
