"""Facts, typed: waiting for reports and payments, and reading what came."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from contracts.terms.limits import Limit
from contracts.terms.reports import Report
from contracts.terms.values import Contract
from contracts.wire.messages import Paid
from contracts.wire.topics import agency_events, channel_events
from workflows.case.journal import Wait
from workflows.case.proceedings import Proceedings
from workflows.case.steps import open_wait

F = TypeVar("F", bound=Contract)

PAYMENT = "paid"


def open_facts(
    case: Proceedings, facts: Sequence[type[Contract]], within: Limit | None, until: date | None
) -> str:
    """Wait for the first of these; the step under which it will stand."""
    words = [fact.step if issubclass(fact, Report) else PAYMENT for fact in facts]
    reporters = [
        agency for fact in facts if issubclass(fact, Report) for agency in fact.by or (case.item.lead,)
    ]
    inlets = dict.fromkeys(agency_events(agency) for agency in reporters)
    if Paid in facts:
        inlets[channel_events(case.opened.channel)] = None

    def begin(wait: Wait) -> None:
        due = {"due": wait.due.isoformat()} if wait.due else {}
        case.record("waiting", of=wait, data={"reports": words, "holder": wait.holder} | due)

    return open_wait(
        case,
        f"wait-for-{_slug(words[0])}",  # branches side by side need names apart
        f"agency:{reporters[0]}" if reporters else "applicant",
        tuple(_name(word) for word in words),
        within,
        until=until,
        inlets=tuple(inlets),
        ask=begin,
    )


def read(facts: Sequence[type[F]], fact: Mapping[str, Any]) -> F:
    """The fact that came, as the type that was waited for."""
    for kind in facts:
        if issubclass(kind, Report) and fact["name"] == _name(kind.step):
            return kind.model_validate(fact["data"].get("content", {}))
        if kind is Paid and fact["name"] == PAYMENT:
            return kind.model_validate(fact["data"])
    raise LookupError(f"nobody waited for {fact['name']!r}")


def _name(word: str) -> str:
    return word if word == PAYMENT else f"reported:{word}"


def _slug(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
