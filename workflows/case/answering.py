"""Whether an answer fits the request that it is to: under the law of its case, and by who gives it."""

from __future__ import annotations

from typing import Any

from contracts.terms.errors import Refusal
from contracts.terms.requests import REQUESTS, Answer
from workflows.case.case import Case
from workflows.case.deadlines import Wait
from workflows.case.orderers import ordered_by


def answer_to(case: Case, wait: Wait, said: Any, officer: str | None) -> Answer:
    """What was said, as an answer to the request that somebody waits for. The gateway and a department's
    worker admit none that does not fit under any law version; this case asked under its own.

    Raises:
        Refusal: it is none, or counts only by a person, or by a second one, and whoever gave it is none. The
            request stays open.
    """
    assert wait.request is not None, f"{wait.step} is no request"
    kind = REQUESTS[wait.request]
    answer = kind.answer_from(said, wait.reasons)
    if kind.by_person and officer is None:
        detail = "data.officer: this answer counts only if it names the officer who gives it"
        raise Refusal("invalid", detail, "data.officer")
    if kind.second_to is not None:
        first = ordered_by(case, kind.second_to).contact.officer
        if first == officer:
            detail = f"data.officer: {officer!r} has answered {kind.second_to.local_name}; another has to"
            raise Refusal("same-person", detail, "data.officer")
    return answer
