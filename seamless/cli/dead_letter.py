"""``seamless dead-letter``: what the gateway refused; listed, inspected, brought back, put aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.terms.errors import InvalidInput
from seamless.cli.console import Console, block, facts, line, listing
from seamless.cli.operator import login_name
from seamless.cli.options import Json, Kafka, Lang
from seamless.cli.run import run

if TYPE_CHECKING:
    from contracts.wire.dead_letter import DeadLetter
    from network.broker.publisher import Publisher
    from seamless.cli.names import Language

app = typer.Typer(help="Events that were refused: list, inspect, replay, discard.", no_args_is_help=True)

Reason = Annotated[str | None, typer.Option(help="Only those with this reason code.")]


@app.command(
    "list",
    epilog="Examples:\n\n  seamless dead-letter list\n\n"
    "  seamless dead-letter list --reason unknown-case --json",
)
def list_(
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="Settled ones too.")] = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """List the dead letters that wait for somebody."""

    async def main() -> None:
        letters = await _letters(kafka)
        chosen = [
            each
            for each in letters
            if (everything or each.state == "waiting") and reason in (None, each.reason)
        ]
        if as_json:
            Console().json({"dead_letters": [each.as_json() for each in chosen]})
        else:
            _show_list(chosen, chosen_only=bool(reason))

    _check_reason(reason)
    run(main)


@app.command(epilog="Example:\n\n  seamless dead-letter show channel.portal.events/0/17")
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")],
    lang: Lang = None,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Show one dead letter: why it was refused, and the message as it came."""

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
    "  seamless dead-letter replay --reason unknown-procedure\n\n  seamless dead-letter replay --all",
)
def replay_(
    letter_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="As the list shows them.")
    ] = None,
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Have the gateway carry dead letters again, after the cause is fixed.

    Where the platform may have been at fault, what was in time counts; any other is a late event then.
    One that is refused again becomes a new dead letter.
    """
    if sum((bool(letter_ids), reason is not None, everything)) != 1:
        raise typer.BadParameter("give either IDs, or --reason, or --all")

    async def main() -> None:
        letters = await _letters(kafka)
        if letter_ids:
            chosen = _by_id(letters, letter_ids)
        else:
            chosen = [each for each in letters if each.state == "waiting" and reason in (None, each.reason)]
        from network.broker.dead_letters import replay

        async with _publisher(kafka) as publisher:
            for letter in chosen:
                await replay(publisher, letter, by=login_name())
        _report("replayed", chosen, as_json)

    _check_reason(reason)
    run(main)


@app.command(
    "discard",
    epilog='Example:\n\n  seamless dead-letter discard channel.portal.events/0/17 --why "sent by mistake"',
)
def discard_(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")],
    why: Annotated[str, typer.Option(help="The reason, which is kept.")],
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Put a dead letter aside for good. It stays in the topic, with who did it and why."""

    async def main() -> None:
        from network.broker.dead_letters import discard

        (letter,) = _by_id(await _letters(kafka), [letter_id])
        async with _publisher(kafka) as publisher:
            await discard(publisher, letter, by=login_name(), why=why)
        _report("discarded", [letter], as_json)

    run(main)


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
    if as_json:
        Console().json({done: [letter.id for letter in letters]})
    else:
        Console().print(f"{done}: {len(letters)}")


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
