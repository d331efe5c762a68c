"""``seamless submit``: hand in an application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seamless.cli.options import Json, Kafka, settings_with

if TYPE_CHECKING:
    from contracts.wire.envelope import Event
    from network.broker.tail import TopicTail
    from network.parties.applications import BadApplication
    from workers.process.settings import Settings

DEFAULT_PROCEDURE = "construction-permit"


def command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The application as JSON; - is standard input.")
    ],
    procedure: Annotated[
        str | None, typer.Option(help="Which procedure.", show_default=f"the file's, or {DEFAULT_PROCEDURE}")
    ] = None,
    channel: Annotated[str, typer.Option(help="The channel that hands it in.")] = "portal",
    case: Annotated[
        str | None, typer.Option(metavar="ID", help="The case id.", show_default="a new one")
    ] = None,
    kafka: Kafka = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the case is closed.")] = False,
    as_json: Json = False,
) -> None:
    """Hand in an application, and print the id of its case.

    FILE holds the application, or {"procedure": ..., "application": ...}.
    It is checked first: all that is wrong is told, field by field; then
    nothing is submitted, and the exit code is 2.

    With [bold]--wait[/bold] the exit code is 0 once the case is closed, whatever was
    decided, and 1 when the platform refuses the event itself.

    [bold]Examples[/bold]

      seamless submit docs/examples/construction-permit.json

      seamless submit application.json --wait

      cat application.json | seamless submit - --channel counter --json
    """
    from network.parties.applications import BadApplication, application_event, check_application
    from workers.process.entry import UsageError, run_main

    settings = settings_with(kafka=kafka)
    named, application = _read(file)
    file = "standard input" if file == "-" else file
    chosen = procedure or named or DEFAULT_PROCEDURE
    if procedure and named and procedure != named:
        raise UsageError(f"{file} is an application for {named}, not for {procedure}")
    case_id = _case_id(settings, channel, case)
    try:
        check_application(chosen, application)
    except BadApplication as bad:
        raise _rejected(file, bad, as_json) from None
    event = application_event(settings.directory.administration, case_id, chosen, application)
    size = len(event.encode()[0])
    if size > settings.max_event_bytes:
        raise UsageError(
            f"{file} makes an event of {size:,} bytes and the limit is {settings.max_event_bytes:,}; "
            "documents do not travel inside an application: refer to them by URI, SHA-256 and size"
        )
    run_main(lambda: _submit(settings, event, wait=wait, as_json=as_json))


def _read(file: str) -> tuple[str | None, Any]:
    """The procedure that a file names, if it does, and the application in it."""
    import json
    import sys

    from workers.process.entry import UsageError

    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{file} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except (UnicodeDecodeError, RecursionError):
        raise UsageError(f"{file} is not JSON in UTF-8, or is nested too deep") from None
    if isinstance(content, dict) and isinstance(content.get("procedure"), str) and "application" in content:
        return content["procedure"], content["application"]
    return None, content


def _case_id(settings: Settings, channel: str, case: str | None) -> Any:
    from contracts.terms.identifiers import CaseId
    from network.parties.applications import new_case_id
    from workers.process.entry import UsageError

    channels = [each.id for each in settings.directory.channels]
    if channel not in channels:
        raise UsageError(f"there is no channel {channel!r}; there are: {', '.join(channels)}")
    if case is None:
        return new_case_id(channel)
    try:
        case_id = CaseId(case)
    except ValueError:
        raise UsageError(f"{case!r} is no case id: it has to be <channel>-<UUID of version 7>") from None
    if case_id.channel != channel:
        raise UsageError(
            f"case id {case} is one of channel {case_id.channel}; say --channel {case_id.channel}"
        )
    return case_id


def _rejected(file: str, bad: BadApplication, as_json: bool) -> Exception:
    """What ends the command after everything that is wrong was told."""
    import json

    from workers.process.entry import UsageError

    if as_json:
        faults = [{"field": fault.field, "message": fault.message} for fault in bad.faults]
        print(json.dumps({"submitted": False, "faults": faults}, ensure_ascii=False))
        return typer.Exit(2)
    faults_told = "\n".join(f"  {fault.field}: {fault.message}" for fault in bad.faults)
    return UsageError(f"{file} is no application for {bad.procedure}; nothing was submitted\n{faults_told}")


async def _submit(settings: Settings, event: Event, *, wait: bool, as_json: bool) -> int:
    import json
    from contextlib import AsyncExitStack

    from contracts.terms.identifiers import CaseId
    from contracts.wire.topics import LEDGER, channel_notices
    from network.broker.connection import administration
    from network.broker.publisher import Publisher, PublishError, RecordTooLarge
    from network.broker.tail import TopicTail
    from network.parties.applications import application_record
    from workers.process.entry import UsageError
    from workers.process.telemetry import configure_logs

    configure_logs("ERROR", process="submit")
    prefix, case = settings.topic_prefix, CaseId(event.subject)
    submitted = {"submitted": True, "case": case, "event": event.id}
    async with AsyncExitStack() as stack:
        topics = [prefix + LEDGER, prefix + channel_notices(case.channel)]
        tail = await stack.enter_async_context(TopicTail(settings.kafka, topics)) if wait else None
        publisher = Publisher(settings.kafka, prefix=prefix)
        async with administration(settings.kafka):
            pass  # somebody answers there; the publisher by itself would wait for a broker
        await stack.enter_async_context(publisher)
        try:
            await publisher.publish([application_record(event)])
        except PublishError as error:
            raise UsageError(
                f"{error}; perhaps it was submitted; try again with --case {case}, it opens no second case",
                exit_code=3,
            ) from None
        except RecordTooLarge as error:
            raise UsageError(f"the broker takes no event so large: {error}") from None
        if tail is None:
            print(json.dumps(submitted) if as_json else case)
            return 0
        if not as_json:
            print(case, flush=True)
        closing, code = await _closing(settings, tail, event, quiet=as_json)
    if as_json:
        print(json.dumps(submitted | closing, ensure_ascii=False))
    return code


async def _closing(
    settings: Settings, tail: TopicTail, event: Event, *, quiet: bool
) -> tuple[dict[str, Any], int]:
    """Follow the case to its end; what became of it, and the exit code. Shows each step unless ``quiet``."""
    from rich.console import Console

    from contracts.wire.ledger import LedgerEntry
    from contracts.wire.messages import LEDGER_ENTRY, NOTICE_REFUSED, Refused
    from seamless.cli.timeline import print_entry

    console, sequence = Console(), 0
    async for said in _about(tail, event.subject):
        if said.type == LEDGER_ENTRY:
            entry = LedgerEntry.model_validate(said.data)
            if entry.sequence <= sequence:
                continue
            sequence = entry.sequence
            if not quiet:
                print_entry(console, settings.directory, entry)
            if entry.kind == "closed":
                return {"outcome": entry.outcome, "entries": sequence, "hash": entry.hash}, 0
        elif said.type == NOTICE_REFUSED and said.data.get("event") == event.id:
            refused = Refused.model_validate(said.data)
            if not quiet:
                console.print(f"[red]refused:[/] {refused.text.zh} {refused.text.en}", highlight=False)
                console.print(refused.detail, markup=False, highlight=False)
            return {"outcome": None, "refused": refused.model_dump(mode="json")}, 1
    raise AssertionError("a tail never ends")


async def _about(tail: TopicTail, case: str) -> AsyncIterator[Event]:
    from contracts.terms.errors import Refusal
    from contracts.wire.envelope import Event

    async for record in tail:
        try:
            event = Event.decode(record.value, record.headers)
        except Refusal:
            continue
        if event.subject == case:
            yield event
