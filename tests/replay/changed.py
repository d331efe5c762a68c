"""The construction permit with changes that would break running cases; the replay has to notice each."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, Application
from contracts.terms.fees import Bill
from contracts.terms.limits import Limit, working_days
from contracts.terms.values import DocumentRef
from workflows.case import Waived, procedure
from workflows.construction_permit import ConstructionPermit


@procedure(CONSTRUCTION_PERMIT)
class WithoutCompleteness(ConstructionPermit):
    """Asks the reviewers at once: other commands than the recorded ones."""

    async def complete(self, application: Application) -> Application:
        await self.accept()
        return application


@procedure(CONSTRUCTION_PERMIT)
class WithMoreTimeToPay(ConstructionPermit):
    """Tells the applicant another day: the same commands, another entry."""

    async def collect(self, bill: Bill, within: Limit, waived: Sequence[Waived] = ()) -> bool:
        return await super().collect(bill, working_days(20), waived)


@procedure(CONSTRUCTION_PERMIT)
class WithAnotherVerb(ConstructionPermit):
    """Sends a notice before the fee: a verb without a wait, which takes no command of its own."""

    async def collect(self, bill: Bill, within: Limit, waived: Sequence[Waived] = ()) -> bool:
        await self.notify(DocumentRef(uri="urn:document:notice", sha256=64 * "0", size=1))
        return await super().collect(bill, within, waived)


@procedure(CONSTRUCTION_PERMIT)
class WithAnotherLetter(ConstructionPermit):
    """Does not tell the applicant that the application is complete: the same entries, another letter."""

    async def accept(self) -> None:
        if step := self._case.once("accept"):
            self._case.record("accepted", step=step)
