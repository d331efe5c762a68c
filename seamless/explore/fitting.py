"""What can be said about a procedure without running it: whether its item, contracts and directory fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from temporalio import activity

from contracts.terms.directory import Directory
from contracts.terms.law import LawVersion
from contracts.terms.requests import Escalate, Refer
from contracts.terms.service_item import ServiceItem
from seamless.explore.limits import days_of
from seamless.explore.seen import code_of


def fitting(
    item: ServiceItem,
    law: LawVersion,
    directory: Directory,
    checks: Mapping[Any, Sequence[Callable[..., Any]]],
) -> Iterator[tuple[str, str]]:
    """What does not fit, by the name of the rule and in words."""
    yield from _agencies(item, law, directory)
    yield from _checks(item, law, directory, checks)
    yield from _materials(item)
    if days_of(law.promised) > days_of(law.statutory):
        yield (
            "promised",
            f"promised are {law.promised}, and the law's limit is {law.statutory}: promise no more",
        )


def _agencies(item: ServiceItem, law: LawVersion, directory: Directory) -> Iterator[tuple[str, str]]:
    """The agencies are in the directory; and who decides, approves or supervises is a public authority."""
    known: dict[str, bool] = {each.id: each.government for each in directory.agencies}
    authorities: dict[str, str] = {item.lead: "the lead"}
    authorities |= dict.fromkeys(item.joint, "a joint agency")
    authorities |= {
        rule.approver: f"the approver by {rule.basis}" for rule in law.extensions if rule.approver
    }
    named = dict.fromkeys(item.reporters or (), "a reporter")
    named |= {each.agency: f"to whom {each.name} is handed over" for each in item.hand_overs if each.agency}
    named |= {each.held_by: f"who has {each.code}" for each in item.materials if each.held_by}
    for request in item.requests:
        named[request.agency] = f"who is asked {request.local_name}"
        for rung in law.terms(request).overdue:
            if isinstance(rung, Escalate | Refer):
                authorities[rung.to] = f"to whom {request.local_name} goes on"
    for agency, what in (authorities | named).items():
        if agency not in known:
            yield "agency", f"{agency!r}, {what}, is not in the directory: add it, or name one that is there"
    for agency, what in authorities.items():
        if not known.get(agency, True):
            yield "agency", f"{agency!r}, {what}, is not a public authority: name one that is"


def _checks(
    item: ServiceItem,
    law: LawVersion,
    directory: Directory,
    checks: Mapping[Any, Sequence[Callable[..., Any]]],
) -> Iterator[tuple[str, str]]:
    automated = directory.checks()
    for request in item.requests:
        if request.agency in automated:
            made = [
                activity._Definition.must_from_callable(each).name for each in checks.get(request.agency, ())
            ]
            if request.name not in made:
                yield (
                    "check",
                    f"{request.agency} answers by automated check, and has none for {request.local_name}: "
                    "add one to activities/checks.py",
                )
        for rung in law.terms(request).overdue:
            if isinstance(rung, Escalate | Refer) and rung.to in automated:
                yield (
                    "check",
                    f"{request.local_name} goes on to {rung.to}, which has no system that could read it",
                )
    for each in item.hand_overs:
        if each.agency in automated:
            yield (
                "check",
                f"{each.name} is handed over to {each.agency}, which has no system that could read it",
            )


def _materials(item: ServiceItem) -> Iterator[tuple[str, str]]:
    codes = [each.code for each in item.materials]
    for name, field in item.application.model_fields.items():
        if codes and "DocumentRef" in str(field.annotation) and code_of(name) not in codes:
            yield (
                "material",
                f"the application has the document {name!r}, and the service item no material "
                f"{code_of(name)!r}: its code is the field's name, with dashes",
            )
