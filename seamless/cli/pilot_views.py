"""What ``seamless pilot show`` shows: how a pilot stands, in sentences and one table; as JSON; as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archive.pilots.cases import HARMS
from archive.pilots.evidence import Weighed
from seamless.cli.console import Console, line
from seamless.cli.measure_views import Named, print_section, write_page
from seamless.cli.names import Language
from seamless.rebuild.figures import Change
from seamless.rebuild.pilot import Pilot, Said
from seamless.rebuild.pilot_page import pilot_page
from seamless.rebuild.pilot_telling import Told, told
from workers.process.settings import Settings


def show_pilot(
    pilot: Pilot, settings: Settings, language: Language, html: Path | None, as_json: bool
) -> None:
    """Show a pilot, and write its page where one is asked for.

    Raises:
        InvalidInput: the page cannot be written.
    """
    naming, zone = Named(settings.directory, language, pilot.procedure or ""), settings.legal_calendar.zone
    if html is not None:
        write_page(html, pilot_page(pilot, language, naming, zone))
    said = told(pilot, language, naming, zone)
    if as_json:
        Console().json(as_told(pilot, said))
    else:
        _print(Console(), said)


def _print(console: Console, said: Told) -> None:
    console.print(line((said.title, "bold")))
    console.print(line((said.subtitle, "dim")))
    for sentence in (said.stands, *([said.next] if said.next else ()), *said.evidence):
        console.print()
        console.print(line(sentence))
    if said.arms is not None:
        print_section(console, said.arms)
    if said.history:
        console.print()
    for sentence in said.history:
        console.print(line(sentence))


def as_told(pilot: Pilot, said: Told) -> dict[str, Any]:
    """A pilot for programs to read: times in days, instants in UTC."""
    found = pilot.evidence
    return {
        "pilot": pilot.case,
        "number": pilot.number,
        "stage": pilot.stage,
        "reason": pilot.reason,
        "procedure": pilot.procedure,
        "law": pilot.law,
        "old": pilot.old,
        "new": pilot.new,
        "block": pilot.block,
        "most": pilot.most,
        "opened": pilot.opened.isoformat(),
        "begun": pilot.begun.isoformat() if pilot.begun else None,
        "closed": pilot.closed.isoformat() if pilot.closed else None,
        "as_of": pilot.as_of.isoformat(),
        "approvals": [_said(each) for each in pilot.approvals],
        "looks": [_said(each) for each in pilot.looks],
        "decision": _said(pilot.decision) if pilot.decision else None,
        "cases": {"new": found.new, "old": found.old, "new_open": found.new_open, "old_open": found.old_open},
        "verdict": found.verdict,
        "pairs": found.pairs._asdict() | {"known": found.pairs.known},
        "faster": _weighed(found.faster),
        "slower": _weighed(found.slower),
        "harm": {each: _weighed(found.harm[each]) | vars(found.harmed[each]) for each in HARMS},
        "means": {
            arm: each.model_dump(mode="json", exclude={"curve"}) for arm, each in pilot.times.means.items()
        },
        "difference": _change(pilot.times.difference),
        "since": _change(pilot.times.since),
        "told": [said.stands, *said.evidence, *said.history, *([said.next] if said.next else [])],
    }


def _said(said: Said) -> dict[str, Any]:
    return {"at": said.at.isoformat(), "outcome": said.outcome, "officer": said.officer, "note": said.note}


def _change(found: Change | None) -> dict[str, Any] | None:
    return None if found is None else found.model_dump(mode="json")


def _weighed(found: Weighed) -> dict[str, Any]:
    return {"e": found.e, "goal": found.goal, "events": found.events, "reached": found.reached}
