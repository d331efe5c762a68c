"""Procedures that nobody has written: their contracts are drawn, and one course runs them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar, Literal
from unittest import mock

from hypothesis import strategies as st
from pydantic import Field, create_model

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.fees import Fee, FeeSchedule
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import LawVersion, Reason
from contracts.terms.limits import calendar_days, hours, weeks, working_days
from contracts.terms.reports import Report
from contracts.terms.requests import Answer, Request, deem, escalate, lapse, refer, remind
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Day, DocumentRef, MissingItem, Money, Statement, Text, absent
from workflows.case import Lapsed, Procedure, procedure

AGENCIES = [AgencyId(each) for each in ("housing", "planning", "parks", "tax", "bank", "post")]
LIMITS = [hours(1), hours(5), working_days(1), working_days(10), calendar_days(3), weeks(2)]
BOTH = Bilingual(zh="例", en="Example")
NUMBERS = count(1)


class Wish(Statement):
    """What is applied for."""

    text: Text
    kind: Literal["small", "large"] = "small"
    area: Decimal = Field(default=Decimal(3), ge=0, le=1000)
    since: Day
    paper: DocumentRef
    proof: DocumentRef | None = Field(default=None, exclude_if=absent)
    note: Text | None = Field(default=None, exclude_if=absent)


class UnseenCourse(Procedure[Wish]):
    """Asks everybody in turn; brings what is missing; refuses, for the reason that is given, or grants."""

    asks: ClassVar[tuple[type[Request[Any]], ...]]
    waits: ClassVar[tuple[type[Report], ...]]

    async def course(self, wish: Wish) -> Decision:
        await self.accept()
        for kind in self.asks:
            try:
                answer = await self.ask(kind.model_validate({"wish": wish}))
            except Lapsed as lapsed:
                return await self.decide(Refuse(reason=lapsed.reason))
            if missing := getattr(answer, "missing", ()):
                wish = await self.supplement(wish, missing, within=working_days(3), otherwise="late")
            elif answer.reason:
                return await self.decide(Refuse(reason=answer.reason))
        for report in self.waits:
            await self.wait_for(report, within=working_days(6))
        if not await self.collect(self.law.fees.of(wish), within=working_days(4)):
            return await self.decide(Refuse(reason="late"))
        return await self.decide(Grant())


@dataclass(frozen=True)
class Unseen:
    """One of them."""

    procedure: type[Procedure[Any]]

    def in_the_catalogue(self) -> AbstractContextManager[Any]:
        """For as long as it is in the catalogue."""
        item = self.procedure.item
        return mock.patch.dict(CATALOGUE, {item.procedure: item})


@st.composite
def unseen(draw: st.DrawFn) -> Unseen:
    """A procedure."""
    number = next(NUMBERS)
    asks = [_request(draw, each) for each in range(draw(st.integers(1, 4)))]
    waits = [_report(draw, f"Step {number}.{each}") for each in range(draw(st.integers(0, 2)))]
    item = ServiceItem(
        procedure=ProcedureId(f"unseen-{number}"),
        code="unseen",
        name=BOTH,
        application=Wish,
        lead=draw(st.sampled_from(AGENCIES)),
        laws=(
            LawVersion(
                id="v1",
                basis="a law of these tests",
                since=date(2026, 1, 1),
                statutory=working_days(60),
                promised=working_days(60),
                fees=FeeSchedule(currency="CNY", lines=tuple(_fees(draw))),
                reasons={code: Reason(zh=code, en=code) for code in ("late", "bad", "worse")},
            ),
        ),
        requests=tuple(asks),
        reporters=None,
        consequences=BOTH,
        withdrawable=draw(st.booleans()),
    )
    members = {"__module__": __name__, "__qualname__": f"Unseen{number}", "asks": asks, "waits": waits}
    return Unseen(procedure(item)(type(f"Unseen{number}", (UnseenCourse,), members)))


def _request(draw: st.DrawFn, number: int) -> type[Request[Any]]:
    names = draw(
        st.lists(st.sampled_from(["yes", "no", "later", "partly", "other"]), min_size=1, unique=True)
    )
    needed = st.sampled_from(["reason", "document", "missing", "remarks", None])
    needs = {name: field for name in names[1:] if (field := draw(needed)) is not None}
    answer: Any = create_model(  # type: ignore[call-overload]
        f"Answer{number}",
        __base__=Answer,
        __cls_kwargs__={"needs": needs},
        outcome=(Literal[tuple(names)], ...),
        missing=(tuple[MissingItem, ...], ()),
        document=(DocumentRef | None, None),
        remarks=(tuple[Text, ...], ()),
        count=(int, Field(default=1, ge=1, le=7)),
        colour=(Literal["red", "green"], "red"),
    )
    stated = {
        "agency": draw(st.sampled_from(AGENCIES)),
        "limit": draw(st.sampled_from(LIMITS)),
        "basis": "art. 1",
        "overdue": [*draw(st.sampled_from(LADDERS)), draw(st.sampled_from([deem(names[0]), *ENDS]))],
        "reasons": draw(st.sampled_from([[], ["bad"], ["bad", "worse"]])),
    }
    made: Any = create_model(  # type: ignore[call-overload]
        f"Ask{number}", __base__=Request[answer], __cls_kwargs__=stated, wish=(Wish, ...)
    )
    return made  # type: ignore[no-any-return]


LADDERS: list[list[Any]] = [
    [],
    [remind(at=0.5)],
    [remind(at=0.5), escalate(to=AGENCIES[0], grace=working_days(2))],
]
ENDS: list[Any] = [lapse("late"), refer(to=AGENCIES[1], within=working_days(2), otherwise="late")]


def _report(draw: st.DrawFn, step: str) -> type[Report]:
    by = draw(st.lists(st.sampled_from(AGENCIES), max_size=2, unique=True))
    made: Any = create_model(  # type: ignore[call-overload]
        "Reported",
        __base__=Report,
        __cls_kwargs__={"step": step, "by": by},
        result=(Literal["well", "ill"], ...),
        day=(Day, ...),
        cost=(Money, ...),
    )
    return made  # type: ignore[no-any-return]


def _fees(draw: st.DrawFn) -> Iterator[Fee]:
    if draw(st.booleans()):
        yield Fee(code="fee", name=BOTH, amount=Money(amount=Decimal("7.01"), currency="CNY"), per="area")
