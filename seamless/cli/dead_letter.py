"""``seamless dead-letter``: what the gateway refused; listed, inspected, replayed, discarded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.terms.errors import InvalidInput
from seamless.cli.console import Console
from seamless.cli.dead_letter_views import (
    print_confirmed,
    print_discarded,
    print_foreseen,
    print_list,
    print_one,
    print_replayed,
    print_would_confirm,
)
from seamless.cli.options import Archive, Data, Json, Kafka, Lang
from seamless.cli.ordered import DryRun, person
from seamless.cli.run import run

if TYPE_CHECKING:
    from contracts.terms.levers import LetterLever
    from contracts.wire.dead_letter import DeadLetter
    from network.broker.publisher import Publisher
    from seamless.operate.dead_letters import Query, Returned
    from seamless.operate.second_person import Ordered
    from workers.process.settings import Settings

app = typer.Typer(
    help="Events that were refused: list, inspect, replay, discard, confirm.", no_args_is_help=True
)

CARRIED_SECONDS = 20.0
"""How long a command waits for the gateway to carry what was replayed."""

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="As the list shows them.")]
Reason = Annotated[str | None, typer.Option(help="Only those with this reason code.")]
FromParty = Annotated[
    str | None, typer.Option("--party", metavar="PARTY", help="Only those sent by agency:ID or channel:ID.")
]
OfCase = Annotated[
    str | None, typer.Option("--case", metavar="ID", help="Only those of this case: its id, or its number.")
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only those refused at or after this time: 2026-03-02T08:00+08:00."),
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only those refused before this time.")]
Everything = Annotated[bool, typer.Option("--all", help="All that wait.")]


@app.command(
    "list",
    epilog="Examples:\n\n  seamless dead-letter list\n\n"
    "  seamless dead-letter list --reason unknown-case --json\n\n"
    "  seamless dead-letter list --party agency:planning --since 2026-03-02T08:00+08:00",
)
def list_(
    reason: Reason = None,
    party: FromParty = None,
    case: OfCase = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, typer.Option("--all", help="Include those that are settled.")] = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """List the dead letters that wait for an operator."""
    query = _query(reason, party, case, since, until, settled=everything)

    async def main() -> None:
        settings = _settings(kafka)
        chosen = await _chosen(settings, None, query)
        if as_json:
            Console().json({"dead_letters": [each.as_json() for each in chosen]})
        else:
            print_list(chosen, settings.legal_calendar.zone, chosen_only=query.chooses)

    run(main)


@app.command(epilog="Example:\n\n  seamless dead-letter show channel.portal.events/0/17")
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")],
    lang: Lang = None,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Show one dead letter: why it was refused, and the message as it arrived."""

    async def main() -> None:
        (letter,) = _by_id(await _letters(_settings(kafka)), [letter_id])
        if as_json:
            Console().json(letter.as_json())
        else:
            print_one(letter, lang)

    run(main)


