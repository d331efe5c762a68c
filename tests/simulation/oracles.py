"""What has to be true after every run, whatever went wrong in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise

from temporalio.client import WorkflowExecutionStatus

from contracts import attributes
from contracts.clock import clock_of, marks_of
from contracts.platform import PUBLISH, Batch, Posting
from contracts.terms.errors import PLATFORM_FAULTS
from contracts.wire.dead_letter import DeadLetter
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.messages import Answered, CaseDue, Paid, Requested, Rescheduled, Supplemented
from contracts.wire.notices import FeeDue, LimitMoved
from contracts.wire.topics import AVAILABILITY, LEDGER
from seamless.explore.commands import value_of
from tests.simulation import by_law, in_order
from tests.simulation.clock import START
from tests.simulation.kafka import Stored
from tests.simulation.plan import FAULTS_UNTIL
from tests.simulation.town import Said, case_id
from tests.simulation.world import CLOCK_SKEW, GRACE, OUTAGE_AFTER, World

DELAY_AT_MOST = timedelta(seconds=8)
"""How long an event of one case may take while another case is flooded, and nothing else is wrong. Before it
come consequences that were due before, each with its fence."""

POISON_AT_MOST = timedelta(seconds=30)

DELAYING = frozenset({"away", "deaths", "losses", "transactions", "stray-gateway"})
DISTURBED = DELAYING | {"poison", "clock", "two-builds"}

MOVES: dict[str, type[Rescheduled | LimitMoved]] = {each.type: each for each in (Rescheduled, LimitMoved)}
"""What says that a step is due at another time."""


def violations(world: World) -> list[str]:
    """What does not hold; empty when all is well."""
    return list(_Judge(world).all())


@dataclass
class _Judge:
    world: World

    def all(self) -> Iterator[str]:
        yield from (f"a case cannot go on: {each}" for each in self.world.temporal.faults)
        for number in range(self.world.plan.cases):
            case = case_id(number)
            execution = self.world.temporal.executions.get(case)
            if execution is None:
                yield f"{case}: never opened"
            elif execution.status == WorkflowExecutionStatus.RUNNING:
                yield f"{case}: never closed"
            else:
                yield from self._whole(case)
                yield from self._clock(case)
                yield from self._told(case)
                yield from self._once(case)
                yield from self._asked(case)
                yield from self._silence(case)
                yield from self._late(case)
                yield from self._order(case)
                yield from self._law(case)
                yield from self._listed(case)
        yield from self._conservation()
        yield from self._nobody_waits()

    # --- what there is -----------------------------------------------------------------------------------

    @cached_property
    def published(self) -> dict[str, list[tuple[LedgerEntry, Stored]]]:
        """The entries on the ledger's topic by case, in order, copies included."""
        found: defaultdict[str, list[tuple[LedgerEntry, Stored]]] = defaultdict(list)
        for record in self.world.kafka.records(LEDGER):
            entry, _ = LedgerEntry.decode(record.value, record.headers)
            found[entry.case].append((entry, record))
        return found

    @cached_property
    def letters(self) -> dict[str, list[DeadLetter]]:
        """The dead letters by the place of their record."""
        found: defaultdict[str, list[DeadLetter]] = defaultdict(list)
        for letter in self.world.dead_letters():
            found[str(letter.place)].append(letter)
        return found

    def entries(self, case: str) -> list[LedgerEntry]:
        """The ledger of a case without copies."""
        firsts: dict[int, LedgerEntry] = {}
        for entry, _ in self.published[case]:
            firsts.setdefault(entry.sequence, entry)
        return [firsts[sequence] for sequence in sorted(firsts)]

    def postings(self, case: str) -> list[Posting]:
        """What the case gave to its outbox."""
        told = self.world.temporal.executions[case].told
        batches = [value_of(each.input, Batch) for each in told if each.activity == PUBLISH]
        return [posting for batch in batches for posting in batch.postings]

    def stands(self, said: Said) -> bool:
        """Whether it was not taken back with its transaction."""
        log = self.world.kafka.logs[said.record.topic][said.record.partition]
        return log.entries[said.record.offset] is said.record

    # --- the ledger, and what the parties were told ------------------------------------------------------

    def _whole(self, case: str) -> Iterator[str]:
        entries = self.entries(case)
        yield from (f"{case}: ledger: {each}" for each in faults(entries))
        hashes = {entry.sequence: entry.hash for entry in entries}
        for entry, record in self.published[case]:
            if entry.hash != hashes[entry.sequence]:
                yield f"{case}: entry {entry.sequence} stands with two contents ({record})"
        if [each.entry.hash for each in self.postings(case)] != [each.hash for each in entries]:
            yield f"{case}: the ledger is not what the case recorded"
        archived = self.world.archive.ledgers.get(case, {})
        if {number: each.hash for number, each in archived.items()} != hashes:
            yield f"{case}: the archive is not the ledger"

    def _listed(self, case: str) -> Iterator[str]:
        """Temporal lists the case by who had it whenever something left it, and at last by how it ended."""
        listed: dict[str, object] = {}
        for left, listed in self.world.temporal.executions[case].listings:
            entry = value_of(left.input, Batch).postings[-1].entry
            holders = {str(each).removeprefix("agency:") for each in entry.holders} - {"system"}
            if listed.get(attributes.WAITING_FOR, []) != sorted(holders):
                yield f"{case}: listed by {listed} at entry {entry.sequence}, when {entry.holders} had it"
        decided = [each.outcome for each in self.entries(case) if each.kind == "decided"]
        if [listed.get(name) for name in (attributes.STAGE, attributes.DUE)] != [attributes.CLOSED, None]:
            yield f"{case}: closed, and listed by {listed}"
        if [listed.get(attributes.OUTCOME)] != decided:
            yield f"{case}: decided {decided}, and listed by {listed}"

    def _clock(self, case: str) -> Iterator[str]:
        """The clock of the ledger, without what can be erased, is the one by which the case went."""
        marks = marks_of(entry.model_copy(update={"data": None}) for entry in self.entries(case))
        for number, mark in enumerate(marks, start=1):
            due = clock_of(marks[:number]).due
            if (due.at if due else None) != mark.due:
                yield f"{case}: by the ledger its limit ends {due}, by the case {mark.due} ({mark.does})"
        if {"start"} == {mark.does for mark in marks} & {"start", "stop"}:
            yield f"{case}: its clock still runs"

    def _told(self, case: str) -> Iterator[str]:
        expected: defaultdict[str, list[str]] = defaultdict(list)
        for posting in self.postings(case):
            expected[LEDGER].append(posting.entry.id)
            for number, letter in enumerate(posting.letters, start=1):
                expected[letter.topic].append(letter.id or f"{posting.entry.id}/{number}")
        for topic, ids in expected.items():
            first: dict[str, None] = {}
            for record in self.world.kafka.records(topic):
                name = dict(record.headers).get("ce_id", b"") or b""
                if record.key == case.encode() and name.decode() in ids:
                    first.setdefault(name.decode())
            ordered = [each for each in ids if not each.startswith("refusal/")]  # the gateway may be first
            if missing := [each for each in ids if each not in first]:
                yield f"{case}: {topic} misses {missing}"
            elif [each for each in first if each in ordered] != ordered:
                yield f"{case}: {topic} is out of order"

    def _once(self, case: str) -> Iterator[str]:
        """An event takes effect once; one that was refused and sent again may be refused again."""
        caused = [entry for entry in self.entries(case) if entry.cause]
        causes = Counter(entry.cause for entry in caused if entry.kind != "refused")
        yield from (
            f"{case}: {cause} took effect {count} times" for cause, count in causes.items() if count > 1
        )
        heard = Counter((entry.cause, entry.received) for entry in caused)
        yield from (
            f"{case}: {cause} of {at} was heard {count} times"
            for (cause, at), count in heard.items()
            if count > 1
        )

    # --- binding -----------------------------------------------------------------------------------------

    def _asked(self, case: str) -> Iterator[str]:
        """Nobody is asked by when it is too late."""
        for entry in self.entries(case):
            if entry.kind in ("requested", "referred") and entry.data is not None:
                end = Requested.model_validate(entry.data.content).binding_end
                if end <= entry.recorded:
                    yield f"{case}: {entry.step} was {entry.kind} at {entry.recorded}, after its end {end}"

    def _ended(self, case: str) -> Iterator[tuple[LedgerEntry, datetime, LedgerEntry]]:
        """Every entry about an open step, with when its silence begins to bind, and what opened it."""
        limits: dict[str, tuple[datetime, LedgerEntry]] = {}
        moved = self._moved(case)
        for entry in self.entries(case):
            if entry.step in limits:
                yield entry, *limits[entry.step]
            content = entry.data.content if entry.data else {}
            if entry.kind in ("requested", "referred"):
                limits[entry.step or ""] = Requested.model_validate(content).binding_end, entry
            elif entry.kind in ("fee-due", "asked-applicant") and entry.due is not None:
                limits[entry.step or ""] = entry.due, entry
            elif entry.kind == "rescheduled" and entry.step in limits:
                end = moved.get(entry.id, entry.due)
                limits[entry.step] = end or datetime.max.replace(tzinfo=UTC), limits[entry.step][1]

    def _moved(self, case: str) -> dict[str, datetime | None]:
        """By entry, to when the binding end of a step has moved, as its agency or the applicant was told;
        None: it stands still. Where the end is past already by the days of a new calendar, it is told until
        when it is held: what comes by then is in time (docs/operating.md, Calendars)."""
        return {
            posting.entry.id: MOVES[letter.type].model_validate(letter.data).binding_end
            for posting in self.postings(case)
            for letter in posting.letters
            if posting.entry.kind == "rescheduled" and letter.type in MOVES
        }

    def _silence(self, case: str) -> Iterator[str]:
        """A consequence binds only where there was silence, and after a grace where the platform was away."""
        for entry, deadline, opening in self._ended(case):
            if entry.kind not in ("deemed", "lapsed", "referred"):
                continue
            if heard := self._heard(case, deadline, opening):
                yield (
                    f"{case}: {entry.step} was {entry.kind} though {heard[0].record} was there in time, "
                    f"{(deadline - heard[0].record.appended).total_seconds():.3f} s before its deadline"
                )
            for began, ended in self._outages():
                held = ended + timedelta(seconds=GRACE - CLOCK_SKEW)
                if began <= deadline <= ended and entry.recorded < held:
                    early = (held - entry.recorded).total_seconds()
                    yield (
                        f"{case}: {entry.step} was {entry.kind} {early:.1f} s before the grace after an "
                        "outage was over"
                    )

    def _heard(self, case: str, deadline: datetime, opening: LedgerEntry) -> list[Said]:
        """What was said in time, by the broker's stamp, and would have prevented the consequence. What had
        taken effect before the step was opened was about something else."""
        earlier = {entry.cause for entry in self.entries(case) if entry.sequence < opening.sequence}
        in_time: dict[str, Said] = {}
        for said in self._counting():
            stamp = datetime.fromtimestamp(said.record.timestamp / 1000, UTC)
            there = said.record.appended < deadline + timedelta(seconds=CLOCK_SKEW)
            if said.event.subject == case and there and stamp < deadline and said.event.key not in earlier:
                in_time.setdefault(said.event.key, said)
        if opening.kind in ("requested", "referred"):
            return [
                each
                for each in in_time.values()
                if each.event.type == Answered.type
                and each.event.requestid == opening.request
                and each.party == f"agency:{opening.agency}"
            ]
        after = [
            each
            for each in in_time.values()
            if each.record.appended > opening.recorded - timedelta(seconds=1)
        ]
        if opening.kind == "asked-applicant":
            return [each for each in after if each.event.type == Supplemented.type]
        paid = [each for each in after if each.event.type == Paid.type]
        sum_paid = sum(Paid.model_validate(each.event.data).amount.amount for each in paid)
        owed = FeeDue.model_validate(opening.data.content).amount.amount if opening.data else 0
        return paid if sum_paid >= owed else []

    def _outages(self) -> list[tuple[datetime, datetime]]:
        """When no gateway was well, as their heartbeats say."""
        if "clock" in self.world.plan.troubles:
            return []
        stamps = sorted(each.timestamp for each in self.world.kafka.records(AVAILABILITY))
        beats = [datetime.fromtimestamp(each / 1000, UTC) for each in stamps]
        return [pair for pair in pairwise(beats) if (pair[1] - pair[0]).total_seconds() > OUTAGE_AFTER]

    def _late(self, case: str) -> Iterator[str]:
        """What came after the limit, or at the first instant after it, does not count."""
        if self._outages() or "clock" in self.world.plan.troubles:
            return  # a consequence that is held may let in what came meanwhile
        for entry, deadline, opening in self._ended(case):
            if entry.kind in ("answered", "supplemented", "paid"):
                check = opening.agency == "drainage"
                if entry.received >= deadline and not check:
                    yield f"{case}: {entry.step} was {entry.kind} by what came at {entry.received}, too late"

    # --- the law -----------------------------------------------------------------------------------------

    def _law(self, case: str) -> Iterator[str]:
        plan, entries = self.world.plan, self.entries(case)
        heard = by_law.Heard([each for each in self._counting() if each.event.subject == case])
        undisturbed = not self._outages() and "clock" not in plan.troubles
        at = {
            name: START + timedelta(seconds=at)
            for (told, name), at in self.world.told.items()
            if told == case
        }
        yield from by_law.versions(plan, entries)
        yield from by_law.ends(plan, entries)
        yield from by_law.weeks(plan, entries)
        yield from by_law.silence(entries, heard, undisturbed=undisturbed)
        if "clock" not in plan.troubles:  # what the broker had received in the future was decided on then
            yield from by_law.told(entries, self._moved_limits(case))
        yield from by_law.penalty(plan, entries)
        tried = [name for told, name in self.world.tried if told == case]
        yield from by_law.calendars(plan, entries, at, tried)

    def _moved_limits(self, case: str) -> dict[str, CaseDue]:
        """By the entry of a calendar, what the lead agency was told of the statutory limit, which had been
        warned of or was over."""
        letters = [
            (posting.entry.id, CaseDue.model_validate(letter.data))
            for posting in self.postings(case)
            for letter in posting.letters
            if posting.entry.kind == "calendar" and letter.type == CaseDue.type
        ]
        return {entry: told for entry, told in letters if told.limit == "statutory"}

    def _counting(self) -> list[Said]:
        """What was said and may take effect."""
        return [
            said
            for said in self.world.town.said
            if said.valid and self.stands(said) and str(said.record) not in self.world.discarded
        ]

    # --- events ------------------------------------------------------------------------------------------

    def _order(self, case: str) -> Iterator[str]:
        """Events of one case on one topic take effect in their order, as far as one partition keeps it."""
        times = Counter(said.event.key for said in self.world.town.said)
        lanes: defaultdict[tuple[str, int], list[Said]] = defaultdict(list)
        for said in self.world.town.said:
            if (
                said.event.subject == case
                and times[said.event.key] == 1
                and str(said.record) not in self.letters
            ):
                lanes[said.record.topic, said.record.partition].append(said)
        for lane in lanes.values():
            yield from in_order.overtaken(self.world.plan, self.entries(case), lane, self._moved(case))

    def _conservation(self) -> Iterator[str]:
        """Whatever the broker acknowledged is in its case, or is kept with the reason."""
        causes = {entry.cause for entries in self.published.values() for entry, _ in entries}
        for said in self.world.town.said:
            letters = self.letters.get(str(said.record), [])
            final = [
                each for each in letters if each.reason not in PLATFORM_FAULTS or each.state == "discarded"
            ]
            if not self.stands(said):
                continue
            if said.event.key not in causes and not final:
                known = ", ".join(f"{each.id} {each.reason} {each.state}" for each in letters) or "nowhere"
                yield f"{said.record} ({said.event.type}) is lost: {known}"

    def _nobody_waits(self) -> Iterator[str]:
        """Nobody is held up by another's flood; nothing is tried without end."""
        for said in self.world.town.said:
            letters = self.letters.get(str(said.record), [])
            if said.event.id == "poison" and said.record.appended < self._at(FAULTS_UNTIL) - POISON_AT_MOST:
                kept = [each for each in letters if each.refused - said.record.appended < POISON_AT_MOST]
                if not kept and not self.world.plan.troubles & DELAYING:
                    yield f"{said.record}: is refused for ever, and no dead letter"
            if self.world.plan.troubles & DISTURBED or said.flood or said.conflict or not self.stands(said):
                continue
            if said.early and any(each.reason == "unknown-case" for each in letters):
                yield f"{said.record}: found no place to wait for its case: {letters[0].detail}"
            if "flood" in self.world.plan.troubles and said.event.subject == case_id(0):
                continue
            at = [
                record.appended
                for entry, record in self.published[said.event.subject]
                if entry.cause == said.event.key
            ]
            if at and not said.early and min(at) - said.record.appended > DELAY_AT_MOST:
                waited = (min(at) - said.record.appended).total_seconds()
                yield f"{said.record} of {said.event.subject} waited {waited:.1f} s"

    def _at(self, seconds: float) -> datetime:
        return self.world.loop.wall() + timedelta(seconds=seconds - self.world.loop.time())
