"""Whatever a case is told, it can be lived again over it: whether a backup of Temporal has that, or only the
case's ledger, or only the backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from contracts.platform import CANCEL, DELIVER, PUBLISH_CALENDAR, Cancellation, Delivered, signal_of
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.calendar import LegalCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.identifiers import OPERATOR, Party
from contracts.wire.envelope import Message
from contracts.wire.messages import Answered, Received
from contracts.wire.orders import CancelOrdered
from seamless.explore.driver import messages_of
from seamless.operate import reliving
from seamless.operate.recovering import Recovery
from seamless.operate.reliving import Relived, Unlike
from seamless.operate.remembering import CANCEL_REQUESTED, MESSAGES
from tests.replay.living import Life
from tests.replay.replaying import small_runs
from tests.unit.workflows.case.running import HOUSING, START, checks, delivered, opened
from workers.process.settings import load_settings
from workflows.construction_permit import ConstructionPermit
from workflows.procedures import PROCEDURES

COMPLETENESS = "construction-permit.check-completeness/1"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

Lives = Callable[..., Life]


@pytest.fixture
def lives() -> Iterator[Lives]:
    """Makes construction permits that begin to live."""
    lived: list[Life] = []

    def begin(first: Sequence[tuple[str, Any]] = (), **changes: Any) -> Life:
        lived.append(Life(ConstructionPermit, opened(**({"calendar": "cn-2026.1"} | changes)), *first))
        return lived[-1]

    yield begin
    for each in lived:
        each.end()


@pytest.fixture
def two_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    item = CONSTRUCTION_PERMIT.model_copy(update={"two_persons": ("cancel",)})
    monkeypatch.setattr(ConstructionPermit, "item", item)


def recovered(life: Life, backup: datetime, *again: Delivered, torn: int = 0) -> Relived:
    """A case, lived again with a backup of then and its ledger, which has lost the last ``torn`` entries."""
    client = cast(Any, SimpleNamespace(data_converter=pydantic_data_converter))
    recovery = Recovery(load_settings(), client, cast(Any, None))
    entries = life.entries[: len(life.entries) - torn]
    relived = recovery._relive(life.workflow_type, life.remembered(backup), entries, again)
    if relived.opened is not None:
        assert relived.opened["carried"]["head"] == life.entries[-1].hash
    assert relived.last[-1].postings[-1].entry == life.entries[-1]
    return relived


def later(version: str, *holidays: str) -> CalendarDays:
    """A version of China's calendar with more holidays."""
    known = calendar("cn-2026.1")
    assert isinstance(known, LegalCalendar)
    days = known.days.model_dump(mode="json")
    return CalendarDays.model_validate(
        days | {"name": f"cn-2026.{version}", "holidays": sorted({*days["holidays"], *holidays})}
    )


SOON = later("2", "2026-03-04")
SOONER = later("3", "2026-03-04", "2026-03-05")


def says(life: Life, message: Message, sender: Party, step: str | None = None, **more: Any) -> Delivered:
    """What somebody says to a case now."""
    return delivered(message, life.case, sender, step=step, **({"received": life.at} | more))


def complete(life: Life) -> Delivered:
    return says(life, Answered(answer={"outcome": "complete"}), HOUSING, COMPLETENESS)


def ends(life: Life, officer: str, confirms: str | None = None) -> Delivered:
    return says(life, CancelOrdered(officer=officer, why="Filed twice.", confirms=confirms), OPERATOR)


def unsaid(relived: Relived) -> list[str]:
    return [each.name for each in relived.unsaid]


def test_a_case_is_told_nothing_that_could_not_be_repeated() -> None:
    """Whoever gives cases another signal, or an update, has to teach `reliving` how a case is told of it
    again, by the history and by the ledger; and to add a class of tests here."""
    for procedure in PROCEDURES:
        assert messages_of(procedure) == MESSAGES.keys(), procedure


