"""Collecting fees: only what the catalogue has, each fee at most once, less what is waived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.terms.fees import Bill, FeeLine, Waiver, total
from contracts.terms.limits import Limit
from contracts.terms.values import Money
from contracts.wire.notices import BilledFee, FeeDue
from workflows.case.case import Case
from workflows.case.deadlines import Wait
from workflows.case.journal import PAYMENT
from workflows.case.orderers import Ordered, Orderer, ordered_by
from workflows.case.waiting import open_applicant

VERB = "collect"


@dataclass(frozen=True)
class Waived:
    """A fee that somebody need not pay: ``fee`` and ``waiver`` are codes of the catalogue, ``by`` says who
    waived it; without, the law itself. ``amount``: how much of it; without, all."""

    fee: str
    waiver: str
    by: Orderer | None = None
    amount: Decimal | None = None


@dataclass(frozen=True)
class _Relief:
    line: FeeLine
    waiver: Waiver
    by: Ordered


def open_collection(case: Case, bill: Bill, within: Limit, waived: Sequence[Waived]) -> str | None:
    """Ask for what is on a bill; the step under which it will be found whether it was paid. None where
    nothing is left to pay.

    Raises:
        LookupError: the catalogue has not so much to collect for this application, or no such waiver.
    """
    if not bill.total.amount:
        return None
    lines = _with_basis(case, bill)
    if not case.journal.is_known(case.journal.upcoming(VERB)):
        _check(case, lines)
    reliefs = [relief for each in waived if (relief := _relief(case, lines, each)).line.amount.amount]
    due = _less(lines, reliefs)
    said = {
        "lines": [[line.code, line.amount.model_dump(mode="json")] for line in lines],
        "waived": [[each.line.code, str(each.line.amount.amount), each.waiver.code] for each in reliefs],
    }
    if not due:
        if step := case.once(VERB, **said):
            case.journal.outcomes[step].billed = lines
            _tell(case, step, reliefs)
        return None
    owed = Money(amount=total(due), currency=bill.currency)

    def begin(wait: Wait) -> None:
        wait.billed, wait.fees = lines, due
        _tell(case, wait.step, reliefs)
        billed = tuple(_billed(case, line, reliefs) for line in lines)
        end, provisional = wait.due or case.now(), wait.provisional
        notice = FeeDue(amount=owed, due=end, provisional=provisional, fees=billed)
        recorded = case.record(
            "fee-due", of=wait, due=end, provisional=provisional, fee_charged=owed, fees=due, data=notice
        )
        recorded.tell_applicant(notice)

    return open_applicant(case, VERB, PAYMENT, within, begin, owed=owed, said=said)


def _with_basis(case: Case, bill: Bill) -> tuple[FeeLine, ...]:
    """The lines of a bill, each on the basis that the catalogue has for it.

    Raises:
        LookupError: the catalogue lacks a fee, or has its fees in another currency.
    """
    fees = case.law.fees
    for currency in (bill.currency, *(line.amount.currency for line in bill.lines)):
        if currency != fees.currency:
            raise LookupError(f"{case.item.procedure} takes payments in {fees.currency}")
    return tuple(line.model_copy(update={"basis": fees.fee(line.code).basis}) for line in bill.lines)


def _check(case: Case, lines: Sequence[FeeLine]) -> None:
    """Return if the catalogue has so much to collect for the application as it was supplemented, beside what
    was collected or waived before.

    Raises:
        LookupError: it has not.
    """
    law, said = case.law, case.opened.application.model_dump(mode="json") | case.journal.supplements
    left: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in law.fees.of(case.item.application.model_validate(said)).lines:
        left[line.code] += line.amount.amount
    for line in (*_collected(case), *lines):
        left[line.code] -= line.amount.amount
    for line in lines:
        if left[line.code] < 0:
            most = max(left[line.code] + line.amount.amount, Decimal(0))
            raise LookupError(
                f"{case.item.procedure}: law version {law.id!r} lets {most} {line.amount.currency} of the "
                f"fee {line.code!r} be collected for this application, beside what was collected before, "
                f"and not {line.amount.amount}"
            )


def _collected(case: Case) -> Iterator[FeeLine]:
    """What the course has collected before, or is collecting: also what was waived of it, and not what was
    never paid, which may be asked for again."""
    for step in case.journal.steps(VERB):
        if wait := case.journal.waits.get(step):
            yield from wait.billed
        elif (outcome := case.journal.outcomes.get(step)) and outcome.how in ("answered", "done"):
            yield from outcome.billed


def _relief(case: Case, lines: Sequence[FeeLine], waived: Waived) -> _Relief:
    """What is waived of a line of the bill.

    Raises:
        LookupError: the fee has no such waiver, or is not on the bill.
        ValueError: what is waived is not an amount of money.
    """
    waiver = case.law.fees.fee(waived.fee).waiver(waived.waiver)
    line = next((each for each in lines if each.code == waived.fee), None)
    if line is None:
        raise LookupError(f"the fee {waived.fee!r} is not on the bill: nothing of it can be waived")
    part = line.of(line.amount.amount if waived.amount is None else waived.amount)
    basis = part.model_copy(update={"basis": waiver.basis})
    return _Relief(basis, waiver, ordered_by(case, waived.by))


def _less(lines: Sequence[FeeLine], reliefs: Sequence[_Relief]) -> tuple[FeeLine, ...]:
    """What is left of a bill.

    Raises:
        LookupError: more of a fee is waived than is on the bill.
    """
    due = []
    for line in lines:
        left = line.amount.amount - total(_of(line, reliefs))
        if left < 0:
            raise LookupError(f"more of the fee {line.code!r} is waived than is on the bill")
        if left:
            due.append(line.of(left))
    return tuple(due)


def _of(line: FeeLine, reliefs: Sequence[_Relief]) -> list[FeeLine]:
    return [each.line for each in reliefs if each.line.code == line.code]


def _tell(case: Case, step: str, reliefs: Sequence[_Relief]) -> None:
    """Record what was waived, by whom and by which rule."""
    for line, waiver, by in ((each.line, each.waiver, each.by) for each in reliefs):
        case.record(
            "fee-waived",
            step=step,
            actor=by.actor,
            contact=by.contact,
            reason=waiver.code,
            basis=waiver.basis,
            fee_waived=line.amount,
            fees=(line,),
        )


def _billed(case: Case, line: FeeLine, reliefs: Sequence[_Relief]) -> BilledFee:
    """A line of the bill as the applicant reads it."""
    mine = [each for each in reliefs if each.line.code == line.code]
    let_off = total(each.line for each in mine)
    amount = line.of(line.amount.amount - let_off).amount
    return BilledFee(
        code=line.code,
        name=case.law.fees.fee(line.code).name,
        amount=amount,
        basis=line.basis,
        waived=line.of(let_off).amount if mine else None,
        waivers=tuple(each.waiver.name for each in mine),
    )
