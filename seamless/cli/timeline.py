"""Ledger entries as people read them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.terms.directory import Directory
from contracts.terms.identifiers import Party
from contracts.wire.ledger import LedgerEntry

OTHERS = {"platform": "平台 Platform", "applicant": "申请人 Applicant", "system": "系统 System"}


def party(directory: Directory, who: Party) -> str:
    """The names of an actor or a holder, zh and en; its id, where it has none."""
    name = directory.name_of(who)
    return f"{name.zh} {name.en}" if name else OTHERS.get(who, who)


def parties(directory: Directory, holders: Sequence[Party]) -> str:
    """The names of several holders; a dash for nobody."""
    return ", ".join(party(directory, holder) for holder in holders) or "—"


def moment(instant: datetime) -> str:
    """An instant in the zone of this machine, to the second."""
    return f"{instant.astimezone():%Y-%m-%d %H:%M:%S}"


def wide_console() -> Console:
    """Standard output: as wide as the terminal; wide enough for whole lines where it is none."""
    return Console(width=None if sys.stdout.isatty() else 240, highlight=False)


def print_timeline(console: Console, directory: Directory, entries: Sequence[LedgerEntry]) -> None:
    """Print a whole ledger, a line for each entry."""
    table = Table("#", "time", "who", "what", "step", "outcome", "held by", box=None, pad_edge=False)
    for entry in entries:
        table.add_row(*_cells(directory, entry))
    console.print(table)


def print_entry(console: Console, directory: Directory, entry: LedgerEntry) -> None:
    """Print one entry as it comes."""
    number, time, who, what, step, outcome, held = _cells(directory, entry)
    said = " ".join(part for part in (what, step, outcome) if part)
    console.print(f"[dim]{number:>4}  {time}[/]  {who}: [bold]{said}[/]  [dim]→ {held}[/]", highlight=False)


def _cells(directory: Directory, entry: LedgerEntry) -> tuple[str, str, str, str, str, str, str]:
    who = party(directory, entry.actor) + (f" ({entry.role})" if entry.role else "")
    return (
        str(entry.sequence),
        moment(entry.recorded),
        escape(who),
        entry.kind,
        escape(entry.step or ""),
        escape(entry.outcome or ""),
        escape(parties(directory, entry.holders)),
    )
