"""Cases as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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


def print_verdict(verdict: Verdict) -> None:
    """Print what is wrong with the ledgers that were looked at, or that nothing is."""
    console = wide_console()
    for case, faults in list(verdict.faults.items())[:SHOWN_FAULTY_CASES]:
        console.print(f"[bold red]broken[/]  {escape(case)}")
        for fault in faults:
            console.print(f"  {escape(fault)}")
    if len(verdict.faults) > SHOWN_FAULTY_CASES:
        console.print(f"and {len(verdict.faults) - SHOWN_FAULTY_CASES} more; --json lists them all")
    told = f"{verdict.cases} {'case' if verdict.cases == 1 else 'cases'}, {verdict.entries} entries"
    console.print(
        f"{told}: [red]{len(verdict.faults)} broken[/]" if verdict.faults else f"{told}: [green]whole[/]"
    )


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
