"""``seamless pilot open``: proposing a pilot, checked before anything is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from activities.pilot_office import plan_of
from archive.reader import ArchiveReader
from archive.state import state_of
from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.rebuilding import REBUILDING, PilotProposal
from contracts.terms.errors import InvalidInput, Refusal, faults_of
from contracts.terms.identifiers import CaseId, Party, ProcedureId, VariantId
from contracts.terms.service_item import ServiceItem
from network.broker.publisher import Publisher
from network.parties import ChannelClient
from network.parties.channel import new_case_id
from seamless.cli.archived import with_archive
from seamless.cli.names import Language
from seamless.cli.submit import hand_in
from workers.process.settings import Settings


class Proposed(NamedTuple):
    """What a person proposes, as it was given."""

    procedure: str
    old: str | None
    new: str
    block: int
    most: int
    law: str | None
    owner: str | None
    why: str
    channel: str | None


def propose(
    given: Proposed,
    *,
    kafka: str | None,
    data: Any,
    archive: str | None,
    wait: bool,
    lang: Language | None,
    as_json: bool,
) -> None:
    """Check a proposal, submit it, and leave with the exit code.

    Raises:
        InvalidInput: no such pilot can be begun; names the option and the remedy. Nothing is submitted.
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        channel = _channel(settings, given.channel)
        case = new_case_id(channel)
        proposal = proposal_of(settings, given)
        plan_of(proposal, case)
        await _check_alone(reader, proposal.procedure)
        publisher = Publisher(settings.broker)
        client = ChannelClient(publisher, settings.directory.administration, channel, rules=settings.rules)
        try:
            event = client.application(REBUILDING.procedure, proposal, case=case)
        except Refusal as refusal:
            raise InvalidInput(str(refusal)) from None
        return await hand_in(settings, publisher, client, event, wait=wait, lang=lang, as_json=as_json)

    with_archive(work, data, archive, kafka=kafka)


def proposal_of(settings: Settings, given: Proposed) -> PilotProposal:
    """The proposal, with what was not given as it is today.

    Raises:
        InvalidInput: a value cannot be used; names its option.
    """
    item = CATALOGUE.get(given.procedure)
    if item is None or item is REBUILDING:
        known = ", ".join(sorted(each for each in CATALOGUE if each != REBUILDING.procedure))
        raise InvalidInput(f"there is no procedure {given.procedure!r} to be tried; there are: {known}")
    try:
        return PilotProposal(
            applicant=given.owner or _lead(settings, item),
            procedure=ProcedureId(given.procedure),
            law=given.law,
            old=VariantId(given.old or _today(settings, item, given)),
            new=VariantId(given.new),
            block=given.block,
            most=given.most,
            why=given.why,
        )
    except ValidationError as error:
        faults = "; ".join(f"--{fault.field}: {fault.message}" for fault in faults_of(error))
        raise InvalidInput(faults) from None
    except ValueError as error:
        raise InvalidInput(str(error)) from None


def _lead(settings: Settings, item: ServiceItem) -> str:
    name = settings.directory.name_of(Party.agency(item.lead))
    return f"{name.zh} / {name.en}" if name else item.lead


def _today(settings: Settings, item: ServiceItem, given: Proposed) -> str:
    """The variant in which cases are opened where no pilot says otherwise."""
    try:
        law = item.law(given.law) if given.law else item.law_on(settings.rules.legal_day(datetime.now(UTC)))
        return settings.rules.variant(item, law)[0]
    except LookupError as error:
        raise InvalidInput(f"--law: {error}") from None


def _channel(settings: Settings, given: str | None) -> str:
    channels: list[str] = [each.id for each in settings.directory.channels]
    if given is not None and given not in channels:
        raise InvalidInput(f"there is no channel {given!r}; there are: {', '.join(channels)}")
    return given or channels[0]


async def _check_alone(reader: ArchiveReader, procedure: str) -> None:
    """Return if no other pilot of the procedure is open.

    Raises:
        InvalidInput: one is.
    """
    for row in await reader.cases(status="open", procedure=REBUILDING.procedure):
        said = state_of(await reader.entries(CaseId(row.case))).application
        if said is not None and said.get("procedure") == procedure:
            raise InvalidInput(
                f"{procedure} has a pilot that is open: {row.case} ({row.number}). Stop it first, or wait "
                "until it is decided on: seamless pilot show"
            )
