"""Cases as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from archive.database import shown
from archive.reader import CaseRow
from archive.state import CaseState
from archive.verification import Verdict
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.decisions import Ended, Grant, Refuse
from contracts.terms.identifiers import Party
from contracts.terms.values import Bilingual
from seamless.cli.console import Console, block, facts, line, listing
from seamless.cli.due import due_of
from seamless.cli.timeline import moment, parties, party
from workers.process.settings import Settings

if TYPE_CHECKING:
    from seamless.cli.case_completeness import Comparison

COLOURS = {"granted": "green", "refused": "red", "withdrawn": "yellow"}
SHOWN_FAULTY_CASES = 100


def print_cases(rows: Sequence[CaseRow], settings: Settings, *, chosen: bool) -> None:
    """Print a list of cases.

    Args:
        chosen: it is of some cases only: where it is empty, there may be others.
    """
    console, zone = Console(), settings.legal_calendar.zone
    if not rows:
        console.whole(f"{'No such cases' if chosen else 'No cases yet'} in {shown(settings.archive_url)}.")
        return
    cells = [
        (
            line(row.case),
            line(row.procedure),
            line(moment(row.opened, zone)),
            line(row.status),
            _outcome(row.outcome),
            line(parties(settings.directory, row.holders)),
            line(str(row.entries)),
        )
        for row in rows
    ]
    opened = f"opened ({zone.key})"
    listing(console, ("case", "procedure", opened, "status", "outcome", "held by", "entries"), cells)


def print_case(row: CaseRow, state: CaseState, settings: Settings) -> None:
    """Print everything about one case."""
    console = Console()
    console.whole((row.case, "bold"))
    facts(console, list(_facts(row, state, settings)))
    now = datetime.now(UTC)
    for step in state.waiting:
        console.print()
        console.print(line("waits for ", (step.step, "bold")))
        due = due_of(step, row.procedure, row.law, settings, now) + line(
            ", escalated" if step.escalated else ""
        )
        whom = party(settings.directory, step.holder)
        facts(console, [("from", line(whom)), ("since", line(_told(step.asked, settings))), ("due", due)])
    console.print()
    if state.application:
        facts(console, [(field, block(value)) for field, value in _leaves(state.application)])
    else:
        console.print(line(("The application was erased.", "dim")))


def _facts(row: CaseRow, state: CaseState, settings: Settings) -> Iterator[tuple[str, Text]]:
    item = CATALOGUE.get(row.procedure)
    yield "status", line(row.status)
    yield "procedure", line(f"{item.name.zh} {item.name.en}" if item else row.procedure)
    yield "law", line(row.law)
    yield "channel", line(party(settings.directory, Party.channel(row.channel)))
    yield "opened", line(_told(row.opened, settings))
    yield "updated", line(_told(row.updated, settings))
    yield "ledger", line(f"{row.entries} entries")
    yield "hash", line(row.head)
    for holding in state.holders:
        since = _told(holding.since, settings)
        yield "held by", line(f"{party(settings.directory, holding.holder)}, since {since}")
    for code in state.marks:
        text = item.marks.get(code) if item else None
        yield "marked", line(f"{text.zh} {text.en}" if text else code)
    for told in _decision_lines(row, state, settings):
        yield "decision", told


def _told(instant: datetime, settings: Settings) -> str:
    """An instant of a case in its administration's zone, with the zone's name, as due days are told."""
    zone = settings.legal_calendar.zone
    return f"{moment(instant, zone)} ({zone.key})"


def print_comparison(compared: Comparison) -> None:
    """Print what the archive was compared with, and what came of it."""
    console = Console()
    if topic := compared.topic:
        console.print(f"compared with the topic {topic.topic} as of {moment(topic.as_of)}")
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


def _decision_lines(row: CaseRow, state: CaseState, settings: Settings) -> Iterator[Text]:
    if row.outcome is None:
        yield line("none yet")
        return
    yield _outcome(row.outcome) + line(f", {_told(state.decided, settings)}" if state.decided else "")
    if isinstance(state.decision, Refuse):
        reason = reason_of(row, state)
        yield line(f"{reason.zh} {reason.en}" if reason else state.decision.reason)
    elif isinstance(state.decision, Grant):
        yield from (line(f"condition: {condition}") for condition in state.decision.conditions)
    elif isinstance(state.decision, Ended):
        yield line(state.decision.result)


def _outcome(outcome: str | None) -> Text:
    return line((outcome, COLOURS.get(outcome, "bold"))) if outcome else line("—")


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
