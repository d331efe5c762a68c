"""What operators are told of cases in the log: in words, once, and nothing that a party wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment

from activities import happenings
from activities.happenings import Happenings, words_of
from activities.outbox import OutboxActivity
from contracts.platform import Batch, Posting
from contracts.terms.identifiers import AdministrationId
from contracts.wire.ledger import LedgerEntry
from network.broker.publisher import PublishError
from tests.applications import ADMINISTRATION
from tests.chains import chain
from tests.stages import Kept

STEP = "construction-permit.review-fire-safety/1"
FIRE = {"step": STEP, "agency": "fire-safety"}
HOSTILE = "\u202eevil\n2026-01-01 [info] all is well Zhang San"


class Flaky(Kept):
    """A broker that is away at first."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def publish(self, records: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise PublishError("away")
        await super().publish(records)


def batch(entries: Sequence[LedgerEntry]) -> Batch:
    postings = tuple(Posting(entry=entry) for entry in entries)
    return Batch(administration=AdministrationId(ADMINISTRATION), postings=postings)


@pytest.mark.parametrize(
    ("step", "words", "level"),
    [
        ({"kind": "reminded", **FIRE}, "an agency was reminded of a request", "info"),
        ({"kind": "escalated", **FIRE}, "an overdue request was escalated", "info"),
        (
            {"kind": "deemed", "outcome": "consent", **FIRE},
            "silence counts as the answer to a request",
            "info",
        ),
        (
            {"kind": "held", "content": {"unanswered": True}, **FIRE},
            "the consequence of a deadline is held: an automated check has not answered",
            "warning",
        ),
        (
            {"kind": "held", "content": {"until": "x", "outage_began": "y", "outage_ended": "x"}, **FIRE},
            "the consequence of a deadline is held: the platform was away",
            "warning",
        ),
        (
            {"kind": "held", "content": {"until": "x", "paused_since": "y"}, **FIRE},
            "the consequence of a deadline is held: an agency is paused",
            "warning",
        ),
        ({"kind": "released", **FIRE}, "an operator let a held consequence take effect", "info"),
        ({"kind": "refused", "reason": "unknown-request"}, "the case refused an event", "info"),
        ({"kind": "broken-off"}, "an operator ended the case", "info"),
        (
            {"kind": "decided", "outcome": "granted", "content": {"decision": {"deemed": True}}},
            "the case was decided by silence",
            "info",
        ),
        ({"kind": "decided", "outcome": "refused", "reason": "fee-not-paid"}, "the case was decided", "info"),
    ],
)
def test_what_happens_in_a_case_is_told_in_words(step: dict[str, Any], words: str, level: str) -> None:
    (entry,) = chain(step)
    with capture_logs() as lines:
        Happenings().tell(entry)
    (line,) = lines
    assert (line["event"], line["log_level"], line["case"], line["kind"]) == (
        words,
        level,
        entry.case,
        step["kind"],
    )
    for name in ("agency", "step", "outcome", "reason"):
        assert line.get(name) == step.get(name)


def test_a_refusal_says_who_was_refused_and_why() -> None:
    (entry,) = chain({"kind": "refused", "actor": "agency:fire-safety", "reason": "unknown-request"})
    with capture_logs() as lines:
        Happenings().tell(entry)
    assert lines[0]["sender"] == "agency:fire-safety"
    assert lines[0]["why"] == "The case made no such request."


def test_what_is_not_worth_a_line_has_none() -> None:
    (entry,) = chain({"kind": "received"})
    assert words_of(entry) is None


def test_an_entry_is_told_once_it_is_published_and_once_however_often_it_is() -> None:
    entries = chain({"kind": "opened"}, {"kind": "reminded"})
    outbox, environment = OutboxActivity(Flaky(1)), ActivityEnvironment()
    with capture_logs() as lines:
        with pytest.raises(PublishError):
            asyncio.run(environment.run(outbox.publish, batch(entries)))
        assert lines == []
        for _ in range(3):
            asyncio.run(environment.run(outbox.publish, batch(entries)))
    assert [(line["kind"], line["entry"]) for line in lines] == [("opened", "1"), ("reminded", "2")]


def test_what_was_told_is_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happenings, "REMEMBERED", 10)
    told = Happenings()
    for entry in chain(*({"kind": "reminded"} for _ in range(50))):
        told.tell(entry)
    assert len(told._told) == 10


def test_no_line_has_a_text_that_somebody_wrote() -> None:
    kinds = happenings.WORDS
    entries = chain(
        *(
            {
                "kind": kind,
                "officer": HOSTILE,
                "desk": HOSTILE,
                "cause": HOSTILE,
                "basis": HOSTILE,
                "content": {"by": HOSTILE, "why": HOSTILE, "unanswered": HOSTILE, "decision": {"x": HOSTILE}},
            }
            for kind in kinds
        )
    )
    told = Happenings()
    with capture_logs() as lines:
        for entry in entries:
            told.tell(entry)
    assert len(lines) == len(kinds)
    assert "Zhang San" not in str(lines)


@pytest.mark.parametrize("content", [{}, {"decision": {}}, {"decision": {"deemed": False}}])
def test_a_decision_whose_data_is_erased_or_plain_is_told_all_the_same(content: dict[str, Any]) -> None:
    (entry,) = chain({"kind": "decided", "content": content or {"x": 1}})
    for each in (entry, entry.model_copy(update={"data": None})):
        assert words_of(each) == "the case was decided"
