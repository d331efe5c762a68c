"""``seamless pilot``: trying another variant of a procedure on some of its new cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seamless.cli.options import Archive, Data, Json, Kafka, Lang, Temporal
from seamless.cli.ordered import Why

if TYPE_CHECKING:
    from archive.reader import ArchiveReader
    from workers.process.settings import Settings

app = typer.Typer(
    help="Pilots: a new way of working on some of the new cases, weighed, kept or given up.",
    no_args_is_help=True,
)

PilotArgument = Annotated[
    str | None,
    typer.Argument(metavar="PILOT", help="Its case id or number.", show_default="the one opened last"),
]
Officer = Annotated[
    str, typer.Option("--as", metavar="OFFICER", help="Which member of the steering committee says it.")
]


@app.command(
    "open",
    epilog="Example:\n\n  seamless pilot open opening-restaurant --old chain --new bundle "
    '--why "58 days are too long"',
)
def open_(
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE", help="Whose cases are to be tried.")],
    new: Annotated[str, typer.Option(metavar="VARIANT", help="The variant that is tried.")],
    why: Annotated[str, typer.Option("--why", help="Why, for the committee.")],
    old: Annotated[
        str | None,
        typer.Option(metavar="VARIANT", help="The variant that it is compared with.", show_default="today's"),
    ] = None,
    block: Annotated[
        int, typer.Option(min=2, max=20, help="Of so many consecutive new cases, one is tried.")
    ] = 2,
    most: Annotated[int, typer.Option(min=1, help="So many cases are tried at most.")] = 100,
    law: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Only cases of this law version.", show_default="all"),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Who answers for the procedure.", show_default="its lead agency"),
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="The channel that submits it.", show_default="the first")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the pilot is decided on.")] = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Propose a pilot, and print its case id.

    It begins when two members of the steering committee have approved it. Of
    each block of consecutive new cases, one, drawn at random, gets the new
    variant. Once that is worse, new cases get the old one again by themselves.
    """
    from seamless.cli.pilot_opening import Proposed, propose

    proposed = Proposed(procedure, old, new, block, most, law, owner, why, channel)
    propose(proposed, kafka=kafka, data=data, archive=archive, wait=wait, lang=lang, as_json=as_json)


@app.command(epilog="Example:\n\n  seamless pilot show --html pilot.html --lang zh")
def show(
    pilot: PilotArgument = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page there, for a leader.")
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Tell how a pilot stands: who approved it, what its cases say, what happens next.

    Nothing is needed that may be erased.
    """
    from seamless.cli.archived import tell_unread, with_archive
    from seamless.cli.names import language
    from seamless.cli.pilot_views import show_pilot

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.pilot_found import found

        await tell_unread(reader)
        show_pilot(await found(settings, reader, pilot), settings, language(lang), html, as_json)
        return 0

    with_archive(work, data, archive)


@app.command(
    epilog="Examples:\n\n  seamless pilot approve --as liu\n\n  "
    'seamless pilot approve --as liu --refuse "not in summer"'
)
def approve(
    officer: Officer,
    pilot: PilotArgument = None,
    refuse: Annotated[
        str | None, typer.Option("--refuse", metavar="WHY", help="Do not approve it, and why.")
    ] = None,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
    as_json: Json = False,
) -> None:
    """Approve a pilot as a member of the steering committee. Two different members have to."""

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.pilot_committee import vote

        return await vote(settings, reader, pilot, officer, refuse, as_json=as_json)

    _with_archive(work, data, archive, kafka)


@app.command(
    epilog="Examples:\n\n  seamless pilot adopt --as liu\n\n  "
    'seamless pilot adopt --as liu --go-back --why "too dear"'
)
def adopt(
    officer: Officer,
    pilot: PilotArgument = None,
    go_back: Annotated[
        bool, typer.Option("--go-back", help="Do not adopt it: all new cases get the old variant.")
    ] = False,
    why: Annotated[str | None, typer.Option("--why", help="The reason, which is recorded.")] = None,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
    as_json: Json = False,
) -> None:
    """Adopt the new variant for all new cases, or give it up, as the steering committee.

    The committee is asked once the new variant is better, or all cases are used.
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.pilot_committee import decide

        return await decide(settings, reader, pilot, officer, why, go_back=go_back, as_json=as_json)

    _with_archive(work, data, archive, kafka)


@app.command(epilog='Example:\n\n  seamless pilot stop --why "the two departments are short of staff"')
def stop(
    why: Why,
    pilot: PilotArgument = None,
    officer: Annotated[
        str | None,
        typer.Option("--as", metavar="OFFICER", help="Who says it.", show_default="who is logged in"),
    ] = None,
    kafka: Kafka = None,
    temporal: Temporal = None,
    data: Data = None,
    archive: Archive = None,
    as_json: Json = False,
) -> None:
    """Stop a pilot: all new cases get the old variant again. Running cases end as they began.

    A pilot whose case an operator has cancelled may still assign cases: this ends it.
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.pilot_committee import stop

        return await stop(settings, reader, pilot, officer, why, as_json=as_json)

    _with_archive(work, data, archive, kafka, temporal=temporal)


def _with_archive(work: Any, data: Any, archive: str | None, kafka: str | None, **given: Any) -> None:
    from seamless.cli.archived import with_archive

    with_archive(work, data, archive, kafka=kafka, **given)