def test_a_message_of_an_unknown_kind_is_not_passed_over(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = lives()
    life.signals(("hurry", "up"))
    life.signals(signal_of(answer := complete(life)))
    recovered(life, life.at, answer)  # this build's cases take none of that name: it had no effect
    monkeypatch.setattr(reliving, "messages_of", lambda procedure: frozenset({*MESSAGES, "hurry"}))
    with pytest.raises(Unlike, match="'hurry'"):
        recovered(life, life.at, answer)


@pytest.mark.parametrize("sent", [{"a": 1}, None, "up", [1]])
def test_a_message_that_somebody_sent_by_hand_and_nobody_can_read(lives: Lives, sent: Any) -> None:
    life = lives()
    life.signals(signal_of(answer := complete(life)))
    life.keeps((DELIVER, sent))
    with pytest.raises(Unlike, match="nobody can read: 'deliver'"):
        recovered(life, life.at, answer)


def test_a_message_that_brings_nothing(lives: Lives) -> None:
    life = lives()
    life.keeps((DELIVER, None))
    life.histories[-1][-1].workflow_execution_signaled_event_attributes.input.ClearField("payloads")
    with pytest.raises(Unlike, match="nobody can read: 'deliver'"):
        recovered(life, life.at)


class TestAnEvent:
    """``deliver``"""

    @pytest.mark.parametrize("known", [0, 1, 2, 3])
    def test_that_was_refused_sent_again_and_put_right(self, lives: Lives, known: int) -> None:
        life = lives()
        wrong, right = Answered(answer={"outcome": "issued"}), Answered(answer={"outcome": "complete"})
        sent, moments = [], []
        for minute, said in enumerate((wrong, wrong, right), start=1):
            life.passes_time(START + minute * MINUTE)
            sent.append(says(life, said, HOUSING, COMPLETENESS, event_id="1"))
            life.signals(signal_of(sent[-1]))
            moments.append(life.at)
        assert [entry.kind for entry in life.entries if entry.cause == sent[0].event.key] == [
            "refused", "refused", "answered"
        ]  # fmt: skip
        recovered(life, [START, *moments][known], *sent[known:])

    def test_that_came_before_the_backup_or_after_it(self, lives: Lives) -> None:
        life = lives()
        life.passes_time(START + MINUTE)
        life.signals(signal_of(answer := complete(life)))
        recovered(life, START + MINUTE)
        recovered(life, START, answer)

    def test_that_no_ledger_shows_waits_in_the_inbox(self, lives: Lives) -> None:
        life = lives()
        life.keeps(signal_of(answer := complete(life)))
        relived = recovered(life, START)
        assert relived.opened is not None
        assert [each["event"]["id"] for each in relived.opened["carried"]["inbox"]] == [answer.event.id]
        assert unsaid(relived) == []


class TestACalendar:
    """``publish-calendar``"""

    def test_that_came_before_the_backup(self, lives: Lives) -> None:
        life = lives()
        life.passes_time(START + MINUTE)
        life.signals((PUBLISH_CALENDAR, SOON))
        assert life.kinds == ["opened", "requested", "calendar", "rescheduled"]
        life.passes_time(START + 2 * MINUTE)
        life.signals(signal_of(answer := complete(life)))
        relived = recovered(life, START + MINUTE, answer)
        assert relived.opened is not None
        assert relived.opened["carried"]["calendar"]["name"] == SOON.name
        assert unsaid(relived) == []

    def test_that_only_the_ledger_tells_of(self, lives: Lives) -> None:
        life = lives()
        for minutes, days in (1, SOON), (2, SOONER):
            life.passes_time(START + minutes * MINUTE)
            life.signals((PUBLISH_CALENDAR, days))
        assert life.kinds.count("calendar") == 2
        recovered(life, START)

    def test_that_came_before_the_case_was_told_anything(self, lives: Lives) -> None:
        life = lives(first=[(PUBLISH_CALENDAR, SOON)])
        assert life.kinds == ["opened", "requested", "calendar", "rescheduled"]
        for backup in START - MINUTE, START:
            recovered(life, backup)

    def test_that_the_case_has_changes_nothing(self, lives: Lives) -> None:
        life = lives()
        for minutes, days in enumerate([SOON, SOON, SOONER, SOONER]):
            life.passes_time(START + minutes * MINUTE)
            life.signals((PUBLISH_CALENDAR, days))
        life.signals(signal_of(answer := complete(life)))
        assert life.kinds.count("calendar") == 2
        for minutes in range(4):
            recovered(life, START + minutes * MINUTE, answer)

    @pytest.mark.parametrize("backup", [START, START + 20 * DAY])
    def test_that_waited_for_the_fence_of_what_was_due_before(self, lives: Lives, backup: datetime) -> None:
        """It goes before an answer that the broker received after that, both once the fence is passed."""
        life = lives()
        while not life.fences:
            life.passes_time(life.at + DAY)
        life.passes_time(life.at + MINUTE)
        life.signals((PUBLISH_CALENDAR, SOONER))
        life.passes_time(life.at + MINUTE)
        life.signals(signal_of(answer := complete(life)))
        assert "calendar" not in life.kinds
        life.passes_time(life.at + MINUTE)
        life.passes()
        assert [kind for kind in life.kinds if kind in ("deemed", "calendar", "late")] == [
            "deemed",
            "calendar",
            "late",
        ]
        recovered(life, backup, answer)

    def test_by_which_an_end_is_past_holds_it_without_a_fence(self, lives: Lives) -> None:
        """A Saturday is worked after all, and the limit has ended already."""
        saturday = SOON.model_copy(
            update={"name": "cn-2026.4", "holidays": (), "worked_weekends": (date(2026, 3, 7),)}
        )
        life = lives()
        life.passes_time(datetime(2026, 3, 9, 1, tzinfo=UTC))
        life.signals((PUBLISH_CALENDAR, saturday))
        assert life.kinds[-3:] == ["calendar", "rescheduled", "held"]
        recovered(life, START)
        while not life.fences:
            life.passes_time(life.at + DAY)
        life.passes()
        assert "deemed" in life.kinds
        recovered(life, START)

    def test_that_the_case_was_not_told_of_goes_to_its_next_run(self, lives: Lives) -> None:
        life = lives()
        life.keeps((PUBLISH_CALENDAR, SOON), (PUBLISH_CALENDAR, SOONER))
        relived = recovered(life, START)
        assert [each.value for each in relived.unsaid] == [SOON, SOONER]

    def test_that_a_restored_temporal_told_too_late_is_not_told_twice(self, lives: Lives) -> None:
        """Temporal had it before the backup, and told the case after it; and again after it was restored."""
        life = lives()
        life.keeps((PUBLISH_CALENDAR, SOON))
        backup = life.remembered(START)
        life.passes_time(START + MINUTE)
        life.signals((PUBLISH_CALENDAR, SOON))
        life.remembered = lambda until: backup  # type: ignore[method-assign]
        assert unsaid(recovered(life, START)) == []

    def test_of_a_run_before_or_after_a_new_one(self, lives: Lives) -> None:
        with small_runs(2):
            life = lives()
            answers = []
            for minutes, days in enumerate([SOON, SOONER]):
                life.passes_time(START + minutes * MINUTE)
                life.signals((PUBLISH_CALENDAR, days))
                for _ in range(2):
                    answers.append(says(life, Received(), HOUSING, COMPLETENESS))
                    life.signals(signal_of(answers[-1]))
            life.passes_time(START + 2 * MINUTE)
            answers.append(complete(life))
            life.signals(signal_of(answers[-1]))
            assert len(life.histories) == 3
            for seconds in range(0, 90, 30):
                relived = recovered(life, START + timedelta(seconds=seconds), *answers)
                assert relived.opened is not None
                assert relived.opened["carried"]["calendar"]["name"] == SOONER.name


class TestAnOrderToEndACase:
    """``cancel``"""

    @pytest.mark.usefixtures("two_persons")
    def test_that_was_proposed_before_the_backup_or_after_it(self, lives: Lives) -> None:
        life = lives()
        life.passes_time(START + MINUTE)
        life.signals(signal_of(first := ends(life, "li")))
        assert life.kinds[-1] == "proposed"
        life.passes_time(START + 2 * MINUTE)
        life.signals(signal_of(answer := complete(life)))
        for backup, again in (START + MINUTE, [answer]), (START, [first, answer]):
            relived = recovered(life, backup, *again)
            assert relived.opened is not None
            assert relived.opened["carried"]["proposals"].keys() == {first.event.id}
            assert unsaid(relived) == []
        life.signals(signal_of(second := ends(life, "wang", confirms=first.event.id)))
        assert life.kinds[-1] == "closed"
        assert recovered(life, START + MINUTE, answer, second, torn=1).opened is None

    def test_that_took_effect_and_whose_last_entries_were_lost(self, lives: Lives) -> None:
        life = lives()
        life.passes_time(START + MINUTE)
        life.signals(signal_of(answer := complete(life)), signal_of(order := ends(life, "li")))
        assert "answered" not in life.kinds
        assert life.kinds[2:] == ["broken-off", "cancelled", "decided", "late", "closed"]
        assert recovered(life, START + MINUTE, torn=1).opened is None
        assert recovered(life, START, answer, order, torn=1).opened is None

    def test_that_no_event_brought(self, lives: Lives) -> None:
        life = lives()
        life.passes_time(START + MINUTE)
        life.signals((CANCEL, Cancellation(by="li", why="Filed twice.")))
        for torn in range(1, len(life.entries) - 2):
            for backup in START, START + MINUTE:
                assert recovered(life, backup, torn=torn).opened is None

    def test_that_the_case_was_not_told_of_goes_before_everything_else_in_its_next_run(
        self, lives: Lives
    ) -> None:
        life = lives()
        life.keeps((PUBLISH_CALENDAR, SOON), signal_of(complete(life)), signal_of(ends(life, "li")))
        life.keeps((CANCEL, Cancellation(by="wang", why="Filed twice.")))
        relived = recovered(life, START)
        assert unsaid(relived) == [CANCEL, CANCEL, PUBLISH_CALENDAR]
        assert relived.unsaid[0].value.by == "li"


class TestTemporalsCancel:
    def test_that_took_effect_and_whose_last_entries_were_lost(self, lives: Lives) -> None:
        life = lives()
        life.passes_time(START + MINUTE)
        life.is_cancelled()
        assert life.kinds[2:] == ["cancelled", "decided", "closed"]
        for torn in 1, 2:
            for backup in START, START + MINUTE:
                assert recovered(life, backup, torn=torn).opened is None

    def test_that_the_case_was_not_told_of_goes_to_its_next_run(self, lives: Lives) -> None:
        life = lives()
        life.is_cancelled(told=False)
        assert unsaid(recovered(life, START)) == [CANCEL_REQUESTED]


class TestAnAnswerOfACheck:
    @pytest.mark.parametrize("counted_as_an_answer", [False, True], ids=["now", "before"])
    def test_that_does_not_fit_leaves_nothing_but_where_it_was_once_refused(
        self, lives: Lives, monkeypatch: pytest.MonkeyPatch, counted_as_an_answer: bool
    ) -> None:
        if counted_as_an_answer:
            monkeypatch.setattr("workflows.case.waiting._unfit", lambda *_: None)
        life = lives(checks=checks("planning"))
        life.passes_time(START + MINUTE)
        life.signals(signal_of(answer := complete(life)))
        life.passes_time(START + 2 * MINUTE)
        life.answers({"review-planning": {"outcome": "refuse", "reason": "no-reason-of-the-law"}})
        assert (life.kinds[-1] == "refused") == counted_as_an_answer
        recovered(life, START, answer)

    def test_whose_request_was_stopped_by_another_one_in_the_same_moment(self, lives: Lives) -> None:
        life = lives(checks=checks("fire-safety", "planning"))
        life.passes_time(START + MINUTE)
        life.signals(signal_of(answer := complete(life)))
        life.passes_time(START + 2 * MINUTE)
        refuses = {"outcome": "refuse", "reason": "fire-safety-insufficient"}
        life.answers({"review-fire-safety": refuses, "review-planning": {"outcome": "consent"}})
        assert life.kinds[-1] == "closed"
        assert "late" in life.kinds
        assert recovered(life, START, answer, torn=1).opened is None


class TestASilentCheck:
    def test_is_held_without_a_fence(self, lives: Lives) -> None:
        """Its worker is away, and so is the orchestrator when its limit ends."""
        life = lives(checks=checks("housing"))
        life.passes_time(START + 7 * DAY)
        life.sleeps(START + 60 * DAY)
        assert life.kinds[-2:] == ["reminded", "held"]
        recovered(life, START)

    def test_is_held_where_a_fence_is_asked_for_in_the_same_moment(self, lives: Lives) -> None:
        """An agency is silent, too, and its limit ends at the same midnight."""
        life = lives(checks=checks("planning"))
        life.passes_time(START + MINUTE)
        life.signals(signal_of(answer := complete(life)))
        while "held" not in life.kinds:
            life.passes_time(life.at + timedelta(hours=1))
            if life.fences and "held" not in life.kinds:
                life.passes()
        assert life.kinds[-1] == "held"
        assert life.fences
        recovered(life, START, answer)
        life.passes()
        assert life.kinds[-1] == "deemed"
        recovered(life, START, answer)
