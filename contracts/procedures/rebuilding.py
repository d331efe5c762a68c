"""Rebuilding a procedure: a new way of working is tried on some of the new cases, and kept or given up.

That is itself a procedure across offices. Whoever answers for a procedure proposes a pilot; two members of
the steering committee approve it; the pilot office assigns new cases, weighs every day what became of
them, and assigns them the old way again once the new one is worse; the committee decides whether it stays.
docs/pilots.md has the rules of the evidence.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from contracts.terms.fees import FeeSchedule
from contracts.terms.hand_overs import HandOver
from contracts.terms.identifiers import AgencyId, ProcedureId, VariantId
from contracts.terms.law import LawVersion, Reason
from contracts.terms.limits import months, working_days
from contracts.terms.reports import Report
from contracts.terms.requests import Answer, Request, Rung, deem, escalate, lapse, refer, remind
from contracts.terms.results import Result
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Statement, Text, absent

STEERING_COMMITTEE = AgencyId("steering-committee")
PILOT_OFFICE = AgencyId("pilot-office")

TRYING = "优化营商环境条例 art. 7"
"""Departments are encouraged to try measures of their own, within the law, and errors in trying are excused.
How a pilot is run is the administration's own rule."""


class PilotProposal(Statement):
    """Which procedure is to be tried in which other way, and why.

    Attributes:
        applicant: the office that answers for the procedure.
        law: the law version that knows both variants; None: the one that is in force.
        block: of so many consecutive new cases, one, drawn at random, gets the new variant.
        most: so many cases get the new variant at most.
    """

    applicant: Text
    procedure: ProcedureId
    law: Text | None = Field(default=None, exclude_if=absent)
    old: VariantId
    new: VariantId
    block: int = Field(default=2, ge=2, le=20)
    most: int = Field(default=100, ge=1, le=5_000)
    why: Text


class Vote(Answer, needs={"refuse": "reason"}):
    """What a member of the committee says; ``note`` is why."""

    outcome: Literal["approve", "refuse"]


class Beginning(Answer, needs={"not-possible": "reason"}):
    """Whether new cases are assigned from now on; ``concerned`` are the agencies that have a part in the
    procedure. ``note`` says why it is not possible."""

    outcome: Literal["begun", "not-possible"]
    concerned: tuple[AgencyId, ...] = ()


class Figures(Statement):
    """What the evidence was when it was weighed.

    Attributes:
        assigned, closed: how many cases.
        slower, faster: of pairs of a new and an old case of one block, in how many the new one took longer,
            or less long.
        e_slower, e_faster: the e-values; docs/pilots.md says what decides.
    """

    assigned: int = Field(ge=0)
    closed: int = Field(ge=0)
    slower: int = Field(ge=0)
    faster: int = Field(ge=0)
    e_slower: float = Field(ge=0)
    e_faster: float = Field(ge=0)


class Evidence(Answer):
    """What the cases of the pilot say. ``exhausted``: all cases were assigned and are closed, and it is
    still undecided."""

    outcome: Literal["undecided", "better", "exhausted", "worse", "harmful"]
    figures: Figures | None = Field(default=None, exclude_if=absent)


class Ending(Answer):
    """Whether new cases get one variant again; ``outstanding``: not yet."""

    outcome: Literal["ended", "outstanding"]


class Adoption(Answer):
    """Whether all new cases get the new variant from now on, or the old one; ``note`` is why."""

    outcome: Literal["adopt", "go-back"]


def in_its_place(otherwise: str) -> list[Rung]:
    """The committee is told that the pilot office has not answered, and then answers in its place."""
    return [
        escalate(to=STEERING_COMMITTEE, grace=working_days(1)),
        refer(to=STEERING_COMMITTEE, within=working_days(5), otherwise=otherwise),
    ]


class ApprovePilot(
    Request[Vote],
    agency=STEERING_COMMITTEE,
    limit=working_days(10),
    basis=f"{TRYING}; silence approves nothing",
    overdue=[remind(at=0.8), lapse("not-approved")],
    reasons=["not-approved"],
    by_person=True,
):
    proposal: PilotProposal


class ConfirmPilot(
    Request[Vote],
    agency=STEERING_COMMITTEE,
    limit=working_days(10),
    basis=f"{TRYING}; two persons approve; silence approves nothing",
    overdue=[remind(at=0.8), lapse("not-approved")],
    reasons=["not-approved"],
    second_to=ApprovePilot,
):
    proposal: PilotProposal


class BeginAssignment(
    Request[Beginning],
    agency=PILOT_OFFICE,
    limit=working_days(1),
    basis=TRYING,
    overdue=in_its_place("not-possible"),
    reasons=["not-possible"],
):
    proposal: PilotProposal


class WeighEvidence(
    Request[Evidence],
    agency=PILOT_OFFICE,
    limit=working_days(1),
    basis=f"{TRYING}; the evidence may be weighed at any time, and is every day",
    overdue=in_its_place("not-weighed"),
):
    proposal: PilotProposal


class EndAssignment(
    Request[Ending],
    agency=PILOT_OFFICE,
    limit=working_days(1),
    basis=f"{TRYING}; running cases end as they began",
    overdue=in_its_place("not-weighed"),
):
    tried: ProcedureId
    variant: VariantId


class DecideAdoption(
    Request[Adoption],
    agency=STEERING_COMMITTEE,
    limit=working_days(20),
    basis=f"{TRYING}; silence adopts nothing",
    overdue=[remind(at=0.8), deem("go-back")],
    by_person=True,
):
    proposal: PilotProposal
    found: Literal["better", "exhausted"]
    figures: Figures | None = Field(default=None, exclude_if=absent)


