"""The one judge of a run: what has to be true of the evidence, whatever was broken."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from contracts.terms.errors import PLATFORM_FAULTS
from contracts.terms.identifiers import Party
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.messages import Answered, Paid, Requested, Supplemented
from contracts.wire.notices import FeeDue, Missing
from tests.applications import ADMINISTRATION
from tests.nemeses.doubled import GRACE_SECONDS, OUTAGE_AFTER_SECONDS
from tests.nemeses.evidence import Acknowledged, Evidence, Said

CHECK = f"{Party.agency('drainage').source(ADMINISTRATION)}#"
"""What a department's worker answers is said on no topic."""

CLOCK_SKEW = timedelta(seconds=0.25)
TEMPORAL_SECONDS = timedelta(seconds=1)
"""How much earlier than an entry says its wait may have begun."""


@dataclass
class Verdict:
    """The counts, and what is wrong, a sentence each.

    Attributes:
        events: what parties said, each once; ``effects``: those that are in a ledger.
        consequences: how often silence took effect; ``held``: how often an outage put that off.
        doubles: took effect twice, or has two contents. losses: is nowhere, or not where it has to be.
        bound: a consequence that bound wrongly, or too early; or what was late and counted.
        swapped: took effect in another order than it was said in.
        stuck: cases that have not ended as a case does.
    """

    cases: int = 0
    events: int = 0
    effects: int = 0
    consequences: int = 0
    held: int = 0
    doubles: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)
    swapped: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    @property
    def findings(self) -> list[str]:
        """Everything that is wrong; empty when all is well."""
        every = {
            "double": self.doubles,
            "loss": self.losses,
            "wrongly bound": self.bound,
            "swapped": self.swapped,
            "stuck": self.stuck,
        }
        return [f"{kind}: {each}" for kind, found in every.items() for each in found]


def judge(evidence: Evidence, cases: Iterable[str], recovered: Collection[str] | None = None) -> Verdict:
    """Judge a run.

    Args:
        cases: those that applicants asked for, each of which has to be there once, and closed.
        recovered: where Temporal was restored, those that fell back with it. It knows a part only of what
            they had said, and the workflow of one that had ended, or could not go on, was ended from outside.
    """
    judging = _Judge(evidence, list(cases), recovered)
    kinds = Counter(entry.kind for entries in judging.ledgers.values() for entry in entries)
    return Verdict(
        cases=len(judging.cases),
        events=len({said.event.key for said in evidence.said if said.event}),
        effects=len(judging.causes & {said.event.key for said in evidence.said if said.event}),
        consequences=kinds["deemed"] + kinds["lapsed"],
        held=kinds["held"],
        doubles=list(judging.doubles()),
        losses=list(judging.losses()),
        bound=list(judging.bound()),
        swapped=list(judging.swapped()),
        stuck=list(judging.stuck()),
    )


