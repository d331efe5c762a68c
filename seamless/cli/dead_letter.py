"""``seamless dead-letter``: what the gateway refused; listed, inspected, brought back, put aside."""

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.terms.errors import InvalidInput
from seamless.cli.options import Json, Kafka
from seamless.cli.run import run

if TYPE_CHECKING:
    from contracts.wire.dead_letter import DeadLetter
    from network.broker.publisher import Publisher

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
            print(json.dumps({"dead_letters": [each.as_json() for each in chosen]}, ensure_ascii=False))
        else:
            _show_list(chosen)

    _check_reason(reason)
    run(main)


@app.command(epilog="Example:\n\n  seamless dead-letter show channel.portal.events/0/17")
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")],
    as_json: Json = False,
    kafka: Kafka = None,
) -> None:
    """Show one dead letter: why it was refused, and the message as it came."""

    async def main() -> None:
        (letter,) = _by_id(await _letters(kafka), [letter_id])
        if as_json:
            print(json.dumps(letter.as_json(), ensure_ascii=False))
        else:
            _show_one(letter)

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
                await replay(publisher, letter, by=getpass.getuser())
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
            await discard(publisher, letter, by=getpass.getuser(), why=why)
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
        print(json.dumps({done: [letter.id for letter in letters]}))
    else:
        print(f"{done}: {len(letters)}")


def _show_list(letters: Sequence[DeadLetter]) -> None:
    from rich.markup import escape
    from rich.table import Column, Table

    from seamless.cli.timeline import wide_console

    table = Table(
        Column("id", overflow="fold", min_width=30),  # never cut: the other commands take it
        "refused at", "reason", "what is wrong", "state", title="Dead letters",
    )  # fmt: skip
    for letter in letters:
        when = letter.refused.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(letter.id, when, letter.reason, escape(_short(letter.detail)), letter.state)
    wide_console().print(table if letters else "No dead letters wait.")


def _show_one(letter: DeadLetter) -> None:
    from rich.markup import escape
    from rich.table import Table

    from contracts.terms.errors import REASONS
    from seamless.cli.timeline import wide_console

    table = Table(show_header=False, box=None)
    rows = letter.as_json()
    text = REASONS.get(letter.reason)
    if text is not None:
        rows["reason"] = f"{letter.reason}: {text.en} {text.zh}"
    rows["headers"] = "\n".join(f"{name}: {value}" for name, value in rows["headers"])
    for name, value in rows.items():
        table.add_row(f"[bold]{name}[/]", escape(str(value)))
    wide_console().print(table)


def _short(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
