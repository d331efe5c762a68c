"""What a path has seen that the rules need, and the rules that it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Ended, Withdrawn
from contracts.terms.identifiers import dashed
from contracts.terms.law import LawVersion
from contracts.terms.requests import REQUESTS, Approval, CompletenessCheck, Deem, Request, end_of
from contracts.terms.service_item import ServiceItem
from contracts.wire.ledger import LedgerEntry
from seamless.explore.graph import BY_SILENCE, Move, local
from seamless.explore.play import Play

REFUSING = ("refuse", "reject", "denied", "deny")
"""How an outcome begins that refuses."""


@dataclass(frozen=True)
class Seen:
    """What a path has seen.

    Attributes:
        handed_in: the materials that the applicant has handed in.
        against: the requests whose last answer refuses, each with that answer, unless it was laid before
            somebody who then said otherwise.
        laid: which of those were laid before whom: by the name of the request.
        spoke: an agency has said something on the substance.
        deemed: none has, and what one would have said was taken for said.
        decisions: how often it was decided.
        granted: it was granted.
        sent: after that, a document was sent to the applicant.
        named: after that, somebody was told that something is not done.
        undone: after that, what was asked for and not done.
    """

    handed_in: frozenset[str] = frozenset()
    against: frozenset[tuple[str, str, str | None]] = frozenset()
    laid: frozenset[tuple[str, tuple[str, str, str | None]]] = frozenset()
    spoke: bool = False
    deemed: bool = False
    decisions: int = 0
    granted: bool = False
    sent: bool = False
    named: bool = False
    undone: frozenset[str] = frozenset()

    def after(self, play: Play, move: Move) -> tuple[Seen, list[tuple[str, str]]]:
        """What it has seen after a move; and which rules that breaks, by name and in words."""
        seen, broken = self, []
        item, law = play.case.item, play.case.law
        was = self
        for entry in play.new:
            broken += list(seen._breaks(entry, item, law, play))
            seen = seen._saw(entry, item, law)
        broken += _unheeded(was, play, move)
        broken += _asked_twice(play)
        if play.case.closed and move.does != "cancels":  # an operator who ends a case has it in hand
            broken += list(seen._breaks_at_the_end(item))
        return seen, broken

    # --- what it has seen ------------------------------------------------------------------------------

    def _saw(self, entry: LedgerEntry, item: ServiceItem, law: LawVersion) -> Seen:
        match entry.kind:
            case "supplemented":
                return replace(self, handed_in=self.handed_in | set(entry.material_codes or ()))
            case "requested" | "referred":
                return self._laid_before(entry)
            case "answered" | "deemed":
                return self._heard(entry, law)
            case "decided":
                return Seen(decisions=self.decisions + 1, granted=entry.outcome == "granted")
            case "notified" if self.granted:
                return replace(self, sent=True)
            case "escalated" if self.granted:
                return replace(self, named=True)
            case "marked" if self.granted and entry.outcome in item.flags:
                return replace(self, named=True)
        return self

    def _laid_before(self, entry: LedgerEntry) -> Seen:
        content = entry.data.content.get("content") if entry.data else None
        asked = (entry.step or "").partition("/")[0]
        laid = {(asked, each) for each in self.against if _speaks_of(content, each)}
        return replace(self, laid=self.laid | laid)

    def _heard(self, entry: LedgerEntry, law: LawVersion) -> Seen:
        step, outcome = entry.step or "", entry.outcome or ""
        request = REQUESTS[step.partition("/")[0]]
        if self.decisions:
            return self._done(request, outcome, law) if self.granted else self
        against = frozenset(each for each in self.against if each[0] != request.name)
        no = outcome.startswith(REFUSING) and not issubclass(request.answer, Approval)
        if no:
            against |= {(request.name, outcome, entry.reason)}
        elif entry.kind == "answered":
            against -= {each for asked, each in self.laid if asked == request.name}
        seen = replace(self, against=against)
        if issubclass(request.answer, CompletenessCheck | Approval):
            return seen
        spoke = self.spoke or entry.kind == "answered"
        return replace(seen, spoke=spoke, deemed=not spoke)

    def _done(self, request: type[Request[Any]], outcome: str, law: LawVersion) -> Seen:
        """After a grant, what was asked is done; or not, where the answer is what silence stands for."""
        end = end_of(law.terms(request).overdue)
        name = request.local_name
        not_done = isinstance(end, Deem) and end.outcome == outcome
        return replace(self, undone=self.undone | {name} if not_done else self.undone - {name})

    # --- what breaks a rule ----------------------------------------------------------------------------

    def _breaks(
        self, entry: LedgerEntry, item: ServiceItem, law: LawVersion, play: Play
    ) -> Iterator[tuple[str, str]]:
        if entry.kind in BY_SILENCE and entry.step not in play.runtime.fences:
            yield "fence", f"{entry.kind} {entry.step}, and no fence was passed"
        if entry.kind == "asked-applicant":
            yield from self._wrongly_asked(entry, item)
        if entry.kind == "decided" and entry.outcome == "granted":
            yield from self._wrongly_granted(play, law)

    def _wrongly_asked(self, entry: LedgerEntry, item: ServiceItem) -> Iterator[tuple[str, str]]:
        fields = entry.material_codes or ()
        if not fields:
            yield "asked-for-nothing", "the applicant is asked to supplement nothing"
        held = {each.code: each.held_by for each in item.materials if each.held_by}
        for field in fields:
            if field in self.handed_in:
                yield "asked-twice", f"the applicant is asked again for {field}, which was handed in"
            if holder := held.get(code_of(field)):
                yield "agency-has-it", f"the applicant is asked for {field}, which {holder} has"

    def _wrongly_granted(self, play: Play, law: LawVersion) -> Iterator[tuple[str, str]]:
        tacit = isinstance(law.late, TacitGrant)
        by_law = play.journal.silence is not None
        if by_law and "statutory" not in play.runtime.fences:
            yield "fence", "the law's silence has decided, and no fence was passed"
        for name, outcome, _ in sorted(self.against, key=str):
            if not by_law:
                yield "granted-after-refusal", f"it is granted although {name} was answered: {outcome}"
        if not tacit and self.deemed and not self.spoke:
            yield (
                "granted-by-silence",
                "it is granted although no agency said anything on the substance, and the law does not take "
                "silence for consent",
            )
        if not by_law and getattr(play.case.decision, "deemed", False):
            yield "granted-by-silence", "the course says that the law has granted it, and the law has not"
        if play.case.clock.started is None:
            yield (
                "clock-never-started",
                "it is granted, and the limits of the case never began: accept() first",
            )

    def _breaks_at_the_end(self, item: ServiceItem) -> Iterator[tuple[str, str]]:
        if self.decisions != 1:
            yield "one-decision", f"it is closed and was decided {self.decisions} times"
        documents = [each for each in item.results if not each.by_decision]
        if not self.granted or not documents or self.named:
            return
        if not self.sent:
            yield (
                "not-issued",
                f"it is granted and closed; no document was sent ({documents[0].code}), and nobody is named "
                "who has to see to it: escalate, or mark the case with a flag",
            )
        elif self.undone:
            what = ", ".join(sorted(self.undone))
            yield "not-delivered", f"it is granted and closed; {what} was not done, and nobody is named"


def code_of(field: str) -> str:
    """The code of the material that a field of the application holds."""
    return dashed(field).replace("_", "-")


def _speaks_of(content: Any, answer: tuple[str, str, str | None]) -> bool:
    """Whether what was asked carries an answer."""
    if isinstance(content, Mapping):
        said = content.get("outcome") == answer[1] and content.get("reason") == answer[2]
        return said or any(_speaks_of(each, answer) for each in content.values())
    return isinstance(content, list) and any(_speaks_of(each, answer) for each in content)


def _unheeded(was: Seen, play: Play, move: Move) -> list[tuple[str, str]]:
    """A withdrawal, or an operator's end, that did not end the case."""
    ended = {"withdraws": Withdrawn, "cancels": Ended}.get(move.does)
    if ended is None or play.fault is not None:
        return []
    decision = play.case.decision
    if play.case.closed and (was.decisions or isinstance(decision, ended)):
        return []
    what = "the applicant withdrew" if move.does == "withdraws" else "an operator ended the case"
    return [(move.does, f"{what}, and it is {decision.outcome if decision else 'not decided'}")]


def _asked_twice(play: Play) -> list[tuple[str, str]]:
    """Two open requests to one agency that ask the same."""
    asked: dict[tuple[str | None, str | None, str | None], str] = {}
    for wait in play.journal.waits.values():
        if wait.request is not None:
            other = asked.setdefault((wait.agency, wait.request, wait.said), wait.step)
            if other != wait.step:
                return [("asked-at-once", f"{wait.agency} is asked {local(wait.step)} twice at once")]
    return []