@dataclass
class _Judge:
    evidence: Evidence
    cases: list[str]
    recovered: Collection[str] | None

    # --- what there is -----------------------------------------------------------------------------------

    @cached_property
    def ledgers(self) -> dict[str, list[LedgerEntry]]:
        """The ledger of each case as it is on its topic, without copies: the first of each number."""
        firsts: defaultdict[str, dict[int, LedgerEntry]] = defaultdict(dict)
        for entry in self.evidence.ledger:
            firsts[entry.case].setdefault(entry.sequence, entry)
        return {case: [found[number] for number in sorted(found)] for case, found in firsts.items()}

    @cached_property
    def causes(self) -> set[str]:
        """What brought entries about."""
        return {entry.cause for entries in self.ledgers.values() for entry in entries if entry.cause}

    @cached_property
    def outages(self) -> list[tuple[datetime, datetime]]:
        """When no gateway was well for long, as their heartbeats say."""
        pairs = pairwise(sorted(self.evidence.beats))
        return [pair for pair in pairs if (pair[1] - pair[0]).total_seconds() > OUTAGE_AFTER_SECONDS]

    # --- once, and everything ----------------------------------------------------------------------------

    def doubles(self) -> Iterator[str]:
        hashes: dict[tuple[str, int], str] = {}
        for entry in self.evidence.ledger:
            if hashes.setdefault((entry.case, entry.sequence), entry.hash) != entry.hash:
                yield f"{entry.case}: entry {entry.sequence} stands with two contents"
        for case, entries in self.ledgers.items():
            effects: defaultdict[str, list[str]] = defaultdict(list)
            for entry in entries:
                if entry.cause:  # what was refused and sent again may be refused again
                    again = f" of {entry.received}" if entry.kind == "refused" else ""
                    effects[entry.cause + again].append(f"{entry.sequence} {entry.kind}")
            for cause, found in effects.items():
                if len(found) > 1:
                    yield f"{case}: {cause} took effect {len(found)} times: {', '.join(found)}"
            kinds = Counter(entry.kind for entry in entries)
            yield from (
                f"{case}: {kind} {kinds[kind]} times"
                for kind in ("opened", "decided", "closed")
                if kinds[kind] > 1
            )
        digests: dict[tuple[str, str], str] = {}
        for told in self.evidence.told:
            if not told.id.startswith(f"{told.case}/"):
                continue  # a refusal may be told again, later and for another reason
            if digests.setdefault((told.topic, told.id), told.digest) != told.digest:
                yield f"{told.case}: {told.id} on {told.topic} says two things"
        for case in self.ledgers.keys() - set(self.cases):
            yield f"{case}: a case that nobody asked for"
        known = {said.event.key for said in self.evidence.said if said.event}
        for cause in sorted(self.causes - known):
            if "#" in cause and not cause.startswith(CHECK):
                yield f"{cause} took effect and was never said"

    def losses(self) -> Iterator[str]:
        yield from self._acknowledged_in_vain()
        yield from self._events_lost()
        for case in self.cases:
            entries = self.ledgers.get(case, [])
            yield from (f"{case}: ledger: {fault}" for fault in faults(entries))
            there = [entry.hash for entry in entries]
            if [entry.hash for entry in self.evidence.archived.get(case, [])] != there:
                yield f"{case}: the archive is not the ledger"
            recorded = [posting.entry.hash for posting in self.evidence.postings.get(case, [])]
            if recorded != there and not self._fell_back(case):
                yield f"{case}: the ledger is not what the case recorded"
        told = {(each.topic, each.id) for each in self.evidence.told}
        for case, postings in self.evidence.postings.items():
            there = {entry.hash for entry in self.ledgers.get(case, [])}
            for posting in postings:
                if self._fell_back(case) and posting.entry.hash not in there:
                    continue  # the outbox publishes nothing in the place of an entry that stands
                for number, letter in enumerate(posting.letters, start=1):
                    if (letter.topic, letter.id or f"{posting.entry.id}/{number}") not in told:
                        yield f"{posting.entry.id}: letter {number} is not on {letter.topic}"

    def _acknowledged_in_vain(self) -> Iterator[str]:
        """Whatever a client told its party to be said is on its topic; else the broker or the client lost it,
        and no platform could know of it."""
        records = [said.record for said in self.evidence.said]
        there = {Acknowledged(record.place.topic, record.key, record.value) for record in records}
        for each in sorted(self.evidence.acknowledged - there, key=repr):
            what = (each.value or b"").decode(errors="replace")[:120]
            yield f"{each.topic}: a record of {each.key!r} was acknowledged and is not there: {what}"

    def _events_lost(self) -> Iterator[str]:
        """Whatever the broker acknowledged is in its case, or is kept with the reason."""
        kept: defaultdict[str, list[str]] = defaultdict(list)
        for letter in self.evidence.letters:
            final = letter.reason not in PLATFORM_FAULTS or letter.state == "discarded"
            kept[str(letter.place)].append(letter.reason if final else "")
        for said in self.evidence.said:
            place = str(said.record.place)
            if said.event and said.event.key in self.causes:
                continue
            if not any(kept[place]):
                what = said.event.type if said.event else "no event"
                yield f"{place} ({what}, {said.record.key!r}) is lost: {kept[place] or 'nowhere'}"

    def stuck(self) -> Iterator[str]:
        for case in self.cases:
            status = self.evidence.status.get(case, "not there")
            if status != "completed" and not self._fell_back(case):
                yield f"{case}: its workflow is {status}"
            kinds = [entry.kind for entry in self.ledgers.get(case, [])]
            if "closed" not in kinds:
                yield f"{case}: never closed, last {kinds[-1] if kinds else 'never opened'}"

    def _fell_back(self, case: str) -> bool:
        """Whether Temporal was restored and knows less of a case than its ledger; of one that had both begun
        and ended since the backup, nothing."""
        if self.recovered is None:
            return False
        return case in self.recovered or case not in self.evidence.status

    # --- binding -----------------------------------------------------------------------------------------

    def bound(self) -> Iterator[str]:
        by_case: defaultdict[str, list[Said]] = defaultdict(list)
        for said in self.evidence.said:
            if said.event:
                by_case[said.event.subject].append(said)
        for case, entries in self.ledgers.items():
            limits: dict[str | None, tuple[datetime, LedgerEntry]] = {}
            held: dict[str, datetime] = {}
            for entry in entries:
                if entry.kind == "referred" and entry.step in limits:
                    yield from self._bound_in_silence(entry, *limits[entry.step], by_case[case])
                if (binds := _limit_of(entry)) is not None:
                    limits[entry.step] = binds, entry
                if entry.step not in limits:
                    continue
                deadline, opening = limits[entry.step]
                content = entry.data.content if entry.data else {}
                if entry.kind == "held" and "until" in content:  # a silent check is held without an end
                    held[entry.step] = datetime.fromisoformat(content["until"])
                elif entry.kind in ("deemed", "lapsed"):
                    yield from self._bound_in_silence(entry, deadline, opening, by_case[case])
                elif entry.kind in ("answered", "supplemented", "paid"):
                    until = max(deadline, held.get(entry.step, deadline))
                    if entry.received >= until and not entry.step.startswith(
                        "construction-permit.review-drainage"
                    ):
                        late = (entry.received - until).total_seconds()
                        yield f"{case}: {entry.step} was {entry.kind} by what came {late:.3f} s too late"

    def _bound_in_silence(
        self, entry: LedgerEntry, deadline: datetime, opening: LedgerEntry, said: list[Said]
    ) -> Iterator[str]:
        until = deadline
        for began, ended in self.outages:
            held = ended + timedelta(seconds=GRACE_SECONDS)
            if began <= until < held:
                until = held
        if entry.recorded < until - CLOCK_SKEW:
            early = (until - entry.recorded).total_seconds()
            yield f"{entry.case}: {entry.step} was {entry.kind} {early:.1f} s before it might bind"
        if heard := _prevents(opening, until, said):
            ahead = (until - heard.record.at).total_seconds()
            yield (
                f"{entry.case}: {entry.step} was {entry.kind} though {heard.record.place} was there "
                f"{ahead:.3f} s before"
            )

    # --- order -------------------------------------------------------------------------------------------

    def swapped(self) -> Iterator[str]:
        """Events of one case on one partition take effect in their order."""
        effects = {
            entry.cause: (case, entry.sequence)
            for case, entries in self.ledgers.items()
            for entry in entries
            if entry.cause
        }
        times = Counter(said.event.key for said in self.evidence.said if said.event)
        replayed = {str(letter.place) for letter in self.evidence.letters}
        lanes: defaultdict[tuple[str, str, int], list[Said]] = defaultdict(list)
        for said in self.evidence.said:
            if said.event and times[said.event.key] == 1 and said.event.key in effects:
                topic, partition, _ = said.record.place
                if str(said.record.place) not in replayed:
                    lanes[said.event.subject, topic, partition].append(said)
        for (case, *_), lane in lanes.items():
            for one, other in pairwise(
                sorted(lane, key=lambda said: (said.record.at, said.record.place.offset))
            ):
                if one.event and other.event and effects[one.event.key] > effects[other.event.key]:
                    yield f"{case}: {other.record.place} took effect before {one.record.place}"


