"""What the gateway gives to a case that it opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from temporalio.client import Client

from contracts.admission import NewCase
from contracts.attributes import LONGEST
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.directory import load_directory
from contracts.terms.identifiers import Party, VariantId
from contracts.wire.contact import Intake
from contracts.wire.messages import Applied
from tests.applications import application, event, new_case
from workers.gateway.delivery import CaseHistory, Delivery


class Started:
    """A Temporal client and an archive that know no case yet; keeps the inputs of the cases it starts."""

    def __init__(self) -> None:
        self.inputs: list[Any] = []
        self.types: list[str] = []
        self.listed: list[dict[str, Any]] = []

    async def start_workflow(self, workflow_type: str, opened: Any, **options: Any) -> None:
        self.inputs.append(opened)
        self.types.append(workflow_type)
        self.listed.append({key.name: value for key, value in options["search_attributes"]})

    async def opening(self, case: str) -> None:
        return None


INTAKE = Intake(desk="7", visits=1, pilot="fast")


def delivery_to(started: Started, **given: Any) -> Delivery:
    return Delivery(
        cast(Client, started),
        cast(CaseHistory, started),
        directory=load_directory(),
        **{"calendar_name": "cn-2026.1"} | given,
    )


def an_application(*variant: Any) -> NewCase:
    case = new_case()
    applied = event(Party.channel("portal"), Applied.type, case, {})
    law = CONSTRUCTION_PERMIT.laws[-1]
    return NewCase(applied, case, applied.time, CONSTRUCTION_PERMIT, law, application(), INTAKE, *variant)


async def test_each_case_gets_a_secret_of_its_own_in_its_input_only() -> None:
    started = Started()
    for _ in range(2):
        assert await delivery_to(started).deliver(an_application()) == "started"
    one, other = started.inputs
    assert len(bytes.fromhex(one.secret)) == 32
    assert one.secret != other.secret
    assert one.intake == INTAKE, "how the application came in, for its first entry"


async def test_the_variant_chooses_the_class_and_the_law_does_not() -> None:
    started = Started()
    await delivery_to(started).deliver(an_application())
    await delivery_to(started).deliver(an_application(VariantId("fast"), "set by the administration"))
    assert started.types == ["construction-permit", "construction-permit.fast"]
    assert [(each.law, each.variant, each.variant_basis) for each in started.inputs] == [
        ("2018-33", "standard", None),
        ("2018-33", "fast", "set by the administration"),
    ]


async def test_a_case_gets_the_days_of_a_calendar_that_the_package_lacks_and_its_spread() -> None:
    started = Started()
    days = CalendarDays(
        name="cn-2031.1", zone="Asia/Shanghai", first_year=2030, last_year=2031, source="a test", holidays=()
    )
    spread = timedelta(seconds=600)
    delivery = delivery_to(started, calendar_name=days.name, calendar_days=days, spread=spread)
    await delivery.deliver(an_application())
    (opened,) = started.inputs
    assert (opened.calendar, opened.days, opened.spread) == ("cn-2031.1", days, spread)
    await delivery_to(started).deliver(an_application())
    assert "days" not in started.inputs[1].model_dump(mode="json"), "the package has them"


async def test_a_case_is_listed_by_what_is_known_of_it_at_its_opening() -> None:
    started = Started()
    await delivery_to(started).deliver(an_application(VariantId("fast"), "set by the administration"))
    assert started.listed == [
        {
            "SeamlessProcedure": "construction-permit",
            "SeamlessVariant": "fast",
            "SeamlessLaw": "2018-33",
            "SeamlessChannel": "portal",
            "SeamlessLeadAgency": "housing",
            "SeamlessStage": "opened",
        }
    ]
    assert "Huajian" not in repr(started.listed)


async def test_a_case_of_a_replay_keeps_up_no_attributes() -> None:
    """Nobody operates it, and each change would cost its history an event."""
    started = Started()
    await delivery_to(started, virtual_time=True).deliver(an_application())
    assert "SeamlessStage" not in started.listed[0]


async def test_a_law_of_any_name_can_be_listed() -> None:
    started = Started()
    admitted = an_application()
    law = admitted.law.model_copy(update={"id": "行政许可法\n" * 800})
    await delivery_to(started).deliver(replace(admitted, law=law))
    assert len(started.listed[0]["SeamlessLaw"]) == LONGEST
