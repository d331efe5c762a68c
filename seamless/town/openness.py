"""Which procedures a town applies for: those that open cases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import NamedTuple

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.service_item import ServiceItem
from workers.process.settings import Settings
from workers.process.verdicts import NoVerdict, Verdict, of_each, verdict_of


class Openness(NamedTuple):
    """Whether a procedure opens cases: ``against`` is why not."""

    item: ServiceItem
    against: str | None


async def openness(
    settings: Settings, today: date, ask: Callable[[str], Awaitable[Verdict]] = verdict_of
) -> list[Openness]:
    """Each procedure of the catalogue, and whether it opens cases today: a law is in force, and its check
    passes, or a setting says that it need not.

    Where this code was not checked before, that takes a while. It is waited for here, since applications that
    wait for it in the gateway hold back what follows from silence in all cases.
    """

    async def of(procedure: str) -> Openness:
        item = CATALOGUE[procedure]
        try:
            variant, _ = settings.rules.variant(item, item.law_on(today))
        except LookupError as error:
            return Openness(item, str(error))
        if procedure in settings.unchecked_procedures:
            return Openness(item, None)
        try:
            broken = (await ask(item.workflow_type(variant))).broken
        except NoVerdict as error:
            return Openness(item, str(error))
        return Openness(item, f"its check fails ({', '.join(broken)})" if broken else None)

    return await of_each(of, CATALOGUE)