def _limit_of(entry: LedgerEntry) -> datetime | None:
    """When silence begins to bind in the step that an entry opens, or asks another agency in."""
    content = entry.data.content if entry.data else {}
    if entry.kind in ("requested", "referred"):
        return Requested.model_validate(content).binding_end
    if entry.kind == "fee-due":
        return FeeDue.model_validate(content).due
    if entry.kind == "asked-applicant":
        return Missing.model_validate(content).due
    return None


def _prevents(opening: LedgerEntry, until: datetime, said: list[Said]) -> Said | None:
    """What was said in time, by the broker's stamp, and would have prevented a consequence."""
    in_time = [each for each in said if each.event and each.record.at < until]
    if opening.kind in ("requested", "referred"):
        about = (
            each
            for each in in_time
            if each.event and each.event.type == Answered.type and each.event.requestid == opening.request
        )
        if opening.kind == "referred" and opening.agency:  # of the one that was asked before, it is late
            asked = Party.agency(opening.agency).source(ADMINISTRATION)
            about = (each for each in about if each.event and each.event.source == asked)
        return next(about, None)
    after = [each for each in in_time if each.record.at > opening.recorded - TEMPORAL_SECONDS]
    wanted = Supplemented.type if opening.kind == "asked-applicant" else Paid.type
    found = {each.event.key: each for each in after if each.event and each.event.type == wanted}
    if opening.kind == "asked-applicant":
        return next(iter(found.values()), None)
    owed = FeeDue.model_validate(opening.data.content).amount.amount if opening.data else Decimal(0)
    paid = sum(
        (Paid.model_validate(each.event.data).amount.amount for each in found.values() if each.event),
        Decimal(0),
    )
    return next(iter(found.values())) if found and paid >= owed else None
