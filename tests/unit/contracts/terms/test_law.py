"""Law versions: what does not fit together is refused when it is defined, with its name and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.environmental_permit import PENALTY
from contracts.terms.clock_rules import TacitRefusal
from contracts.terms.fees import Fee, FeeSchedule, Waiver
from contracts.terms.identifiers import AgencyId, ProcedureId, VariantId
from contracts.terms.law import LawVersion, Reason, RequestTerms, check_succession
from contracts.terms.limits import working_days
from contracts.terms.requests import Answer, Request, deem, lapse, refer, remind
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Money

PARKS = AgencyId("parks")
KEPT = {"tree-is-kept": Reason(zh="树木应予保留。", en="The tree has to be kept.")}


class Opinion(Answer):
    outcome: Literal["fell", "keep"]


class InspectTree(
    Request[Opinion],
    agency=PARKS,
    limit=working_days(10),
    basis="the class",
    overdue=[remind(at=0.8), deem("keep")],
    reasons=["tree-is-kept"],
):
    """Is it sound?"""


def a_law(**changes: Any) -> LawVersion:
    fields: dict[str, Any] = {
        "id": "2017",
        "basis": "城市绿化条例",
        "since": date(2017, 3, 1),
        "statutory": working_days(20),
        "promised": working_days(10),
        "fees": FeeSchedule(currency="CNY"),
        "reasons": KEPT,
    }
    return LawVersion(**(fields | changes))


def an_item(*laws: LawVersion) -> ServiceItem:
    fields = dict(CATALOGUE["permit-receipt"])
    fields |= {"procedure": ProcedureId("tree-inspection"), "laws": laws, "requests": (InspectTree,)}
    return ServiceItem(**fields)


OLD = a_law(until=date(2026, 4, 30))
NEW = a_law(
    id="2026",
    since=date(2026, 5, 1),
    requests={"inspect-tree": RequestTerms(limit=working_days(5), basis="art. 9", overdue=(lapse("late"),))},
    reasons={**KEPT, "late": Reason(zh="逾期。", en="Too late.")},
)

POOR = Waiver(code="poor", name=Bilingual(zh="低保", en="On welfare"))


def test_a_law_version_says_what_of_a_request_is_not_as_its_class_states() -> None:
    an_item(OLD, NEW)
    stated, changed = OLD.terms(InspectTree), NEW.terms(InspectTree)
    assert stated == InspectTree.stated
    assert (changed.limit, changed.basis, changed.overdue) == (working_days(5), "art. 9", (lapse("late"),))
    assert changed.reasons == ("tree-is-kept",)


def test_an_answer_may_name_the_reasons_of_any_version_until_the_case_says_of_which() -> None:
    newest = a_law(
        id="2026", since=date(2026, 5, 1), requests={"inspect-tree": RequestTerms(reasons=("rare",))},
        reasons={**KEPT, "rare": Reason(zh="珍稀。", en="Rare.")},
    )  # fmt: skip
    an_item(OLD, newest)
    for reason in ("rare", "tree-is-kept"):
        said = {"outcome": "keep", "reason": reason}
        assert InspectTree.answer_from(said).reason == reason
    with pytest.raises(Exception, match="has to be one of: rare"):
        InspectTree.answer_from({"outcome": "keep", "reason": "tree-is-kept"}, ("rare",))


def test_whoever_a_ladder_of_any_version_refers_to_may_answer() -> None:
    housing = AgencyId("housing")
    ladder = (refer(to=housing, within=working_days(2), otherwise="tree-is-kept"),)
    an_item(
        OLD, a_law(id="2", since=date(2026, 5, 1), requests={"inspect-tree": RequestTerms(overdue=ladder)})
    )
    assert InspectTree.answerers() == (PARKS, housing)


# --- one version after the other ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "since", "told"),
    [
        (None, "2026-05-01", "'2026' follows it: give '2017' until=date(2026, 4, 30)"),
        ("2026-04-29", "2026-05-01", "'2017' and '2026' leave a gap: give '2017' until=date(2026, 4, 30)"),
        ("2026-05-01", "2026-05-01", "'2017' and '2026' overlap: give '2017' until=date(2026, 4, 30)"),
        ("2026-04-30", "2017-03-01", "'2026' does not begin after '2017'; order them by since"),
    ],
    ids=["a forgotten until", "a gap", "an overlap", "out of order"],
)  # fmt: skip
def test_versions_follow_one_another_without_gap_or_overlap(until: str | None, since: str, told: str) -> None:
    old = a_law(until=until and date.fromisoformat(until))
    with pytest.raises(ValidationError) as refused:
        an_item(old, a_law(id="2026", since=date.fromisoformat(since)))
    assert told in str(refused.value)


def test_two_versions_of_one_id() -> None:
    with pytest.raises(ValidationError, match="two law versions have the id '2017'"):
        an_item(OLD, a_law(since=date(2026, 5, 1)))


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8))
def test_on_every_day_from_the_first_on_exactly_one_version_is_in_force(lasts: list[int]) -> None:
    since, laws = date(2017, 3, 1), []
    for number, days in enumerate(lasts):
        until = since + timedelta(days=days - 1)
        laws.append(a_law(id=str(number), since=since, until=until))
        since = until + timedelta(days=1)
    check_succession(laws)
    item = CATALOGUE["permit-receipt"].model_copy(update={"laws": tuple(laws)})
    for law in laws:
        assert item.law_on(law.since).id == law.id
        assert law.until is not None
        assert item.law_on(law.until).id == law.id
    with pytest.raises(LookupError):
        item.law_on(since)


# --- what does not fit together -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"requests": {"inspect-tre": RequestTerms(limit=working_days(1))}},
            "law version '2017': 'inspect-tre' is no request of its procedure: inspect-tree",
        ),
        (
            {"requests": {"inspect-tree": RequestTerms(overdue=(deem("maybe"),))}},
            "law version '2017': InspectTree: cannot deem 'maybe'",
        ),
        (
            {"requests": {"inspect-tree": RequestTerms(overdue=(lapse("late"),))}},
            "InspectTree: law version '2017' has no reason 'late'; add it to reasons",
        ),
        ({"reasons": {}}, "InspectTree: law version '2017' has no reason 'tree-is-kept'; add it to reasons"),
    ],
    ids=["no such request", "no such outcome", "a ladder's reason", "an answer's reason"],
)
def test_what_a_version_says_of_requests_fits_them(changes: Mapping[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        an_item(a_law(**changes))
    assert told in str(refused.value)


@pytest.mark.parametrize("overdue", [(), (remind(at=0.5),), (deem("keep"), remind(at=0.5))])
def test_a_ladder_that_does_not_end_once(overdue: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError, match="an overdue ladder has to end, once, in deem"):
        RequestTerms(overdue=overdue)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"until": date(2017, 2, 28)}, "it ends on 2017-02-28, before 2017-03-01"),
        ({"variants": ()}, "at least 1 item"),
        ({"variants": (VariantId("fast"), VariantId("fast"))}, "it names a variant twice: fast, fast"),
        ({"late": TacitRefusal(basis="art. 2", reason="silence")}, "has no reason 'silence'"),
        (
            {"since": date(2009, 9, 30), "late": PENALTY},
            "Awb art. 4:17 has no rates before 2009-10-01, and it is in force from 2009-09-30 on",
        ),
    ],
    ids=["ends before it begins", "no variant", "a variant twice", "a tacit refusal's reason", "no rates"],
)
def test_a_version_that_cannot_be(changes: Mapping[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        a_law(**changes)


def test_a_fee_of_any_version_can_be_computed_for_every_application() -> None:
    fee = Fee(
        code="per-tree",
        name=Bilingual(zh="每株", en="Per tree"),
        amount=Money(amount=Decimal(1), currency="CNY"),
        per="trees",
    )
    with pytest.raises(ValidationError, match="a fee per 'trees': PermitRequest has no such field"):
        an_item(OLD, a_law(id="2", since=date(2026, 5, 1), fees=FeeSchedule(currency="CNY", lines=(fee,))))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "one"}, "two fees, or two waivers of one, have the code 'one'"),
        ({"amount": Money(amount=Decimal(1), currency="EUR")}, "the fee 'other' is in EUR, not in CNY"),
        ({"waivers": (POOR, POOR)}, "have the code 'poor'"),
    ],
)
def test_fees_that_contradict_one_another_are_refused(changes: dict[str, object], said: str) -> None:
    name, amount = Bilingual(zh="费", en="Fee"), Money(amount=Decimal(1), currency="CNY")
    one = Fee(code="one", name=name, amount=amount)
    other = one.model_copy(update={"code": "other"} | changes)
    fees = FeeSchedule(currency="CNY", lines=(one, other))
    with pytest.raises(ValidationError, match=said):
        an_item(OLD, a_law(id="2", since=date(2026, 5, 1), fees=fees))


def test_a_version_that_the_catalogue_has_no_more() -> None:
    with pytest.raises(
        LookupError, match=r"tree-inspection has no law version '1990'; there are: 2017, 2026.*put"
    ):
        an_item(OLD, NEW).law("1990")


def test_a_reason_that_a_version_lacks_is_told_with_those_it_has() -> None:
    with pytest.raises(
        LookupError, match="law version '2026': 'lat' is none of its reason codes: tree-is-kept, late"
    ):
        NEW.reason("lat")


# --- texts --------------------------------------------------------------------------------------------------


def test_a_text_in_further_languages() -> None:
    text = Bilingual.model_validate({"zh": "树", "en": "Tree", "other": {"nl": "Boom", "zh-Hant": "樹"}})
    assert [text.text(each) for each in ("zh", "en", "nl", "zh-Hant", "it")] == [
        "树",
        "Tree",
        "Boom",
        "樹",
        "Tree",
    ]
    assert Bilingual.model_validate_json(text.model_dump_json()) == text
    assert "other" not in Bilingual(zh="树", en="Tree").model_dump()


@pytest.mark.parametrize("other", [{"dutch!": "Boom"}, {"nl": ""}, {"nl": 5}, {"NL": "Boom"}])
def test_a_text_in_what_is_no_language(other: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="other"):
        Bilingual(zh="树", en="Tree", other=other)
