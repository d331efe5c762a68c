"""What a simulated agency answers: drawn from what its contract lets it say, so that any procedure is played.

Nobody can tell from a contract which outcome is the ordinary one. By convention it is the first; an outcome
that needs a reason is a refusal, and one that lists what is missing is chosen where the application, as the
agency was shown it, lacks something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.requests import REQUESTS, Answer, Request, Terms
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import MissingItem
from contracts.wire.messages import Requested
from seamless.explore.missing import missing_in
from seamless.explore.values import answers
from seamless.town.manners import AgencyManner


def answer_to(
    asked: Requested, manner: AgencyManner, chance: Random, day: date, *, first: bool
) -> Answer | None:
    """What an agency answers to what it was asked; None where its contract lets it say nothing, or is not
    known here.

    Args:
        chance: the draws for this request.
        day: the legal day that its values may speak of.
        first: it is asked this for the first time in the case.
    """
    request, item = REQUESTS.get(asked.request), CATALOGUE.get(asked.procedure)
    if request is None or item is None:
        return None
    copies = first and chance.random() < manner.particular
    missing = _missing(request, item, asked.content, copies=copies)
    possible = _possible(request, asked, missing, day)
    if not possible:
        return None
    return chance.choice(possible[_outcome(request.answer, list(possible), bool(missing), manner, chance)])


def answers_to(asked: Requested, day: date) -> dict[str, Answer]:
    """For each outcome that an agency may answer, in the order of the contract, the plainest answer. Where
    the application lacks nothing, a better copy of a document is what may be missing.

    Args:
        day: the legal day that the values may speak of.
    """
    request, item = REQUESTS[asked.request], CATALOGUE[asked.procedure]
    missing = _missing(request, item, asked.content, copies=True)
    return {outcome: found[0] for outcome, found in _possible(request, asked, missing, day).items()}


def _possible(
    request: type[Request[Any]], asked: Requested, missing: Sequence[MissingItem], day: date
) -> dict[str, list[Answer]]:
    terms = Terms(limit=request.stated.limit, basis=asked.basis, overdue=(), reasons=asked.reasons)
    possible: dict[str, list[Answer]] = {}
    for each, _ in answers(request, terms, missing, day):
        possible.setdefault(each.outcome, []).append(each)
    return possible


def _outcome(
    kind: type[Answer], possible: list[str], lacking: bool, manner: AgencyManner, chance: Random
) -> str:
    """One of the outcomes that are possible, in the order of the contract."""
    asking = [each for each in possible if _lists_what_is_missing(kind, each)]
    ruling = [each for each in possible if each not in asking] or possible
    ordinary, others = ruling[0], ruling[1:]
    refusals = [each for each in others if kind.needs.get(each) == "reason"] or others
    noticed, drawn = chance.random() < manner.thorough, chance.random()
    if asking and lacking and noticed:
        return asking[0]
    if drawn < manner.refuses:
        return chance.choice(refusals or [ordinary])
    if drawn < manner.refuses + manner.otherwise:
        return chance.choice([each for each in others if each not in refusals] or others or [ordinary])
    return ordinary


def _lists_what_is_missing(kind: type[Answer], outcome: str) -> bool:
    field = kind.needs.get(outcome)
    return field is not None and MissingItem in get_args(kind.model_fields[field].annotation)


def _missing(
    request: type[Request[Any]], item: ServiceItem, content: Mapping[str, Any], *, copies: bool
) -> list[MissingItem]:
    """What the application lacks that the agency was shown; nothing, where it was shown none."""
    try:
        asked = request.model_validate(content)
    except ValidationError:  # of another build than ours
        return []
    shown = next((each for _, each in asked if isinstance(each, item.application)), None)
    fields = missing_in(shown, copies=copies) if isinstance(shown, BaseModel) else []
    return [_named(item, field) for field in fields]


def _named(item: ServiceItem, field: str) -> MissingItem:
    """A field of the application, as the catalogue calls what it holds."""
    code = field.replace("_", "-")
    name = next((each.name for each in item.materials if each.code == code), None)
    return MissingItem(zh=name.zh if name else field, en=name.en if name else field, field=field)
