"""Cases as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from archive.database import shown
from archive.proposals import Waiting
from archive.reader import CaseRow
from archive.silence import Silence
from archive.state import CaseState
from archive.steps import Step
from archive.verification import Verdict
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.decisions import Ended, Grant, Refuse
from contracts.terms.identifiers import CaseId, Party
from contracts.terms.values import Bilingual
from seamless.cli.console import Console, block, facts, line, listing
from seamless.cli.due import due_of
from seamless.cli.names import NOBODY, Names
from seamless.cli.timeline import BY_SILENCE, moment
from workers.process.settings import Settings

if TYPE_CHECKING:
    from seamless.cli.case_completeness import Comparison

COLOURS = {"granted": "green", "refused": "red", "withdrawn": "yellow"}
SHOWN_FAULTY_CASES = 100
NO_SILENCE = Silence(decided=False, deemed=0)


def as_data(row: CaseRow, silences: Mapping[CaseId, Silence]) -> dict[str, Any]:
    """A case in a list, for a program."""
    silence = silences.get(row.case, NO_SILENCE)
    return row.model_dump(mode="json") | {"by_silence": silence.decided, "deemed": silence.deemed}


def print_cases(
    rows: Sequence[CaseRow],
    silences: Mapping[CaseId, Silence],
    settings: Settings,
    names: Names,
    *,
    chosen: bool,
) -> None:
    """Print a list of cases.

    Args:
        silences: what silence caused in them.
        chosen: it is of some cases only: where it is empty, there may be others.
    """
    console, zone = Console(), settings.legal_calendar.zone
    if not rows:
        console.whole(f"{'No such cases' if chosen else 'No cases yet'} in {shown(settings.archive_url)}.")
        return
    cells = [
        (
            line(row.case),
            line(row.number),
            line(names.procedure(row.procedure)),
            line(moment(row.opened, zone)),
            line(row.status),
            _outcome(row.outcome, silences.get(row.case, NO_SILENCE)),
            line(names.parties(row.holders, row.procedure)),
            line(str(row.entries)),
        )
        for row in rows
    ]
    opened = f"opened ({zone.key})"
    headers = ("case", "number", "procedure", opened, "status", "outcome", "held by", "entries")
    listing(console, headers, cells)


def print_case(
    row: CaseRow, state: CaseState, proposed: Sequence[Waiting], settings: Settings, names: Names
) -> None:
    """Print everything about one case.

    Args:
        proposed: the orders that wait for a second person.
    """
    console = Console()
    console.whole((row.case, "bold"))
    facts(console, list(_facts(row, state, settings, names)))
    now = datetime.now(UTC)
    for step in state.waiting:
        console.print()
        title = names.step(step.step, row.procedure)
        told = line("waits for ", (title, "bold"))
        console.print(told if title == step.step else told + line((f"  {step.step}", "dim")))
        due = due_of(step, row.procedure, row.law, settings, now) + line(
            ", escalated" if step.escalated else ""
        )
        whom = names.party(step.holder, row.procedure)
        facts(console, [("from", line(whom)), ("since", line(_told(step.asked, settings))), ("due", due)])
    for each in proposed:
        console.print()
        console.print(line("waits for a second person: ", (each.entry.outcome or "an order", "bold")))
        facts(console, list(_proposal(each, row, settings, names)))
    console.print()
    if state.application:
        facts(console, [(field, block(value)) for field, value in _leaves(state.application)])
    else:
        console.print(line(("The application was erased.", "dim")))


def _facts(row: CaseRow, state: CaseState, settings: Settings, names: Names) -> Iterator[tuple[str, Text]]:
    item = CATALOGUE.get(row.procedure)
    yield "number", line(row.number)
    yield "status", line(row.status)
    named = names.procedure(row.procedure)
    yield "procedure", line(named if named == row.procedure else f"{named}, {row.procedure}")
    yield "law", line(row.law)
    yield "channel", line(names.party(Party.channel(row.channel)))
    yield "opened", line(_told(row.opened, settings))
    yield "updated", line(_told(row.updated, settings))
    yield "ledger", line(f"{row.entries} entries")
    yield "hash", line(row.head)
    for holding in state.holders:
        since = _told(holding.since, settings)
        yield "held by", line(f"{names.party(holding.holder, row.procedure)}, since {since}")
    for code in state.marks:
        text = item.marks.get(code) if item else None
        yield "marked", line(names.text(text) if text else code)
    for told in _decision_lines(row, state, settings, names):
        yield "decision", told
    for step in state.deemed:
        yield BY_SILENCE, line(_deemed(step, row.procedure, names))


def _proposal(waiting: Waiting, row: CaseRow, settings: Settings, names: Names) -> Iterator[tuple[str, Text]]:
    """What was ordered, why and since when, and how it is confirmed."""
    said = waiting.as_json()
    yield "order", line(waiting.order)
    if waiting.entry.step:
        yield "of", line(names.step(waiting.entry.step, row.procedure))
    yield "since", line(_told(waiting.entry.recorded, settings))
    if said["on_behalf_of"]:
        yield "on behalf of", line(str(said["on_behalf_of"]))
    yield "why", line(str(said["why"] or "erased"))
    yield "confirm", line(f'seamless case confirm {row.case} {waiting.order} --why "..."')


def _told(instant: datetime, settings: Settings) -> str:
    """An instant of a case in its administration's zone, with the zone's name, as due days are told."""
    zone = settings.legal_calendar.zone
    return f"{moment(instant, zone)} ({zone.key})"


def print_comparison(compared: Comparison, settings: Settings) -> None:
    """Print what the archive was compared with, and what came of it."""
    console = Console()
    if topic := compared.topic:
        console.print(f"compared with the topic {topic.topic} as of {_told(topic.as_of, settings)}")
        console.print(f"its id is {topic.topic_id}")
        for each in topic.partitions:
            console.print(f"partition {each.partition} read up to {each.position} of {each.end}")
        if not topic.complete:
            console.print(line(("incomplete", "bold red"), f"  {topic.why}"))
    if sample := compared.sample:
        console.print(
            f"compared with {sample.asked}: {sample.sampled} open cases looked for, "
            f"{len(sample.unknown)} not found"
        )
        for case in sample.unknown[:SHOWN_FAULTY_CASES]:
            console.whole(("missing", "bold red"), f"  {case}")
    if compared.topic is None and compared.unread:
        told = f"  its worker had {compared.unread} records left to read"
        console.print(line(("incomplete", "bold red"), told))
    for left_out in compared.not_compared:
        console.print(line(("not compared", "yellow"), f" with {left_out}"))


def print_verdict(verdict: Verdict, *, complete: bool | None) -> None:
    """Print what is wrong with the ledgers that were looked at, or that nothing is.

    Args:
        complete: whether the archive is; None where that was not checked. Whole is only what is complete.
    """
    console = Console()
    for case, faults in list(verdict.faults.items())[:SHOWN_FAULTY_CASES]:
        console.whole(("broken", "bold red"), f"  {case}")
        for fault in faults:
            console.print(f"  {fault}")
    if len(verdict.faults) > SHOWN_FAULTY_CASES:
        console.print(f"and {len(verdict.faults) - SHOWN_FAULTY_CASES} more; --json lists them all")
    told = f"{verdict.cases} {'case' if verdict.cases == 1 else 'cases'}, {verdict.entries} entries: "
    if verdict.faults:
        console.print(line(told, (f"{len(verdict.faults)} broken", "red")))
    elif complete:
        console.print(line(told, ("whole", "green")))
    elif complete is None:
        console.print(line(told, ("no fault found, completeness not checked", "yellow")))
    else:
        console.print(line(told, "no fault found in them, ", ("but the archive is incomplete", "red")))


def reason_of(row: CaseRow, state: CaseState) -> Bilingual | None:
    """Why a case was refused, in the words of the catalogue."""
    item = CATALOGUE.get(row.procedure)
    if item is None or not isinstance(state.decision, Refuse):
        return None
    return item.law_or_newest(row.law).reasons.get(state.decision.reason)


def _decision_lines(row: CaseRow, state: CaseState, settings: Settings, names: Names) -> Iterator[Text]:
    if row.outcome is None:
        yield line("none yet")
        return
    decided = f", {_told(state.decided, settings)}" if state.decided else ""
    yield _outcome(row.outcome, Silence(state.by_silence, 0)) + line(decided)
    if isinstance(state.decision, Refuse):
        reason = reason_of(row, state)
        yield line(names.text(reason) if reason else state.decision.reason)
    elif isinstance(state.decision, Grant):
        yield from (line(f"condition: {condition}") for condition in state.decision.conditions)
    elif isinstance(state.decision, Ended):
        yield line(state.decision.result)


def _outcome(outcome: str | None, silence: Silence) -> Text:
    """How a case was decided, and what silence had a part in it: ``granted by silence``; ``granted, 2 by
    silence``, where that many answers were the law's."""
    told = line((outcome, COLOURS.get(outcome, "bold"))) if outcome else line(NOBODY)
    if silence.decided:
        told += line(" ", (BY_SILENCE, "yellow"))
    return told + (line(", ", (f"{silence.deemed} {BY_SILENCE}", "yellow")) if silence.deemed else line())


def _deemed(step: Step, procedure: str, names: Names) -> str:
    """An answer that the law supplied: whose it would have been, what it is, and to what."""
    return f"{names.party(step.holder, procedure)}: {step.outcome}, {names.step(step.step, procedure)}"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The values of an application with their dotted fields."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{number}")
    else:
        yield path, str(value)
