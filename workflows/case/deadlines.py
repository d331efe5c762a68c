"""What is due in a case: the steps that are open, the stages of its course, its own limits.

They are kept in the journal. A ladder is in them at its absolute times, so a new run goes on with it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from contracts.terms.calendar import Due, Stretch
from contracts.terms.fees import FeeLine
from contracts.terms.identifiers import AgencyId, Party, RequestId
from contracts.terms.limits import Limit
from contracts.terms.requests import Rung
from contracts.terms.values import Money, absent
from contracts.wire.tracing import TraceParent


class Warn(BaseModel):
    """A limit of the case runs out: the lead agency is told."""

    rung: Literal["warn"] = "warn"


class Over(BaseModel):
    """A limit of the case has passed: its consequences follow."""

    rung: Literal["over"] = "over"


class ScheduledRung(BaseModel):
    """One rung of an overdue ladder at its absolute time."""

    at: AwareDatetime
    rung: Annotated[Rung | Warn | Over, Field(discriminator="rung")]


IN_WORDS = {
    "remind": "reminder of",
    "escalate": "escalation of",
    "warn": "warning before the end of",
    "over": "end of",
}
"""What a rung is, for operators; any other is the binding end."""


class Deadline(BaseModel):
    """Something that is due: a step that is open, or a limit of the case itself.

    Attributes:
        due: when it should be done; the binding end may be later, by a grace period.
        provisional: it reaches beyond the published years of the calendar.
        rungs: the overdue ladder, by time; the last rung is the binding end. Empty: there is no limit.
        passed: how many rungs of the ladder were taken.
        unanswered: an automated check has not answered by its end. Nothing follows; an operator has to see
            to it.
        stands_still: time does not count.
        held_until: it binds no earlier, and ``due`` stands: the platform was away over the binding end, or
            that was past already when it was counted again.
        outage: when that outage began.
        released: an operator has ordered that it binds, although the platform was away or a check has not
            answered.
    """

    step: str
    due: AwareDatetime | None = None
    rungs: list[ScheduledRung] = Field(default_factory=list)
    passed: int = 0
    unanswered: bool = Field(default=False, exclude_if=lambda value: value is False)
    stands_still: bool = Field(default=False, exclude_if=lambda value: value is False)
    held_until: AwareDatetime | None = Field(default=None, exclude_if=absent)
    outage: AwareDatetime | None = Field(default=None, exclude_if=absent)
    released: bool = Field(default=False, exclude_if=lambda value: value is False)
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)

    def move(self, due: Due, rungs: list[ScheduledRung]) -> None:
        """Let it be due at another time. What was found out about its former end no longer applies."""
        self.due, self.provisional, self.rungs = due.at, due.provisional, rungs
        self.held_until, self.outage, self.unanswered, self.released = None, None, False, False

    @property
    def binding_end(self) -> datetime | None:
        """The first instant that is too late where time counts: the binding end, or until when it is held.
        None where there is no limit."""
        return (self.held_until or self.rungs[-1].at) if self.rungs else None

    @property
    def end(self) -> datetime | None:
        """The first instant that is too late. None where there is no limit, or while it stands still."""
        return None if self.stands_still else self.binding_end

    @property
    def next_rung(self) -> ScheduledRung | None:
        """The rung that comes next, at its time. What has no limit has none, nor has what stands still, or
        waits for a check that did not answer."""
        if self.passed >= len(self.rungs) or self.unanswered or self.stands_still:
            return None
        rung = self.rungs[self.passed]
        if self.held_until is not None and self.passed == len(self.rungs) - 1:
            return ScheduledRung(at=self.held_until, rung=rung.rung)
        return rung

    @property
    def in_words(self) -> str:
        """What is due, for operators."""
        return f"the {self.step} limit"

    @property
    def next_in_words(self) -> str:
        """What comes next, for operators: ``binding end of construction-permit.review-planning/1``, and
        when."""
        rung = self.next_rung
        if rung is None:
            return ""
        what = IN_WORDS.get(rung.rung.rung, "binding end of")
        return f"{what} {self.in_words}, {rung.at:%Y-%m-%d %H:%M} UTC"


class Wait(Deadline):
    """A step that is open: a request of an agency, or something that the applicant or time has to bring.

    Attributes:
        holder: who has the case because of it.
        limit, ladder: how long it may take and what happens when it takes longer, from which ``due`` and
            ``rungs`` are computed; without a limit where a day was named.
        began: when the limit began, and the agency that has it now was asked.
        request: the request type, where an agency was asked.
        basis, reasons: what the case's law version said about it, beside the limit, when it was asked.
        inlets: the topics on which it may be ended; the fence watches them.
        agency: who is asked.
        referred_by: who was asked before it.
        asked_before: who was asked before that one.
        wants: the names of the facts that end it.
        fields: the fields of the application that may be handed in.
        owed: what still has to be paid to end it.
        paid: what was paid to end it, up to now.
        excess: how much of that was more than what was owed.
        billed, fees: the fees that this is about; what is to be paid of them, less what was waived.
        said: a digest of what its verb said.
        trace: the context of the entry that opened it, where that is in a trace.
        stages: the stages of the course in which it was opened, the outermost first.
        suspended: the suspensions for which it stands still, by step, and since when.
        still: the intervals in which it was suspended before.
    """

    holder: Party
    opened: AwareDatetime
    inlets: tuple[str, ...] = ()
    limit: Limit | None = Field(default=None, exclude_if=absent)
    ladder: tuple[Rung, ...] = Field(default=(), exclude_if=lambda value: not value)
    began: AwareDatetime | None = Field(default=None, exclude_if=absent)
    request: str | None = Field(default=None, exclude_if=absent)
    basis: str | None = Field(default=None, exclude_if=absent)
    reasons: tuple[str, ...] = ()
    request_id: RequestId | None = Field(default=None, exclude_if=absent)
    agency: AgencyId | None = Field(default=None, exclude_if=absent)
    referred_by: AgencyId | None = Field(default=None, exclude_if=absent)
    asked_before: tuple[AgencyId, ...] = Field(default=(), exclude_if=lambda value: not value)
    wants: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    owed: Money | None = Field(default=None, exclude_if=absent)
    paid: Money | None = Field(default=None, exclude_if=absent)
    excess: Money | None = Field(default=None, exclude_if=absent)
    billed: tuple[FeeLine, ...] = Field(default=(), exclude_if=lambda value: not value)
    fees: tuple[FeeLine, ...] = Field(default=(), exclude_if=lambda value: not value)
    said: str | None = Field(default=None, exclude_if=absent)
    trace: TraceParent = Field(default=None, exclude_if=absent)
    stages: tuple[str, ...] = Field(default=(), exclude_if=lambda value: not value)
    suspended: dict[str, AwareDatetime] = Field(default_factory=dict, exclude_if=lambda value: not value)
    still: list[Stretch] = Field(default_factory=list, exclude_if=lambda value: not value)

    @property
    def until(self) -> str:
        """The step, and until when its holder has the case for it, for operators."""
        due = f", due {self.due:%Y-%m-%d %H:%M} UTC" if self.due and not self.stands_still else ""
        held = f", held until {self.held_until:%Y-%m-%d %H:%M} UTC" if self.held_until else ""
        return f"{self.step}{due}{held}"

    @property
    def in_words(self) -> str:
        """The step."""
        return self.step

    @property
    def notice(self) -> Literal["missing", "fee-due"] | None:
        """The notice that told the applicant when it is due."""
        if "supplemented" in self.wants:
            return "missing"
        return "fee-due" if self.owed is not None else None

    @property
    def asked_earlier(self) -> tuple[AgencyId, ...]:
        """Who was asked before the agency that has it now, the last of them last."""
        return self.asked_before if self.referred_by is None else (*self.asked_before, self.referred_by)

    @property
    def is_check(self) -> bool:
        """Whether a department's own worker answers. It is the platform's: its silence means nothing."""
        return self.request is not None and not self.inlets

    def in_time(self, received: datetime) -> bool:
        """Whether what the broker had received at ``received`` came before the binding end."""
        return self.end is None or received < self.end or self.is_check


class Stage(Deadline):
    """A stage of the course that has a limit of its own.

    Attributes:
        name: as the author calls it.
        limit, began: how long it may take, and since when that counts.
        otherwise: the reason for which the stage is broken off once its limit is over; None: it goes on.
        over: its limit is over.
    """

    name: str
    limit: Limit | None = Field(default=None, exclude_if=absent)
    began: AwareDatetime | None = Field(default=None, exclude_if=absent)
    otherwise: str | None = Field(default=None, exclude_if=absent)
    over: bool = Field(default=False, exclude_if=lambda value: value is False)

    @property
    def in_words(self) -> str:
        """The stage, as its author calls it."""
        return f"the stage {self.name}"


class Default(BaseModel):
    """The applicant's notice of default, and what has followed.

    Attributes:
        begins: when the authority begins to owe a penalty payment.
        begun: it does.
        told: what is owed was told, and grows no more.
    """

    noticed: AwareDatetime
    begins: AwareDatetime
    begun: bool = False
    told: bool = False
