"""Cases as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Column, Table

from archive.database import shown
from archive.reader import CaseRow
from archive.state import CaseState
from archive.verification import Verdict
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.decisions import Ended, Grant, Refuse
from contracts.terms.directory import Directory
from contracts.terms.identifiers import Party
from contracts.terms.values import Bilingual
from seamless.cli.timeline import moment, parties, party, wide_console
from workers.process.settings import Settings

if TYPE_CHECKING:
    from seamless.cli.case_completeness import Comparison

COLOURS = {"granted": "green", "refused": "red", "withdrawn": "yellow"}
SHOWN_FAULTY_CASES = 100
LISTED = ("procedure", "opened", "status", "outcome", "held by", "entries")


def print_json(value: Any) -> None:
    """Print ``value`` as one line of JSON."""
    print(json.dumps(value, ensure_ascii=False))


def print_cases(rows: Sequence[CaseRow], settings: Settings) -> None:
    """Print a list of cases."""
    console = wide_console()
    if not rows:
        console.print(f"No such cases in {shown(settings.archive_url)}.", markup=False)
        return
    table = Table(Column("case", no_wrap=True), *LISTED, box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            row.case,
            row.procedure,
            moment(row.opened),
            row.status,
            _coloured(row.outcome),
            escape(parties(settings.directory, row.holders)),
            str(row.entries),
        )
    console.print(table)


def print_case(row: CaseRow, state: CaseState, directory: Directory) -> None:
    """Print everything about one case."""
    console = wide_console()
    item = CATALOGUE.get(row.procedure)
    console.print(f"[bold]{row.case}[/]  {row.status}")
    facts = Table.grid(padding=(0, 2))
    facts.add_row("procedure", f"{item.name.zh} {item.name.en}" if item else row.procedure)
    facts.add_row("law", escape(row.law))
    facts.add_row("channel", escape(party(directory, Party.channel(row.channel))))
    facts.add_row("opened", moment(row.opened))
    facts.add_row("updated", moment(row.updated))
    facts.add_row("ledger", f"{row.entries} entries, hash {row.head}")
    for holding in state.holders:
        facts.add_row("held by", f"{escape(party(directory, holding.holder))}, since {moment(holding.since)}")
    for code in state.marks:
        text = item.marks.get(code) if item else None
        facts.add_row("marked", f"{text.zh} {text.en}" if text else escape(code))
    for line in _decision_lines(row, state):
        facts.add_row("decision", line)
    console.print(facts)
    if state.waiting:
        waiting = Table("waits for", "of", "since", "due", "", box=None, pad_edge=False, title_justify="left")
        for step in state.waiting:
            due = moment(step.due) if step.due else "?"
            overdue = "[red]overdue, escalated[/]" if step.escalated else ""
            waiting.add_row(
                escape(step.step), escape(party(directory, step.holder)), moment(step.asked), due, overdue
            )
        console.print("", waiting)
    about = Table.grid(padding=(0, 2))
    for field, value in _leaves(state.application or {}):
        about.add_row(f"[dim]{escape(field)}[/]", escape(value))
    console.print("", about if state.application else "[dim]The application was erased.[/]")


def print_comparison(compared: Comparison) -> None:
    """Print what the archive was compared with, and what came of it."""
    console = wide_console()
    if topic := compared.topic:
        told = f"compared with the topic {topic.topic} (id {topic.topic_id}) as of {moment(topic.as_of)}: "
        places = (
            f"partition {each.partition} read up to {each.position} of {each.end}"
            for each in topic.partitions
        )
        console.print(told + ", ".join(places), markup=False)
        if not topic.complete:
            console.print(f"[bold red]incomplete[/]  {escape(topic.why)}")
    if sample := compared.sample:
        console.print(
            f"compared with {sample.asked}: {sample.sampled} open cases looked for, "
            f"{len(sample.unknown)} not found",
            markup=False,
        )
        for case in sample.unknown[:SHOWN_FAULTY_CASES]:
            console.print(f"[bold red]missing[/]  {escape(case)}")
    if compared.topic is None and compared.unread:
        console.print(f"[bold red]incomplete[/]  its worker had {compared.unread} records left to read")
    for each in compared.not_compared:
        console.print(f"[yellow]not compared[/] with {escape(each)}")


def print_verdict(verdict: Verdict, *, complete: bool | None) -> None:
    """Print what is wrong with the ledgers that were looked at, or that nothing is.

    Args:
        complete: whether the archive is; None where that was not checked. Whole is only what is complete.
    """
    console = wide_console()
    for case, faults in list(verdict.faults.items())[:SHOWN_FAULTY_CASES]:
        console.print(f"[bold red]broken[/]  {escape(case)}")
        for fault in faults:
            console.print(f"  {escape(fault)}")
    if len(verdict.faults) > SHOWN_FAULTY_CASES:
        console.print(f"and {len(verdict.faults) - SHOWN_FAULTY_CASES} more; --json lists them all")
    told = f"{verdict.cases} {'case' if verdict.cases == 1 else 'cases'}, {verdict.entries} entries"
    if verdict.faults:
        console.print(f"{told}: [red]{len(verdict.faults)} broken[/]")
    elif complete:
        console.print(f"{told}: [green]whole[/]")
    elif complete is None:
        console.print(f"{told}: [yellow]no fault found, completeness not checked[/]")
    else:
        console.print(f"{told}: no fault found in them, [red]but the archive is incomplete[/]")


def reason_of(row: CaseRow, state: CaseState) -> Bilingual | None:
    """Why a case was refused, in the words of the catalogue."""
    item = CATALOGUE.get(row.procedure)
    if item is None or not isinstance(state.decision, Refuse):
        return None
    return item.reasons.get(state.decision.reason)


def _decision_lines(row: CaseRow, state: CaseState) -> Iterator[str]:
    if row.outcome is None:
        yield "none yet"
        return
    when = f", {moment(state.decided)}" if state.decided else ""
    yield f"{_coloured(row.outcome)}{when}"
    if isinstance(state.decision, Refuse):
        reason = reason_of(row, state)
        yield f"{reason.zh} {reason.en}" if reason else escape(state.decision.reason)
    elif isinstance(state.decision, Grant):
        yield from (f"condition: {escape(condition)}" for condition in state.decision.conditions)
    elif isinstance(state.decision, Ended):
        yield escape(state.decision.result)


def _coloured(outcome: str | None) -> str:
    return f"[{COLOURS.get(outcome, 'bold')}]{escape(outcome)}[/]" if outcome else "—"


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
