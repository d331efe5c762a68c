"""Ledger entries as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from rich.padding import Padding
from rich.table import Table

from archive.silence import Silences
from contracts.wire.ledger import LedgerEntry
from seamless.cli.console import UNBOUNDED, Console, line
from seamless.cli.names import Names

BY_SILENCE = "by silence"
"""Beside what the law decided or answered since nobody had in time."""
HANGING = 6
"""How far what an entry says is indented, where it needs a line of its own: as far as its time."""


def moment(instant: datetime, zone: tzinfo) -> str:
    """An instant in the zone of an administration, to the second; never in that of whoever runs a command."""
    try:
        return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, ValueError, OSError):  # the first and last of all instants have no other zone
        return f"{instant:%Y-%m-%d %H:%M:%S}"


class Timeline:
    """The ledger of one case, printed entry by entry, in order."""

    def __init__(self, console: Console, names: Names, zone: ZoneInfo) -> None:
        """``zone``: of the administration, in which times are shown."""
        self._console = console
        self._names = names
        self._zone = zone
        self._silences = Silences()

    def print_whole(self, entries: Sequence[LedgerEntry]) -> None:
        """Print all of it: a row for each entry, where rows fit the width."""
        console = self._console
        rows = [self._cells(entry) for entry in entries]
        table = Table(
            "#",
            f"time ({self._zone.key})",
            "who",
            "what",
            "step",
            "outcome",
            "held by",
            box=None,
            pad_edge=False,
        )
        for row in rows:
            table.add_row(*row)
        if console.measure(table, options=console.options.update(width=UNBOUNDED)).maximum <= console.width:
            console.print(table)
            return
        for row in rows:
            self._print(row)

    def print_next(self, entry: LedgerEntry) -> None:
        """Print one entry as it comes."""
        self._print(self._cells(entry))

    def _print(self, row: tuple[str, ...]) -> None:
        number, time, who, *what, held = row
        begins = line((f"{number:>4}  {time}", "dim"), f"  {who}: ")
        says = line((" ".join(part for part in what if part), "bold"), (f"  → {held}", "dim"))
        if begins.cell_len + says.cell_len <= self._console.width:
            self._console.print(begins + says)
        else:
            self._console.print(begins)
            self._console.print(Padding(says, (0, 0, 0, HANGING)))

    def _cells(self, entry: LedgerEntry) -> tuple[str, ...]:
        names = self._names
        silent = BY_SILENCE if self._silences.add(entry) else None
        return (
            str(entry.sequence),
            moment(entry.recorded, self._zone),
            names.party(entry.actor, entry.procedure) + (f" ({entry.officer})" if entry.officer else ""),
            entry.kind,
            names.step(entry.step, entry.procedure) if entry.step else "",
            ": ".join(said for said in (entry.outcome, _assigned(entry), silent, entry.reason) if said),
            names.parties(entry.holders, entry.procedure),
        )


def _assigned(entry: LedgerEntry) -> str | None:
    """To which variant a pilot assigned the case, at its opening."""
    return f"assigned to {entry.variant}, block {entry.block}" if entry.arm else None
