"""The applications that simulated applicants submit: the examples of the catalogue, varied."""

from __future__ import annotations

from datetime import date
from random import Random

from pydantic import ValidationError

from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Statement
from seamless.explore.missing import is_document
from seamless.explore.values import drawn, filled, plain


def application_to(item: ServiceItem, chance: Random, day: date, *, lacks: bool) -> Statement:
    """An application to a procedure.

    Args:
        chance: the draws for it.
        lacks: something is left out that it may hold, where there is any such thing.

    Raises:
        NoExample: the item has no example, and none can be made up.
    """
    examples = item.examples or (plain(item.application, day),)
    whole = filled(drawn(chance.choice(examples), chance, day), day)
    return _without_one(whole, chance) if lacks else whole


def _without_one(whole: Statement, chance: Random) -> Statement:
    """The application without one of the documents that it may hold; without any, of the rest of that."""
    kind = type(whole)
    may = [name for name, field in kind.model_fields.items() if field.default is None]
    documents = [name for name in may if is_document(kind, name)]
    if not may:
        return whole
    held = {name: getattr(whole, name) for name in kind.model_fields}
    try:
        return kind.model_validate(held | {chance.choice(documents or may): None})
    except ValidationError:
        return whole
