"""Ledger entries as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from rich.padding import Padding
from rich.table import Table

from contracts.terms.directory import Directory
from contracts.terms.identifiers import Party
from contracts.wire.ledger import LedgerEntry
from seamless.cli.console import UNBOUNDED, Console, line

OTHERS = {"platform": "平台 Platform", "applicant": "申请人 Applicant", "system": "系统 System"}
HANGING = 6
"""How far what an entry says is indented, where it needs a line of its own: as far as its time."""


def party(directory: Directory, who: Party) -> str:
    """The names of an actor or a holder, zh and en; its id, where it has none."""
    name = directory.name_of(who)
    if who.kind == "third-party":
        return f"第三方 third party {who.id}"
    return f"{name.zh} {name.en}" if name else OTHERS.get(who, who)


def parties(directory: Directory, holders: Sequence[Party]) -> str:
    """The names of several holders; a dash for nobody."""
    return ", ".join(party(directory, holder) for holder in holders) or "—"


def moment(instant: datetime, zone: tzinfo | None = None) -> str:
    """An instant in a zone, or in that of this machine, to the second."""
    try:
        return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, ValueError, OSError):  # the first and last of all instants have no other zone
        return f"{instant:%Y-%m-%d %H:%M:%S}"


def print_timeline(console: Console, directory: Directory, entries: Sequence[LedgerEntry]) -> None:
    """Print a whole ledger: a row for each entry, where rows fit the width."""
    table = Table("#", "time", "who", "what", "step", "outcome", "held by", box=None, pad_edge=False)
    for entry in entries:
        table.add_row(*_cells(directory, entry))
    if console.measure(table, options=console.options.update(width=UNBOUNDED)).maximum <= console.width:
        console.print(table)
        return
    for entry in entries:
        print_entry(console, directory, entry)


def print_entry(console: Console, directory: Directory, entry: LedgerEntry) -> None:
    """Print one entry as it comes."""
    number, time, who, *what, held = _cells(directory, entry)
    begins = line((f"{number:>4}  {time}", "dim"), f"  {who}: ")
    says = line((" ".join(part for part in what if part), "bold"), (f"  → {held}", "dim"))
    if begins.cell_len + says.cell_len <= console.width:
        console.print(begins + says)
    else:
        console.print(begins)
        console.print(Padding(says, (0, 0, 0, HANGING)))


def _cells(directory: Directory, entry: LedgerEntry) -> tuple[str, str, str, str, str, str, str]:
    return (
        str(entry.sequence),
        moment(entry.recorded),
        party(directory, entry.actor) + (f" ({entry.officer})" if entry.officer else ""),
        entry.kind,
        entry.step or "",
        ": ".join(said for said in (entry.outcome, entry.reason) if said),
        parties(directory, entry.holders),
    )
