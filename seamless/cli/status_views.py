"""How an installation stands, on one screen of eighty columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from rich.padding import Padding
from rich.text import Text

from seamless.cli.console import INDENT, Console, facts, line
from seamless.cli.holders import ago, print_holders
from seamless.cli.names import Names
from seamless.status.report import CalendarEnd, Status, Worker
from workers.process.settings import Settings

COLOURS = {"well": "green", "needs-a-person": "red", "away": "yellow"}
SUMMARIES = {
    "well": "all is well",
    "needs-a-person": "something needs a person",
    "away": "not everything is known",
}

TOLD_NEEDS, TOLD_HOLDERS = 8, 12
"""How many things that need a person are told, and how many of those who have something to do: what fits on a
screen. ``--json`` has all."""


def print_status(status: Status, settings: Settings, names: Names) -> None:
    """Print the report: what needs a person, first."""
    console = Console()
    console.print(line((SUMMARIES[status.result], COLOURS[status.result])))
    for need in status.needs[:TOLD_NEEDS]:
        console.print(Padding(line(("! ", "red"), need.what, "  → ", need.see), (0, 0, 0, INDENT)))
    if len(status.needs) > TOLD_NEEDS:
        told = f"and {len(status.needs) - TOLD_NEEDS} more; --json has all"
        console.print(Padding(line(told), (0, 0, 0, INDENT)))
    console.print()
    facts(console, list(_facts(status)))
    if status.cases is not None and status.cases.holders:
        console.print()
        stuck = (
            None if status.stuck is None else {each.holder: each.stuck or 0 for each in status.cases.holders}
        )
        shown = status.cases.holders[:TOLD_HOLDERS]
        print_holders(console, shown, names, settings, status.as_of, stuck)
        if more := len(status.cases.holders) - len(shown):
            console.print(f"and {more} more: seamless case list --by agency")


def _facts(status: Status) -> Iterator[tuple[str, Text]]:
    now = status.as_of
    for engine in status.engines:
        answers = ("answers", "green") if engine.answers else ("away", "yellow")
        yield engine.engine, line(answers, f"  {engine.address}")
    for process, workers in _by_process(status):
        yield process, _processes(status, workers)
    yield "events", _events(status)
    yield "archived", _archived(status)
    if status.tasks is not None and (waiting := [each for each in status.tasks if each.waiting]):
        told = ", ".join(f"{each.waiting:,} {each.kind} of {each.queue}" for each in waiting)
        yield "tasks", line(f"{told}; the oldest for {_span(max(each.oldest_seconds for each in waiting))}")
    if status.cases is not None:
        yield "open cases", line(f"{status.cases.open:,}")
    if status.stuck:
        reasons = Counter(each.reason for each in status.stuck)
        yield "stuck", line((_counted(reasons), "red"))
    if status.dead_letters is not None:
        yield from _letters(status, now)
    if status.proposed:
        levers = _counted(Counter(each.lever for each in status.proposed))
        oldest = ago(now, min(each.since for each in status.proposed))
        yield "proposed", line((levers, "yellow"), f"; the oldest {oldest} ago")
    for about in status.parties or ():
        yield "party", line((about.state, "yellow"), f": {about.party}, ordered {ago(now, about.since)} ago")
    if status.held:
        yield "held", line((_counted(Counter(each.reason for each in status.held)), "red"))
    for each in status.calendars or ():
        yield "calendar", line(_calendar(each))
    for name, why in status.not_known.items():
        yield "not known", line((name, "yellow"), f": {why}")


def _by_process(status: Status) -> Iterator[tuple[str, list[Worker]]]:
    """The processes of each kind; also of those kinds of which there is none, and should be."""
    kinds = dict.fromkeys([*status.processes, *(each.process for each in status.workers)])
    for process in kinds:
        yield process, [each for each in status.workers if each.process == process]


def _processes(status: Status, workers: Sequence[Worker]) -> Text:
    """How many processes of a kind there are, of which builds, and when they were seen last."""
    here = [each for each in workers if status.here(each)]
    gone = [each for each in workers if not status.here(each)]
    if not here:
        told = line(("none", "red"))
    else:
        builds = ", ".join(dict.fromkeys(each.build or "not said" for each in here))
        told = line(f"{len(here)}, build {builds}")
        seen = [each.seen for each in here if each.seen]
        told += line(f", seen {ago(status.as_of, min(seen))} ago" if seen else "")
    for each in gone:
        if each.seen is not None:
            left = f"{each.host or 'one'}, seen {ago(status.as_of, each.seen)} ago"
            told += line(("; gone: ", "yellow"), left)
    return told


def _events(status: Status) -> Text:
    events = status.events
    if events is None:
        return line(("not known", "yellow"))
    told = f"{events.records:,} to carry" if events.records else "all carried"
    if events.oldest is not None:
        told += f", the oldest {ago(status.as_of, events.oldest)} old"
    if events.topics:
        told += f", most on {max(events.topics, key=lambda topic: events.topics[topic])}"
    beat = "no heartbeat yet"
    if events.heartbeat is not None:
        beat = f"last heartbeat {ago(status.as_of, events.heartbeat)} ago"
    return line(f"{told}; {beat}")


def _archived(status: Status) -> Text:
    archived = status.archived
    if archived is None:
        return line(("not known", "yellow"))
    told = f"{archived.missing:,} entries to archive" if archived.missing else "all archived"
    if archived.written is not None:
        told += f", written {ago(status.as_of, archived.written)} ago"
    return line(told) + line((f"; {archived.lost:,} lost", "red") if archived.lost else "")


def _calendar(each: CalendarEnd) -> str:
    ends = "its days are not known here"
    if each.ends is not None:
        ends = f"published to {each.ends}"
    elif each.calendar.startswith("compressed:"):
        ends = "no holidays"
    cases = "case" if each.cases == 1 and not each.new_cases else "cases"
    return f"{each.calendar}, {ends}; {each.cases:,} open {'and new ' if each.new_cases else ''}{cases}"


def _letters(status: Status, now: datetime) -> Iterator[tuple[str, Text]]:
    for each in status.dead_letters or ():
        told = f"{each.waiting:,} {each.reason}, the first {ago(now, each.oldest)} ago"
        yield "dead letters", line((told, "red"), "; they hold what silence brings" if each.holds else "")
    if not status.dead_letters:
        yield "dead letters", line("none wait")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
