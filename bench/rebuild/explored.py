"""Ledgers of real procedures, without servers: the code of each is lived along paths that were explored."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

from activities.checks import CHECKS
from contracts.terms.directory import Directory
from contracts.terms.identifiers import CaseId
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from seamless.explore.check import check
from seamless.explore.exploring import unhurried
from seamless.explore.lines import Lines
from seamless.explore.listed import named
from seamless.explore.opening import CHANNEL, opening
from seamless.explore.paths import RandomWalks
from seamless.explore.scenes import scenes_of
from workers.archive.store import ArchiveStore, LedgerRecord

BETWEEN = timedelta(hours=31)
"""So that cases start at every hour of a day."""


def ledgers(
    procedure: str, cases: int, directory: Directory, *, between: timedelta = BETWEEN, seed: int = 1
) -> Iterator[list[LedgerEntry]]:
    """The ledgers of so many cases of a procedure, in all its variants; each one on another path.

    Args:
        between: from the start of one case to that of the next.
    """
    number = count(1)
    for each in named(procedure):
        checked, lines = check(each, directory, CHECKS), Lines(each)
        graphs = [graph for law in checked.laws for graph in law.graphs if not graph.begun_before]
        with unhurried():
            for graph in graphs:
                walks = RandomWalks(graph, random.Random(f"{seed} {graph.law.id} {graph.label}"))
                for path in walks.paths(-(-cases // len(graphs))):
                    at = next(number)
                    opened = opening(each, graph.law, graph.application, directory)
                    later = opened.received + at * between
                    case = CaseId(f"{CHANNEL}-{at:08x}-0000-7000-8000-000000000000")
                    opened = opened.model_copy(update={"case": case, "received": later, "occurred": later})
                    lived = scenes_of(each, opened, graph.states, path, lines).lived
                    yield [posting.entry for posting in lived.postings]


def archive(url: str, entries: Iterator[list[LedgerEntry]]) -> int:
    """Write ledgers into a new archive; how many."""
    store, written = ArchiveStore(url), 0
    store.prepare()
    try:
        for written, ledger in enumerate(entries, start=1):
            store.write([_record(entry, 1000 * written + entry.sequence) for entry in ledger])
    finally:
        store.close()
    return written


def _record(entry: LedgerEntry, offset: int) -> LedgerRecord:
    event = Event.of(entry, id=entry.id, source="urn:bench:platform", case=entry.case, time=entry.recorded)
    value, headers = event.encode()
    return LedgerRecord("case.ledger", 0, offset, value, headers)