@app.command(
    "replay",
    epilog="Examples:\n\n  seamless dead-letter replay channel.portal.events/0/17\n\n"
    "  seamless dead-letter replay --reason unknown-procedure\n\n"
    "  seamless dead-letter replay --party agency:planning --reason quarantined --dry-run\n\n"
    "  seamless dead-letter replay --all",
)
def replay_(
    letter_ids: Ids = None,
    reason: Reason = None,
    party: FromParty = None,
    case: OfCase = None,
    since: Since = None,
    until: Until = None,
    everything: Everything = False,
    why: Annotated[str, typer.Option(help="The reason, which is recorded.")] = "its cause is fixed",
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Have the gateway carry dead letters again, after the cause is fixed.

    Where the platform may have been at fault, what was in time counts; any other one counts as received now.
    Where two persons are needed, it is proposed, and another one confirms it.
    One that is refused again becomes a new dead letter. The command waits until the gateway has carried
    them, and reports the results.

    The exit code is 1 if something was refused again, or no gateway has read it yet.
    """
    query = _query(reason, party, case, since, until)
    _check_one_choice(letter_ids, query, everything)

    async def main() -> int:
        from seamless.operate.dead_letters import check_carried

        settings = _settings(kafka, data, archive)
        chosen = await _chosen(settings, letter_ids, query)
        check_carried(chosen, settings.directory)
        order = await _order(settings, chosen, "replay")
        if dry_run:
            print_foreseen(order, "replay", as_json)
            return 0
        await _carry_out(settings, order, "replay", why)
        return print_replayed(order, await _returned(settings, order.settled), as_json)

    run(main)


@app.command(
    "discard",
    epilog='Examples:\n\n  seamless dead-letter discard channel.portal.events/0/17 --why "a mistake"\n\n'
    '  seamless dead-letter discard --party agency:planning --reason too-large --why "a broken client"',
)
def discard_(
    why: Annotated[str, typer.Option(help="The reason, which is recorded.")],
    letter_ids: Ids = None,
    reason: Reason = None,
    party: FromParty = None,
    case: OfCase = None,
    since: Since = None,
    until: Until = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Set dead letters aside for good. They stay on the topic, with who did it and why.

    Where two persons are needed, it is proposed, and another one confirms it.
    """
    query = _query(reason, party, case, since, until)
    _check_one_choice(letter_ids, query, everything)

    async def main() -> None:
        settings = _settings(kafka, data, archive)
        order = await _order(settings, await _chosen(settings, letter_ids, query), "discard")
        if dry_run:
            print_foreseen(order, "discard", as_json)
            return
        await _carry_out(settings, order, "discard", why)
        print_discarded(order, as_json)

    run(main)


@app.command(
    "confirm",
    epilog='Examples:\n\n  seamless dead-letter confirm --all --why "I have seen them"\n\n'
    '  seamless dead-letter confirm channel.portal.events/0/17 --why "I have seen it"',
)
def confirm_(
    why: Annotated[str, typer.Option(help="The reason, which is recorded.")],
    letter_ids: Ids = None,
    reason: Reason = None,
    party: FromParty = None,
    case: OfCase = None,
    since: Since = None,
    until: Until = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Confirm what another person has proposed for dead letters, where two persons are needed.

    What was proposed for replay is replayed, and the results are reported; what was
    proposed for discarding is discarded. The list says what is proposed, and by whom.

    The exit code is 1 if you have proposed some of it yourself, if something was refused again, or if no
    gateway has read it yet.
    """
    query = _query(reason, party, case, since, until)
    _check_one_choice(letter_ids, query, everything)

    async def main() -> int:
        from seamless.operate.dead_letters import check_carried
        from seamless.operate.second_person import confirm, confirmed

        settings = _settings(kafka)
        agreed = confirmed(await _chosen(settings, letter_ids, query), person().officer)
        check_carried(agreed.replayed, settings.directory)
        if dry_run:
            print_would_confirm(agreed, as_json)
            return 0
        async with _publisher(settings) as publisher:
            await confirm(publisher, agreed, by=person().officer, why=why)
        return print_confirmed(agreed, await _returned(settings, agreed.replayed), as_json)

    run(main)


def _query(
    reason: str | None,
    party: str | None,
    case: str | None,
    since: str | None,
    until: str | None,
    *,
    settled: bool = False,
) -> Query:
    """What was asked for.

    Raises:
        typer.BadParameter: there is no such reason; or what is not a party, and no time.
        InvalidInput: neither the id of a case, nor a number.
    """
    from contracts.terms.identifiers import Party
    from seamless.cli.archived import case_given
    from seamless.operate.dead_letters import Query

    _check_reason(reason)
    sender = None
    if party is not None:
        try:
            sender = Party(party)
        except ValueError:
            raise typer.BadParameter(
                f"{party!r} is not a party: write agency:ID or channel:ID", param_hint="--party"
            ) from None
    of = None if case is None else case_given(case)
    return Query(reason, sender, of, _time(since, "--since"), _time(until, "--until"), settled)


def _time(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        return instant if instant.tzinfo else instant.astimezone()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            f"{text!r} is not a time; write it as 2026-03-02T08:00+08:00", param_hint=option
        ) from None


def _check_one_choice(letter_ids: list[str] | None, query: Query, everything: bool) -> None:
    if sum((bool(letter_ids), query.chooses, everything)) != 1:
        raise typer.BadParameter("give IDs, or options that select them such as --reason, or --all")


async def _chosen(settings: Settings, letter_ids: list[str] | None, query: Query) -> list[DeadLetter]:
    from seamless.cli.archived import Tail
    from seamless.operate.dead_letters import numbered

    letters = await _letters(settings)
    if letter_ids:
        return _by_id(letters, letter_ids)
    if isinstance(query.case, Tail):
        query = query._replace(case=numbered(query.case.number, query.case, letters) or query.case)
    return [each for each in letters if query.picks(each)]


async def _order(settings: Settings, chosen: Sequence[DeadLetter], lever: LetterLever) -> Ordered:
    """What it does to order this of dead letters.

    Raises:
        InvalidInput: a service item wants two persons for it, and there is no archive that could say of which
            procedure each is.
    """
    from seamless.cli.archived import reading
    from seamless.operate.second_person import ordered

    async def procedures(cases: Collection[str]) -> Mapping[str, str]:
        async with reading(settings) as reader:
            rows = [await reader.case(case) for case in cases]
        return {row.case: row.procedure for row in rows if row is not None}

    return await ordered(chosen, lever, settings.directory, procedures)


async def _carry_out(settings: Settings, order: Ordered, lever: LetterLever, why: str) -> None:
    from seamless.operate.second_person import carry_out

    async with _publisher(settings) as publisher:
        await carry_out(publisher, order, lever, by=person().officer, why=why)


async def _returned(settings: Settings, replayed: Sequence[DeadLetter]) -> Returned:
    from seamless.operate.dead_letters import returned

    ids = [letter.id for letter in replayed]
    return await returned(settings.broker, settings.gateway_group, ids, within_seconds=CARRIED_SECONDS)


async def _letters(settings: Settings) -> list[DeadLetter]:
    from network.broker.dead_letters import list_dead_letters

    return await list_dead_letters(settings.broker)


def _settings(kafka: str | None, data: Path | None = None, archive: str | None = None) -> Settings:
    from workers.process.settings import load_settings

    if data is not None:  # what is said on the command line goes before SEAMLESS_ARCHIVE
        archive = archive or ""
    return load_settings(kafka=kafka, data=data, archive=archive)


def _publisher(settings: Settings) -> Publisher:
    from network.broker.publisher import Publisher

    return Publisher(settings.broker)


def _by_id(letters: Sequence[DeadLetter], ids: Sequence[str]) -> list[DeadLetter]:
    known = {letter.id: letter for letter in letters}
    if missing := [each for each in ids if each not in known]:
        raise InvalidInput(
            f"there is no dead letter {', '.join(missing)}; see: seamless dead-letter list --all"
        )
    return [known[each] for each in dict.fromkeys(ids)]


def _check_reason(reason: str | None) -> None:
    from contracts.terms.errors import REASONS

    if reason is not None and reason not in REASONS:
        raise typer.BadParameter(f"{reason!r} is none of {', '.join(REASONS)}", param_hint="--reason")
