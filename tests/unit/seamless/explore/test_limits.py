"""How long a case can take the authority: the longest path, in time and with silence."""

from __future__ import annotations

import pytest

from activities.checks import CHECKS
from contracts.terms.decisions import Decision, Refuse
from contracts.terms.directory import load_directory
from contracts.terms.limits import working_days
from seamless.explore.check import LawChecked, check, in_words
from tests.unit.seamless.explore.permit import Issue, Issuing, Plea, Presumed, Review, Work, item
from workflows.case import Procedure, procedure
from workflows.tree_felling import TreeFelling


@procedure(item())
class OneAfterTheOther(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        await self.ask(Work(plan=plea.plan))
        await self.ask(Presumed(plan=plea.plan))
        return await self.decide(Refuse(reason="unsound"))


@procedure(item())
class AtOnce(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        await self.ask_all(Work(plan=plea.plan), Presumed(plan=plea.plan), Issue(plan=plea.plan))
        return await self.decide(Refuse(reason="unsound"))


@procedure(item())
class WithAGrace(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        await self.ask(Issue(plan=plea.plan))
        return await self.decide(Refuse(reason="unsound"))


@procedure(item())
class WhileTheApplicantPays(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        await self.ask(Work(plan=plea.plan))
        await self.collect(self.law.fees.of(plea), within=working_days(10))
        return await self.decide(Refuse(reason="unsound"))


@procedure(item())
class BeforeItIsAccepted(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.ask(Presumed(plan=plea.plan))
        await self.accept()
        await self.ask(Work(plan=plea.plan))
        return await self.decide(Refuse(reason="unsound"))


@procedure(item())
class UntilAnAgencyRefuses(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        await self.ask_all(Work(plan=plea.plan), Review(plan=plea.plan), stop_at="refuse")
        return await self.decide(Refuse(reason="unsound"))


@pytest.mark.parametrize(
    ("cls", "in_time", "with_silence"),
    [
        (OneAfterTheOther, 7, 7),
        (AtOnce, 5, 5),
        (WithAGrace, 2, 3),
        (WhileTheApplicantPays, 2, 2),
        (BeforeItIsAccepted, 2, 2),
        (UntilAnAgencyRefuses, 5, 5),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_the_longest_path(cls: type[Procedure[object]], in_time: int, with_silence: int) -> None:
    [law] = check(cls, load_directory(), CHECKS).laws
    assert told(law) == (f"{in_time} working days", f"{with_silence} working days")


def test_of_ways_equally_long_the_one_on_which_agencies_are_silent_is_the_longest() -> None:
    """An inspection that is answered on its last day takes as long as one that is not answered at all."""
    for law in check(TreeFelling, load_directory(), CHECKS).laws:
        assert law.with_silence is not None
        assert law.in_time is not None
        assert law.in_time.beyond == law.with_silence.beyond
        assert [each.move.does for each in law.with_silence.path] == ["silence"]
        assert "silence" not in {each.move.does for each in law.in_time.path}


def told(law: LawChecked) -> tuple[str, str]:
    assert law.in_time is not None
    assert law.with_silence is not None
    return in_words(law.in_time.beyond, law.law), in_words(law.with_silence.beyond, law.law)


def test_what_follows_from_silence_is_a_table() -> None:
    [law] = check(WithAGrace, load_directory(), CHECKS).laws
    [row] = law.silence
    assert row.who == "housing"
    assert row.after == "2 working days, then 1 working day more (planning is told)"
    assert (row.follows, row.basis) == ("it counts as: outstanding", "art. 7")
    assert row.then == "refused (unsound)"
