"""Assigning the new cases of one procedure to the variants of a pilot; see :mod:`contracts.pilots`."""

from __future__ import annotations

from temporalio import workflow

from contracts.pilots import (
    ABSENCE_KEPT_SECONDS,
    ASSIGN,
    ASSIGNING,
    BEGIN,
    END,
    SHOW,
    Arm,
    Assigning,
    Assignment,
    Carried,
    Ending,
    Incoming,
    Plan,
    assigning_id,
)
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.identifiers import CaseId

UPDATES_PER_RUN = 500
"""After how many updates it goes on in a new run. Temporal takes 2,000 in one."""

BEGIN_WITHIN_SECONDS = 60
"""How long a run without a pilot goes on: one is begun together with it, unless its plan is refused."""


@workflow.defn(name=ASSIGNING)
class AssigningCases:
    """Random permuted blocks: of each block of consecutive cases, one place is drawn when the block begins.

    The draw is Temporal's, seeded by the id of the run, which its server makes up: nobody outside of Temporal
    can foresee it. Who knows all cases of a block but the last one knows what that one gets; no scheme with a
    fixed number in each block avoids this.

    Two gateways that ask at the same time are answered one after the other, and who asks again gets the same
    answer: the cases are remembered for as long as their pilot is the latest one.
    """

    @workflow.init
    def __init__(self, carried: Carried | None = None) -> None:
        self._plan = carried.plan if carried else None
        self._ended = carried.ended if carried else None
        self._begun = carried.begun if carried else 0.0
        self._cases = {case: number for number, case in enumerate(carried.cases if carried else ())}
        self._drawn = list(carried.drawn if carried else ())
        self._updates = 0

    @workflow.run
    async def run(self, carried: Carried | None = None) -> Assigning:
        """Return once no pilot, and nothing that one ended with, says in which variant cases are opened."""
        try:
            timeout = None if self._plan else BEGIN_WITHIN_SECONDS
            await workflow.wait_condition(lambda: self._plan is not None, timeout=timeout)
        except TimeoutError:
            return self.show()
        await workflow.wait_condition(lambda: self._over or self._updates >= UPDATES_PER_RUN)
        if not self._over:
            workflow.continue_as_new(self.carried())
        return self.show()

    @property
    def _over(self) -> bool:
        return self._ended is not None and self._ended.variant is None

    def carried(self) -> Carried | None:
        """What the next run has to know."""
        if self._plan is None:
            return None
        return Carried(
            plan=self._plan,
            begun=self._begun,
            cases=tuple(self._cases),
            drawn=tuple(self._drawn),
            ended=self._ended,
        )

    @workflow.query(name=SHOW)
    def show(self) -> Assigning:
        """How it stands."""
        cases, new = len(self._cases), 0
        if self._plan is not None:
            number, place = divmod(cases, self._plan.block)
            new = number + (place > 0 and self._drawn[-1] <= place)
        return Assigning(plan=self._plan, ended=self._ended, cases=cases, new=new)

    @workflow.update(name=BEGIN)
    def begin(self, plan: Plan) -> Assigning:
        """Begin a pilot, in the place of one that has ended; begun again, it changes nothing."""
        self._updates += 1
        if self._plan != plan:
            self._plan, self._ended, self._begun = plan, None, workflow.time()
            self._cases.clear()
            self._drawn.clear()
        return self.show()

    @begin.validator
    def _check_begin(self, plan: Plan) -> None:
        item = CATALOGUE.get(plan.procedure)
        if item is None or assigning_id(plan.procedure) != workflow.info().workflow_id:
            raise ValueError(f"procedure: {plan.procedure!r} is not the one whose cases are assigned here")
        plan.check(item)
        if self._plan is None or self._plan == plan:
            return
        if self._plan.pilot == plan.pilot:
            raise ValueError(
                f"pilot: {plan.pilot} was begun with another plan; open a new pilot for this one"
            )
        if self._ended is None:
            raise ValueError(
                f"procedure: {plan.procedure} has a pilot that is not ended, {self._plan.pilot}; end it first"
            )

    @workflow.update(name=END)
    def end(self, ending: Ending) -> Assigning:
        """Assign no more cases, and open them in the variant that was decided."""
        self._updates += 1
        self._ended = ending
        return self.show()

    @end.validator
    def _check_end(self, ending: Ending) -> None:
        if self._plan is None or self._plan.pilot != ending.pilot:
            there = f"the one that was begun last is {self._plan.pilot}" if self._plan else "none was begun"
            raise ValueError(f"pilot: {ending.pilot} does not assign these cases: {there}")
        if ending.variant not in (None, self._plan.old, self._plan.new):
            raise ValueError(
                f"variant: {ending.variant!r} is none of the pilot's, {self._plan.old} and {self._plan.new}"
            )

    @workflow.update(name=ASSIGN)
    def assign(self, incoming: Incoming) -> Assignment:
        """In which variant a case is opened. Asked again, the same."""
        self._updates += 1
        plan = self._plan
        if plan is None:
            return Assignment()
        if (number := self._cases.get(incoming.case)) is not None:
            return self._drawn_of(plan, number)
        if not plan.applies_to(CATALOGUE[plan.procedure], incoming.law):
            return Assignment()
        if self._ended is not None:
            return (
                Assignment(pilot=plan.pilot, variant=self._ended.variant) if not self._over else Assignment()
            )
        if self.show().full:
            return Assignment(pilot=plan.pilot, variant=plan.old)
        if workflow.time() < self._begun + ABSENCE_KEPT_SECONDS:
            return Assignment()  # another gateway may still open cases as if there were no pilot
        return self._draw(plan, incoming.case)

    def _draw(self, plan: Plan, case: CaseId) -> Assignment:
        number = len(self._cases)
        if number % plan.block == 0:
            self._drawn.append(workflow.random().randint(1, plan.block))
        self._cases[case] = number
        return self._drawn_of(plan, number)

    def _drawn_of(self, plan: Plan, number: int) -> Assignment:
        block, place = number // plan.block, number % plan.block + 1
        arm: Arm = "new" if self._drawn[block] == place else "old"
        return Assignment(
            pilot=plan.pilot,
            variant=plan.new if arm == "new" else plan.old,
            arm=arm,
            block=block + 1,
            place=place,
            probability=plan.probability[arm],
        )
