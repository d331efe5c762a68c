"""What ``seamless procedure`` shows of a service item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.text import Text

from contracts.terms.burden import Errand, Published
from contracts.terms.fees import Fee
from contracts.terms.hand_overs import HandOver
from contracts.terms.identifiers import Party
from contracts.terms.law import LawVersion
from contracts.terms.materials import Material
from contracts.terms.requests import Deem, End, Escalate, Lapse, Refer, Remind, Request
from contracts.terms.results import Result
from contracts.terms.service_item import ServiceItem
from seamless.cli.console import Console, facts, line, listing
from seamless.cli.names import Names


def summary(item: ServiceItem) -> dict[str, Any]:
    """A procedure in a list, as JSON."""
    law = item.newest_law
    return {
        "procedure": item.procedure,
        "name": item.name.model_dump(mode="json"),
        "lead": item.lead,
        "laws": [each.id for each in item.laws],
        "variants": list(dict.fromkeys(variant for each in item.laws for variant in each.variants)),
        "statutory": str(law.statutory),
        "promised": str(law.promised),
    }


def whole(item: ServiceItem, law: LawVersion) -> dict[str, Any]:
    """A procedure under one law version, as JSON: with what its requests are under it."""
    shown = item.model_dump(mode="json", exclude={"laws"})
    shown["laws"] = [each.id for each in item.laws]
    shown["law"] = law.model_dump(mode="json", exclude={"requests"})
    shown["requests"] = {
        request.name: {
            "agency": request.agency,
            "outcomes": request.answer.outcomes(),
            **law.terms(request).model_dump(mode="json"),
        }
        for request in item.requests
    }
    shown["hand_overs"] = {
        each.name: {"agency": each.agency, "basis": each.basis} for each in item.hand_overs
    }
    return shown


def print_items(items: Iterable[ServiceItem], names: Names) -> None:
    """Print the procedures, each with its newest law version."""
    rows = [
        (
            line((item.procedure, "bold")),
            line(names.text(item.name)),
            line(names.party(Party.agency(item.lead))),
            line(item.newest_law.id),
            line(str(item.newest_law.statutory)),
            line(str(item.newest_law.promised)),
        )
        for item in items
    ]
    listing(Console(), ("procedure", "name", "lead", "law", "statutory", "promised"), rows)


def print_item(item: ServiceItem, law: LawVersion, names: Names) -> None:
    """Print all that the catalogue says about a procedure under one law version."""
    console = Console()
    console.whole((item.procedure, "bold"))
    facts(console, list(_about(item, names)))
    _section(console, "law version", list(_law(item, law, names)))
    _section(console, "requests", [_request(each, item, law, names) for each in item.requests])
    _section(
        console,
        "handed over",
        [_hand_over(each, item, names) for each in item.hand_overs],
    )
    _section(console, "fees", [_fee(each, names) for each in law.fees.lines])
    _section(console, "materials", [_material(each, names) for each in item.materials])
    _section(
        console, "forms", [(each.code, line(_joined(names.text(each.name), each.uri))) for each in item.forms]
    )
    _section(console, "errands", [_errand(each, names) for each in item.errands])
    _section(console, "published", [_published(each) for each in item.published])
    _section(console, "assumed", [("", line(names.text(each))) for each in item.assumed])
    _section(console, "results", [_result(each, names) for each in item.results])
    reasons = [(code, line(_joined(names.text(each), each.basis))) for code, each in law.reasons.items()]
    _section(console, "reasons", reasons)
    remedies = [
        (each.kind, line(_joined(names.text(each.to), f"within {each.within}", each.basis)))
        for each in item.remedies
    ]
    _section(console, "remedies", remedies)


def _section(console: Console, name: str, rows: Sequence[tuple[str, Text]]) -> None:
    if rows:
        console.print()
        console.print(line((name, "bold")))
        facts(console, rows)


def _about(item: ServiceItem, names: Names) -> Iterator[tuple[str, Text]]:
    yield "name", line(names.text(item.name))
    yield "code", line(item.code)
    if item.basis:
        yield "basis", line("; ".join(item.basis))
    yield "lead", line(names.agency(item.lead))
    if item.joint:
        yield "with", line(", ".join(names.agency(each) for each in item.joint))
    if item.applicants:
        yield "for", line(", ".join(item.applicants))
    for condition in item.conditions:
        yield "condition", line(_joined(names.text(condition.name), condition.basis))
    yield "silence", line(names.text(item.consequences))
    if item.visits is not None:
        yield "visits", line(f"{item.visits} at most")
    yield "withdrawal", line("possible until the decision" if item.withdrawable else "not possible")
    yield "seen by", line(item.confidentiality)
    if item.retention is not None:
        kept = item.retention
        yield "kept", line(f"{kept.keep}, then {kept.then}; {kept.basis}")


def _law(item: ServiceItem, law: LawVersion, names: Names) -> Iterator[tuple[str, Text]]:
    yield "id", line(law.id)
    yield "basis", line(law.basis)
    yield "in force", line(f"{law.since} to {law.until}" if law.until else f"from {law.since}")
    if others := [each.id for each in item.laws if each is not law]:
        yield "others", line(", ".join(others))
    yield "variants", line(", ".join(law.variants))
    yield "statutory", line(f"{law.statutory}, from {law.starts}")
    yield "promised", line(str(law.promised))
    yield "counting", line(law.counting.basis)
    for suspension in law.suspensions:
        what = "interrupted" if suspension.interrupts else "suspended"
        yield what, line(f"for {suspension.kind}; {suspension.basis}")
    for extension in law.extensions:
        approver = extension.approver or item.lead
        times = "" if extension.times == 1 else f", {extension.times} times"
        yield (
            "extendable",
            line(f"by {extension.limit}{times}, approved by {names.agency(approver)}; {extension.basis}"),
        )
    yield "if late", line(law.late.follows)


def _request(
    request: type[Request[Any]], item: ServiceItem, law: LawVersion, names: Names
) -> tuple[str, Text]:
    terms = law.terms(request)
    ladder = ", ".join(_rung(rung, names) for rung in terms.overdue)
    asked = f"{names.agency(request.agency)}, {terms.limit}"
    return request.local_name, line(_joined(_title(request.name, item, names), asked, ladder, terms.basis))


def _hand_over(handed: type[HandOver], item: ServiceItem, names: Names) -> tuple[str, Text]:
    agency = names.agency(handed.agency) if handed.agency else None
    return handed.name, line(_joined(_title(handed.name, item, names), agency, handed.basis))


def _title(name: str, item: ServiceItem, names: Names) -> str | None:
    """What the catalogue calls something that is asked or handed over; None where it calls it nothing."""
    title = names.step(name, item.procedure)
    return None if title == name else title


def _rung(rung: Remind | Escalate | End, names: Names) -> str:
    match rung:
        case Remind(at=at):
            return f"reminded at {at:.0%}"
        case Escalate(to=to, grace=grace):
            return f"then {names.agency(to)} is told, and {grace} more"
        case Deem(outcome=outcome):
            return f"then deemed {outcome}"
        case Lapse(reason=reason):
            return f"then it fails: {reason}"
        case Refer(to=to, within=within, otherwise=otherwise):
            return f"then {names.agency(to)} instead, {within}, else it fails: {otherwise}"


def _fee(fee: Fee, names: Names) -> tuple[str, Text]:
    amount = f"{fee.amount.amount} {fee.amount.currency}" + (f" per {fee.per}" if fee.per else "")
    waived = [f"waived: {_joined(names.text(each.name), each.basis)}" for each in fee.waivers]
    return fee.code, line(_joined(names.text(fee.name), amount, fee.basis, *waived))


def _material(material: Material, names: Names) -> tuple[str, Text]:
    return material.code, line(
        _joined(
            names.text(material.name),
            material.necessity,
            names.text(material.applies_where) if material.applies_where else None,
            f"from the {material.source}" if material.source != "applicant" else None,
            "a promise may replace it for now" if material.promise else None,
            f"{names.agency(material.held_by)} has it" if material.held_by else None,
            material.basis,
        )
    )


def _errand(errand: Errand, names: Names) -> tuple[str, Text]:
    return ", ".join(errand.variants) or "always", line(
        _joined(
            names.text(errand.name),
            f"form: {errand.form}" if errand.form else None,
            f"materials: {', '.join(errand.materials)}" if errand.materials else None,
            "in person" if errand.in_person else None,
        )
    )


def _published(published: Published) -> tuple[str, Text]:
    figures = published.model_dump(exclude={"variant", "source", "time"}, exclude_none=True)
    counted = [f"{name} {count}" for name, count in figures.items()]
    time = str(published.time) if published.time else None
    return published.variant, line(_joined(time, ", ".join(counted), published.source))


def _result(result: Result, names: Names) -> tuple[str, Text]:
    return result.code, line(
        _joined(names.text(result.name), f"valid for {result.valid}" if result.valid else None, result.basis)
    )


def _joined(*parts: str | None) -> str:
    return "; ".join(part for part in parts if part)
