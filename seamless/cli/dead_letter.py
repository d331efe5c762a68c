"""``seamless dead-letter``: what the gateway refused; listed, inspected, replayed, discarded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.terms.errors import InvalidInput
from seamless.cli.console import Console, block, facts, line, listing
from seamless.cli.operator import login_name
from seamless.cli.options import Json, Kafka, Lang
from seamless.cli.ordered import DryRun
from seamless.cli.run import run

if TYPE_CHECKING:
    from contracts.wire.dead_letter import DeadLetter
    from network.broker.publisher import Publisher
    from seamless.cli.names import Language
    from seamless.operate.dead_letters import Query, Returned

app = typer.Typer(help="Events that were refused: list, inspect, replay, discard.", no_args_is_help=True)

CARRIED_SECONDS = 20.0
"""How long a command waits for the gateway to carry what was replayed."""

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="As the list shows them.")]
Reason = Annotated[str | None, typer.Option(help="Only those with this reason code.")]
FromParty = Annotated[
    str | None, typer.Option("--party", metavar="PARTY", help="Only those sent by agency:ID or channel:ID.")
]
OfCase = Annotated[str | None, typer.Option("--case", metavar="ID", help="Only those of this case.")]
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
        chosen = [each for each in await _letters(kafka) if query.picks(each)]
        if as_json:
            Console().json({"dead_letters": [each.as_json() for each in chosen]})
        else:
            _show_list(chosen, chosen_only=query.chooses)

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
        (letter,) = _by_id(await _letters(kafka), [letter_id])
        if as_json:
            Console().json(letter.as_json())
        else:
            _show_one(letter, lang)

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
) -> None:
    """Have the gateway carry dead letters again, after the cause is fixed.

    Where the platform may have been at fault, what was in time counts; any other one counts as received now.
    One that is refused again becomes a new dead letter. The command waits until the gateway has carried
    them, and reports the results.

    The exit code is 1 if something was refused again, or no gateway has read it yet.
    """
    query = _query(reason, party, case, since, until)
    _check_one_choice(letter_ids, query, everything)

    async def main() -> int:
        chosen = await _chosen(kafka, letter_ids, query)
        if dry_run:
            _report("would-replay", chosen, as_json)
            return 0
        from network.broker.dead_letters import replay

        async with _publisher(kafka) as publisher:
            for letter in chosen:
                await replay(publisher, letter, by=login_name(), why=why)
        return _report_returned(chosen, await _returned(kafka, chosen), as_json)

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
) -> None:
    """Set dead letters aside for good. They stay on the topic, with who did it and why."""
    query = _query(reason, party, case, since, until)
    _check_one_choice(letter_ids, query, everything)

    async def main() -> None:
        chosen = await _chosen(kafka, letter_ids, query)
        if dry_run:
            _report("would-discard", chosen, as_json)
            return
        from network.broker.dead_letters import discard

        async with _publisher(kafka) as publisher:
            for letter in chosen:
                await discard(publisher, letter, by=login_name(), why=why)
        _report("discarded", chosen, as_json)

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
    """
    from contracts.terms.identifiers import Party
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
    return Query(reason, sender, case, _time(since, "--since"), _time(until, "--until"), settled)


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


async def _chosen(kafka: str | None, letter_ids: list[str] | None, query: Query) -> list[DeadLetter]:
    letters = await _letters(kafka)
    return _by_id(letters, letter_ids) if letter_ids else [each for each in letters if query.picks(each)]


async def _returned(kafka: str | None, chosen: Sequence[DeadLetter]) -> Returned:
    from seamless.operate.dead_letters import returned
    from workers.process.settings import load_settings

    settings = load_settings(kafka=kafka)
    ids = [letter.id for letter in chosen]
    return await returned(settings.broker, settings.gateway_group, ids, within_seconds=CARRIED_SECONDS)


async def _letters(kafka: str | None) -> list[DeadLetter]:
    from network.broker.dead_letters import list_dead_letters
    from workers.process.settings import load_settings

    return await list_dead_letters(load_settings(kafka=kafka).broker)


def _publisher(kafka: str | None) -> Publisher:
    from network.broker.publisher import Publisher
    from workers.process.settings import load_settings

    return Publisher(load_settings(kafka=kafka).broker)


def _by_id(letters: Sequence[DeadLetter], ids: Sequence[str]) -> list[DeadLetter]:
    known = {letter.id: letter for letter in letters}
    if missing := [each for each in ids if each not in known]:
        raise InvalidInput(
            f"there is no dead letter {', '.join(missing)}; see: seamless dead-letter list --all"
        )
    return [known[each] for each in ids]


def _check_reason(reason: str | None) -> None:
    from contracts.terms.errors import REASONS

    if reason is not None and reason not in REASONS:
        raise typer.BadParameter(f"{reason!r} is none of {', '.join(REASONS)}", param_hint="--reason")


def _report(done: str, letters: Sequence[DeadLetter], as_json: bool) -> None:
    from seamless.operate.dead_letters import reasons_of

    if as_json:
        Console().json({done: [letter.id for letter in letters]})
        return
    console = Console()
    console.print(f"{done.replace('-', ' ')}: {len(letters)}")
    for reason, count in reasons_of(letters).items():
        console.print(f"  {reason}: {count}")


def _report_returned(replayed: Sequence[DeadLetter], back: Returned, as_json: bool) -> int:
    """Tell what came back; the exit code."""
    code = 1 if back.refused or back.waiting else 0
    if as_json:
        said = {"replayed": [letter.id for letter in replayed], "carried": back.carried}
        Console().json(said | {"refused": [each.as_json() for each in back.refused], "waiting": back.waiting})
        return code
    console = Console()
    console.print(f"replayed: {len(replayed)}")
    if back.carried:
        console.print(f"  carried: {len(back.carried)}")
    if back.waiting:
        console.print(f"  not carried yet: {len(back.waiting)}. Is a gateway running?")
    for letter in back.refused:
        console.whole(
            f"  refused again: {letter.replay_of}, now {letter.id}: {letter.reason}: {letter.detail}"
        )
    return code


def _show_list(letters: Sequence[DeadLetter], *, chosen_only: bool) -> None:
    from seamless.cli.timeline import moment

    console = Console()
    if not letters:
        console.print("No such dead letters." if chosen_only else "No dead letters wait.")
        return
    cells = [
        (
            line(letter.id),
            line(moment(letter.refused)),
            line(letter.reason),
            line(_short(letter.detail)),
            line(letter.state),
        )
        for letter in letters
    ]
    listing(console, ("id", "refused at", "reason", "what is wrong", "state"), cells)


def _show_one(letter: DeadLetter, lang: Language | None) -> None:
    from contracts.terms.errors import REASONS
    from seamless.cli.names import language

    rows = letter.as_json()
    text = REASONS.get(letter.reason)
    if text is not None:
        rows["reason"] = f"{letter.reason}: {text.text(language(lang))}"
    headers = [("header", line(f"{name}: {value}")) for name, value in rows.pop("headers")]
    said = [(name, rows.pop(name)) for name in ("key", "value")]
    known = [(name, line(str(value))) for name, value in rows.items()]
    facts(Console(), [*known, *headers, *((name, block(str(value))) for name, value in said)])


def _short(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
