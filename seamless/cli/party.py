"""``seamless party``: pausing agencies, and keeping parties in quarantine, in every case."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contracts.terms.errors import InvalidInput
from seamless.cli.options import Json, Kafka
from seamless.cli.ordered import DryRun, OnBehalf, Why, give, person, unfit
from seamless.cli.run import run

if TYPE_CHECKING:
    from contracts.standing import Standing
    from contracts.terms.identifiers import Party
    from contracts.wire.orders import Order
    from workers.process.settings import Settings

app = typer.Typer(help="Parties: who is paused or in quarantine; order it, end it.", no_args_is_help=True)

Agency = Annotated[str, typer.Argument(metavar="AGENCY", help="Its id in the directory.")]
AnyParty = Annotated[
    str, typer.Argument(metavar="PARTY", help="agency:ID or channel:ID; an id alone is an agency's.")
]


@app.command("list", epilog="Example:\n\n  seamless party list --json")
def list_(as_json: Json = False, kafka: Kafka = None) -> None:
    """List who is paused or in quarantine, and what waits to be confirmed.

    Each is listed with who ordered it, when and why.
    """

    async def main() -> None:
        from seamless.cli.console import Console
        from seamless.cli.party_views import as_rows, print_standing
        from workers.process.settings import load_settings

        settings = load_settings(kafka=kafka)
        standing = await _standing(settings)
        if as_json:
            Console().json(as_rows(standing))
        else:
            print_standing(standing, settings.legal_calendar.zone)

    run(main)


@app.command(epilog='Example:\n\n  seamless party pause planning --why "they move to another data centre"')
def pause(
    agency: Agency,
    why: Why,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Let nothing follow from an agency's silence, until it is resumed.

    It may still answer, and is still sent requests. What follows from the silence of
    others takes effect at its time, also in the cases that wait for it.
    """
    _order("pause", agency, why, by, dry_run, as_json, kafka)


@app.command(epilog='Example:\n\n  seamless party resume planning --why "they are back"')
def resume(
    agency: Agency,
    why: Why,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """End the pause of an agency.

    What was held takes effect after a grace, as after an outage of the platform.
    """
    _order("resume", agency, why, by, dry_run, as_json, kafka)


@app.command(epilog='Example:\n\n  seamless party quarantine agency:planning --why "it floods the platform"')
def quarantine(
    party: AnyParty,
    why: Why,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Admit nothing that a party says, until it is readmitted.

    Its events are kept among the dead letters (reason quarantined). It is told that
    they are refused. They hold the consequences of their cases until they are
    replayed or discarded.
    """
    _order("quarantine", party, why, by, dry_run, as_json, kafka)


@app.command(epilog='Example:\n\n  seamless party readmit agency:planning --why "they have fixed it"')
def readmit(
    party: AnyParty,
    why: Why,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Admit a party's events again.

    What was kept can be replayed, and counts from when it arrived:
    [bold]seamless dead-letter replay --reason quarantined[/bold].
    """
    _order("readmit", party, why, by, dry_run, as_json, kafka)


@app.command(epilog='Example:\n\n  seamless party confirm --why "I have spoken with them"')
def confirm(
    why: Why,
    order: Annotated[
        str | None, typer.Argument(metavar="ORDER", help="Its id.", show_default="the waiting one")
    ] = None,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Confirm another person's order, where the directory requires two persons."""

    async def main() -> int:
        from workers.process.settings import load_settings

        settings = load_settings(kafka=kafka)
        standing = await _standing(settings)
        found = [each for each in standing.proposed if order in (None, each.event.id)]
        if len(found) != 1:
            there = ", ".join(each.event.id for each in standing.proposed) or "none"
            raise InvalidInput(f"name the order that you confirm; these wait: {there}")
        [proposed] = found
        confirming = _made(type(proposed.order), why, by, confirms=proposed.event.id)
        return await give(settings, confirming, proposed.party, dry_run=dry_run, as_json=as_json)

    run(main)


ENDS: dict[str, Callable[[Standing], tuple[str, Collection[Party]]]] = {
    "resume": lambda standing: ("paused", standing.paused),
    "readmit": lambda standing: ("in quarantine", standing.quarantined),
}
"""What ends a state, and who is in it."""


def _order(
    lever: str, party: str, why: str, by: str | None, dry_run: bool, as_json: bool, kafka: str | None
) -> None:
    async def main() -> int:
        from contracts.wire.orders import PauseOrdered, QuarantineOrdered, ReadmitOrdered, ResumeOrdered
        from workers.process.settings import load_settings

        settings = load_settings(kafka=kafka)
        kinds: dict[str, type[Order]] = {
            each.lever: each for each in (PauseOrdered, ResumeOrdered, QuarantineOrdered, ReadmitOrdered)
        }
        standing = await _standing(settings) if lever in ENDS and _may_be(party) else None
        state, there = ENDS[lever](standing) if standing else ("", ())
        about = _party(settings, party, there)
        if lever in ("pause", "resume") and about.id in settings.directory.checks() and about not in there:
            raise InvalidInput(
                f"{about.id} takes part by an automated check, which the platform runs: nothing follows from "
                "its silence in any case"
            )
        if standing and about not in there:
            raise InvalidInput(
                f"{about} is not {state}, so nothing was ordered; {state}: {', '.join(there) or 'nobody'}"
            )
        second = settings.directory.two_persons
        foreseen = f"would be ordered: {lever}" + (
            "; it needs a second person, who confirms it" if lever in second else ""
        )
        return await give(
            settings,
            _made(kinds[lever], why, by),
            about,
            foreseen=foreseen,
            dry_run=dry_run,
            as_json=as_json,
        )

    run(main)


def _made(kind: type[Order], why: str, by: str | None, **more: Any) -> Order:
    from pydantic import ValidationError

    try:
        return kind.model_validate(person(by)._asdict() | {"why": why} | more)
    except ValidationError as error:
        raise unfit(error) from None


def _name(text: str) -> str:
    """The name that a person means: an id alone is an agency's."""
    return text if ":" in text else f"agency:{text}"


def _may_be(text: str) -> bool:
    """Whether a party can be named so, be it in the directory or not."""
    from contracts.terms.identifiers import Party

    try:
        return bool(Party(_name(text)).id)
    except ValueError:
        return False


def _party(settings: Settings, text: str, beside: Collection[Party] = ()) -> Party:
    """The party that a person means: of the directory, or one ``beside`` it, which has left it and about
    which an order is still in force.

    Raises:
        InvalidInput: there is none.
    """
    from contracts.terms.identifiers import Party

    wanted = _name(text)
    known = {*settings.directory.parties, *beside}
    if wanted not in known:
        raise InvalidInput(f"there is no party {text!r}; there are: {', '.join(sorted(known))}")
    return Party(wanted)


async def _standing(settings: Settings) -> Standing:
    from network.broker.standing import standing_now

    return await standing_now(settings.broker, settings.directory)
