"""``seamless submit``: submit an application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from seamless.cli.options import Json, Kafka, Lang

if TYPE_CHECKING:
    from contracts.terms.errors import Fault, Refusal
    from contracts.terms.identifiers import CaseId
    from contracts.wire.envelope import Event
    from network.broker.publisher import Publisher
    from network.parties import ChannelClient
    from seamless.cli.names import Language
    from workers.process.settings import Settings

DEFAULT_PROCEDURE = "construction-permit"
LARGEST_FILE_BYTES = 16 * 1024 * 1024
"""More is not read: no event is so large, and a device has no end."""
IN_THE_FILE = "data.application."
"""Where the file's content is in the event: a field is told as the file has it."""


def submit(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The application as JSON; - is standard input.")
    ],
    procedure: Annotated[
        str | None, typer.Option(help="The procedure.", show_default=f"the file's, or {DEFAULT_PROCEDURE}")
    ] = None,
    channel: Annotated[str, typer.Option(help="The channel that submits it.")] = "portal",
    case: Annotated[
        str | None, typer.Option(metavar="ID", help="The case id.", show_default="a new one")
    ] = None,
    kafka: Kafka = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the case is closed.")] = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Submit an application, and print the id of its case.

    FILE holds the application, or {"procedure": ..., "application": ...}.
    It is checked first, as the gateway checks it: if anything is wrong, it is
    listed field by field, nothing is submitted, and the exit code is 2.

    With [bold]--wait[/bold] the exit code is 0 once the case is closed, whatever was
    decided, and 1 when the platform refuses the event itself.

    [bold]Examples[/bold]

      seamless submit docs/examples/construction-permit.json

      seamless submit application.json --wait

      cat application.json | seamless submit - --channel counter --json
    """
    from contracts.terms.errors import InvalidInput, Refusal
    from network.broker.publisher import Publisher
    from network.parties import ChannelClient
    from seamless.cli.run import run
    from workers.process.settings import load_settings

    settings = load_settings(kafka=kafka)
    named, application = _read(file)
    file = "standard input" if file == "-" else file
    chosen = procedure or named or DEFAULT_PROCEDURE
    if procedure and named and procedure != named:
        raise InvalidInput(f"{file} is an application for {named}, not for {procedure}")
    case_id = _case_id(settings, channel, case)
    publisher = Publisher(settings.broker)
    client = ChannelClient(publisher, settings.directory.administration, channel, rules=settings.rules)
    try:
        event = client.application(chosen, application, case=case_id)
    except Refusal as refusal:
        raise _rejected(file, chosen, refusal, as_json) from None
    run(lambda: hand_in(settings, publisher, client, event, wait=wait, lang=lang, as_json=as_json))


def _read(file: str) -> tuple[str | None, Any]:
    """The procedure that a file names, if it does, and the application in it."""
    import sys

    from contracts.terms.errors import InvalidInput, Refusal
    from workers.process.json_file import read_json

    if file == "-" and sys.stdin is None:
        raise InvalidInput("cannot read standard input: it is closed")
    stream = sys.stdin.buffer if file == "-" else None
    try:
        content = read_json(file, what="application", most=LARGEST_FILE_BYTES, stream=stream)
    except Refusal as refusal:
        raise InvalidInput(
            f"{file} is not an application; nothing was submitted\n  {refusal.detail}"
        ) from None
    if isinstance(content, dict) and isinstance(content.get("procedure"), str) and "application" in content:
        return content["procedure"], content["application"]
    return None, content


def _case_id(settings: Settings, channel: str, case: str | None) -> CaseId:
    from contracts.terms.errors import InvalidInput
    from contracts.terms.identifiers import CaseId
    from network.parties.channel import new_case_id

    channels = [each.id for each in settings.directory.channels]
    if channel not in channels:
        raise InvalidInput(f"there is no channel {channel!r}; there are: {', '.join(channels)}")
    if case is None:
        return new_case_id(channel)
    try:
        case_id = CaseId(case)
    except ValueError:
        raise InvalidInput(f"{case!r} is not a case id: it must be <channel>-<UUID version 7>") from None
    if case_id.channel != channel:
        raise InvalidInput(
            f"case id {case} belongs to channel {case_id.channel}; say --channel {case_id.channel}"
        )
    return case_id


def _rejected(file: str, procedure: str, refusal: Refusal, as_json: bool) -> Exception:
    """What ends the command after everything that is wrong was told."""
    from contracts.terms.errors import InvalidInput
    from seamless.cli.console import Console

    def field(fault: Fault) -> str:
        if fault.field == IN_THE_FILE[:-1]:
            return "application"
        return fault.field.removeprefix(IN_THE_FILE).removeprefix("data.") or "application"

    if as_json:
        faults = [{"field": field(fault), "message": fault.message} for fault in refusal.faults]
        Console().json({"submitted": False, "reason": refusal.reason, "faults": faults})
        return typer.Exit(2)
    told = "\n".join(f"  {field(fault)}: {fault.message}" for fault in refusal.faults)
    return InvalidInput(f"{file} is not an application for {procedure}; nothing was submitted\n{told}")


async def hand_in(
    settings: Settings,
    publisher: Publisher,
    client: ChannelClient,
    event: Event,
    *,
    wait: bool,
    lang: Language | None,
    as_json: bool,
) -> int:
    """Submit an application, and tell its case; the exit code.

    Args:
        wait: and tell what becomes of it, until its case is closed.

    Raises:
        InvalidInput: the broker takes no event of this size.
        Unavailable: no broker answers.
    """
    from contextlib import AsyncExitStack

    from contracts.terms.case_number import number_of
    from contracts.terms.errors import InvalidInput, Unavailable
    from contracts.terms.identifiers import CaseId
    from contracts.wire.topics import AVAILABILITY, LEDGER
    from network.broker.publisher import PublishError, RecordTooLarge
    from network.broker.tail import TopicTail
    from seamless.cli.console import Console
    from seamless.cli.submitted import Submitted

    console = Console()
    number = number_of(CaseId(event.subject))
    submitted = {"submitted": True, "case": event.subject, "number": number, "event": event.id}
    async with AsyncExitStack() as stack:
        topics = [LEDGER, client.inlet.replies, AVAILABILITY]
        tail = await stack.enter_async_context(TopicTail(settings.broker, topics)) if wait else None
        async with settings.broker.administration():
            pass  # somebody answers there; the publisher by itself would wait for a broker
        await stack.enter_async_context(publisher)
        try:
            await client.send(event)
        except PublishError as error:
            raise Unavailable(
                f"{error}; perhaps it was submitted; try again with --case {event.subject}, "
                "it opens no second case"
            ) from None
        except RecordTooLarge as error:
            raise InvalidInput(f"the broker does not accept an event of this size: {error}") from None
        if tail is None:
            if as_json:
                console.json(submitted)
            else:
                console.whole(event.subject)
            return 0
        if not as_json:
            console.whole(event.subject)
        closing, code = await Submitted(settings, event, quiet=as_json, lang=lang).closing(tail)
    if as_json:
        console.json(submitted | closing)
    return code