class TellPilot(HandOver, basis=TRYING):
    """For the information of an agency that has a part in the procedure: a pilot begins or has ended. Its
    running cases end as they began.

    Attributes:
        what: it ``begins``; or all new cases get the ``new`` variant (``adopted``), or the ``old`` one.
    """

    to: AgencyId
    tried: ProcedureId
    old: VariantId
    new: VariantId
    what: Literal["begins", "adopted", "gone-back"]


class PilotStopped(Report, step="Stop pilot", by=[STEERING_COMMITTEE]):
    """The committee ends a pilot before its evidence does."""

    why: Text


EXAMPLE = PilotProposal(
    applicant="市场监督管理局 / Market regulation",
    procedure=ProcedureId("opening-restaurant"),
    law="one-by-one",
    old=VariantId("chain"),
    new=VariantId("bundle"),
    why="逐项办理耗时过长。 / One after the other takes too long.",
)

REBUILDING = ServiceItem(
    procedure=ProcedureId("rebuilding"),
    code="seamless-demo-0008",
    name=Bilingual(zh="流程再造试点", en="Rebuilding a procedure"),
    application=PilotProposal,
    lead=STEERING_COMMITTEE,
    laws=(
        LawVersion(
            id="2020",
            basis=TRYING,
            since=date(2020, 1, 1),
            statutory=months(24),
            promised=months(12),
            fees=FeeSchedule(currency="CNY"),
            reasons={
                "not-approved": Reason(
                    zh="指导委员会未批准试点。", en="The steering committee did not approve the pilot."
                ),
                "not-possible": Reason(zh="试点无法开始。", en="The pilot cannot begin."),
                "worse": Reason(
                    zh="新办法较慢，新办件已恢复原办法。",
                    en="The new way is slower: new cases go the old way again.",
                ),
                "harmful": Reason(
                    zh="新办法不予许可或者异议增多，新办件已恢复原办法。",
                    en="The new way harms: more is refused or objected to. New cases go the old way again.",
                ),
                "not-weighed": Reason(
                    zh="证据未能评估，新办件已恢复原办法。",
                    en="The evidence could not be weighed: new cases go the old way again.",
                ),
                "stopped": Reason(
                    zh="指导委员会提前终止试点，新办件已恢复原办法。",
                    en="The steering committee has stopped the pilot: new cases go the old way again.",
                ),
                "not-adopted": Reason(
                    zh="指导委员会决定不采用，新办件已恢复原办法。",
                    en="The steering committee has not adopted it: new cases go the old way again.",
                ),
            },
        ),
    ),
    requests=(ApprovePilot, ConfirmPilot, BeginAssignment, WeighEvidence, EndAssignment, DecideAdoption),
    hand_overs=(TellPilot,),
    withdrawable=False,
    examples=(EXAMPLE,),
    titles={
        "application": Bilingual(zh="提出试点方案", en="Propose a pilot"),
        "approve-pilot": Bilingual(zh="批准试点", en="Approve the pilot"),
        "confirm-pilot": Bilingual(zh="第二人批准试点", en="Approve it as the second person"),
        "begin-assignment": Bilingual(zh="开始分配新办件", en="Begin to assign new cases"),
        "weigh-evidence": Bilingual(zh="评估证据", en="Weigh the evidence"),
        "end-assignment": Bilingual(zh="结束分配新办件", en="End the assignment"),
        "decide-adoption": Bilingual(zh="决定是否采用", en="Decide on adoption"),
        "tell-pilot": Bilingual(zh="告知有关部门", en="Tell the agencies"),
        "Stop pilot": Bilingual(zh="提前终止试点", en="Stop the pilot"),
    },
    outcomes={
        "approve": Bilingual(zh="同意", en="approve"),
        "refuse": Bilingual(zh="不同意", en="refuse"),
        "begun": Bilingual(zh="已开始", en="begun"),
        "not-possible": Bilingual(zh="无法开始", en="not possible"),
        "undecided": Bilingual(zh="尚无定论", en="undecided"),
        "better": Bilingual(zh="新办法较快", en="the new way is faster"),
        "exhausted": Bilingual(zh="办件已用完，仍无定论", en="all cases used, undecided"),
        "worse": Bilingual(zh="新办法较慢", en="the new way is slower"),
        "harmful": Bilingual(zh="新办法有损申请人", en="the new way harms"),
        "ended": Bilingual(zh="已结束", en="ended"),
        "outstanding": Bilingual(zh="尚未结束", en="outstanding"),
        "adopt": Bilingual(zh="采用", en="adopt"),
        "go-back": Bilingual(zh="恢复原办法", en="go back"),
    },
    consequences=Bilingual(
        zh="逾期未表决的，试点不予批准；逾期未决定的，恢复原办法。新办法较慢或者有损申请人的，新办件自动恢复原办法；已开始的办件按原定办法办结。",
        en="Silence approves no pilot, and adopts nothing: new cases go the old way again. They do so by "
        "themselves when the new way is slower or harms. Running cases end as they began.",
    ),
    basis=(TRYING,),
    applicants=("authority",),
    results=(
        Result(
            code="adopted-variant",
            name=Bilingual(zh="采用新办法的决定", en="Decision to adopt the new way"),
            by_decision=True,
        ),
    ),
    visits=0,
)
