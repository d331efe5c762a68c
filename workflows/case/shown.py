"""What operators see of a case in Temporal: who has it until when, and its search attributes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from contracts import attributes
from contracts.attributes import keyword, keywords
from contracts.terms.identifiers import Party
from workflows.case.case import Case

STAGE = SearchAttributeKey.for_keyword(attributes.STAGE)
WAITING_FOR = SearchAttributeKey.for_keyword_list(attributes.WAITING_FOR)
OVERDUE = SearchAttributeKey.for_keyword_list(attributes.OVERDUE)
DUE = SearchAttributeKey.for_datetime(attributes.DUE)
OUTCOME = SearchAttributeKey.for_keyword(attributes.OUTCOME)


def show(case: Case) -> None:
    """Show how a case stands. It is done when something leaves the case, so once in an activation, and it
    agrees with what parties were told; and as a new run begins, since the details are of a run.

    The details, a list in Markdown, leave nothing in the history. Search attributes that have changed are an
    event, all together.
    """
    case.runtime.show(
        "\n".join(f"- {_id(wait.holder)}: {wait.until}" for wait in case.journal.waits.values())
    )
    listed = case.runtime.listed
    if listed.get(STAGE) is None:  # it was opened without: see contracts.attributes.STAGE
        return
    changed: list[SearchAttributeUpdate[Any]] = [
        key.value_unset() if value is None else key.value_set(value)
        for key, value in _standing(case).items()
        if listed.get(key) != value
    ]
    if changed:
        case.runtime.list_by(changed)


def _standing(case: Case) -> Mapping[SearchAttributeKey[Any], str | list[str] | datetime | None]:
    """The attributes that change while a case runs; None for those that it has not."""
    waits, now = case.journal.waits.values(), case.now()
    dues = [(wait.due, wait.holder) for wait in waits if wait.due is not None and not wait.stands_still]
    standing: dict[SearchAttributeKey[Any], str | list[str] | datetime | None] = {
        STAGE: keyword(_stage(case)),
        WAITING_FOR: keywords(_id(wait.holder) for wait in waits) or None,
        OVERDUE: keywords(_id(holder) for due, holder in dues if due <= now) or None,
        DUE: min((due for due, _ in dues), default=None),
    }
    # A new run knows the decision only once its course has come there again, and a decision is for good.
    if decision := case.decision or case.journal.silence:
        standing[OUTCOME] = decision.outcome
    return standing


def _stage(case: Case) -> str:
    journal = case.journal
    if case.closed:
        return attributes.CLOSED
    if journal.stages:
        return list(journal.stages.values())[-1].name
    if journal.decided:
        return attributes.DECIDED
    return attributes.ACCEPTED if journal.is_known("accept/1") else attributes.OPENED


def _id(holder: Party) -> str:
    return holder.id if holder.kind == "agency" else str(holder)
