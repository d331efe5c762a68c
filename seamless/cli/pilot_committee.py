"""What the steering committee says by ``seamless pilot``: its votes, its decision, and that a pilot stops.

It speaks as an agency does, through its own topic, in the name of the person who is given.
"""

from __future__ import annotations

import asyncio

from temporalio.client import Client

from activities.assigning import end_assigning
from activities.pilot_office import assigns
from archive.reader import ArchiveReader
from contracts.pilots import Ending
from contracts.procedures.rebuilding import (
    STEERING_COMMITTEE,
    Adoption,
    ApprovePilot,
    ConfirmPilot,
    DecideAdoption,
    PilotStopped,
    Vote,
    WeighEvidence,
)
from contracts.procedures.rebuilding import Evidence as WeighedByHand
from contracts.terms.errors import InvalidInput, Refusal, Unavailable
from contracts.terms.identifiers import CaseId
from contracts.terms.requests import Answer
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import Answered, Refused, Reported, Taken
from network.broker.publisher import Publisher
from network.parties import AgencyClient
from seamless.cli.console import Console
from seamless.cli.ordered import HEARD_SECONDS, person
from seamless.cli.pilot_found import found, standing
from seamless.cli.with_temporal import asking
from seamless.rebuild.pilot import Pilot
from workers.process.settings import Settings

ARCHIVED_SECONDS = 10.0
"""How long a command waits until the archive has what it said: whoever is next reads it there."""


async def vote(
    settings: Settings,
    reader: ArchiveReader,
    given: str | None,
    officer: str,
    refuse: str | None,
    *,
    as_json: bool,
) -> int:
    """Approve a pilot, or refuse it; the exit code.

    Raises:
        InvalidInput: nobody is asked to approve it now, or the same person has done so before.
        Unavailable: it is not known whether it took effect.
    """
    pilot = await found(settings, reader, given)
    step = pilot.open_step(ApprovePilot.name, ConfirmPilot.name)
    if step is None:
        raise InvalidInput(f"{pilot.case} does not wait for an approval: {standing(pilot)}")
    answer = (
        Vote(outcome="approve")
        if refuse is None
        else Vote(outcome="refuse", reason="not-approved", note=refuse)
    )
    await _answered(settings, reader, pilot, step, answer, officer)
    first = step.startswith(ApprovePilot.name)
    told = "refused" if refuse is not None else "approved; a second person has to" if first else "approved"
    _tell(pilot, told, as_json)
    return 0


async def decide(
    settings: Settings,
    reader: ArchiveReader,
    given: str | None,
    officer: str,
    why: str | None,
    *,
    go_back: bool,
    as_json: bool,
) -> int:
    """Adopt the new variant, or give it up; the exit code.

    Raises:
        InvalidInput: nobody is asked to decide it now.
        Unavailable: it is not known whether it took effect.
    """
    pilot = await found(settings, reader, given)
    step = pilot.open_step(DecideAdoption.name)
    if step is None:
        raise InvalidInput(
            f"{pilot.case} does not wait for the committee's decision: {standing(pilot)}. The committee is "
            "asked once the new variant is better, or all cases are used; to end it earlier: seamless pilot "
            "stop"
        )
    answer = Adoption(outcome="go-back" if go_back else "adopt", note=why)
    await _answered(settings, reader, pilot, step, answer, officer)
    adopted = "adopted, unless the evidence, which is weighed once more, is against it by now"
    _tell(pilot, "gone back" if go_back else adopted, as_json)
    return 0


async def stop(
    settings: Settings,
    reader: ArchiveReader,
    given: str | None,
    officer: str | None,
    why: str,
    *,
    as_json: bool,
) -> int:
    """Stop a pilot; the exit code.

    Raises:
        InvalidInput: it has ended, and assigns no cases.
        Unavailable: it is not known whether it took effect.
    """
    pilot = await found(settings, reader, given)
    if pilot.closed is not None:
        async with asking(settings) as client:
            await _end_what_it_left(client, pilot)
        _tell(pilot, "it assigns no more cases", as_json)
        return 0
    if pilot.open_step(DecideAdoption.name):
        raise InvalidInput(
            f"the committee is asked to decide on {pilot.case}: say it there, "
            "seamless pilot adopt --as OFFICER --go-back"
        )
    if pilot.stage == "end":
        raise InvalidInput(f"{pilot.case} is ending, and is not stopped any more: {standing(pilot)}")
    officer = officer or person().officer
    stopped = PilotStopped(why=why)
    reported = Reported(
        step=stopped.step, officer=officer, desk=person().desk, content=stopped.model_dump(mode="json")
    )
    await _said(settings, pilot.case, reported)
    if (step := pilot.open_step(WeighEvidence.name)) and pilot.asked_of(step) == STEERING_COMMITTEE:
        # The pilot office did not answer, so the committee is asked in its place; then the report counts.
        await _answered(settings, reader, pilot, step, WeighedByHand(outcome="undecided"), officer)
    _tell(pilot, "stopped; new cases get the old variant as soon as it is recorded", as_json)
    return 0


async def _end_what_it_left(client: Client, pilot: Pilot) -> None:
    """Have cases opened in the old variant where a pilot that was cancelled still assigns them."""
    procedure, old = pilot.procedure, pilot.old
    if procedure is None or old is None or pilot.stage == "adopted":
        raise InvalidInput(f"{pilot.case} has ended: {standing(pilot)}")
    if pilot.ended_assignment or not await assigns(client, procedure, pilot.case):
        raise InvalidInput(f"{pilot.case} has ended, and assigns no cases: {standing(pilot)}")
    await end_assigning(client, procedure, Ending(pilot=pilot.case, variant=old))


async def _answered(
    settings: Settings, reader: ArchiveReader, pilot: Pilot, step: str, answer: Answer, officer: str
) -> None:
    """Answer an open request, and return when the archive knows it."""
    said = answer.model_dump(mode="json")
    message = Answered(answer=said, officer=officer, desk=person().desk)
    await _said(settings, pilot.case, message, f"{pilot.case}/{step}")
    try:
        async with asyncio.timeout(ARCHIVED_SECONDS):
            while (await found(settings, reader, pilot.case)).open_step(step) is not None:
                await asyncio.sleep(0.1)
    except TimeoutError:
        pass  # it has taken effect; the archive is behind, as `seamless pilot show` says


async def _said(settings: Settings, case: CaseId, message: Message, request: str | None = None) -> None:
    """Say something as the committee, and return once it has taken effect.

    Raises:
        InvalidInput: the platform refuses it; says why.
        Unavailable: no broker answers, or nobody has replied in time.
    """
    async with Publisher(settings.broker) as publisher:
        committee = AgencyClient(
            publisher, settings.directory.administration, STEERING_COMMITTEE, rules=settings.rules
        )
        try:
            event = committee.event(message, case, request=request)
        except Refusal as refusal:
            raise InvalidInput(str(refusal)) from None
        async with committee.hearing() as heard:
            await committee.send(event)
            try:
                async with asyncio.timeout(HEARD_SECONDS):
                    async for reply in heard:
                        if reply.data.get("event") == event.id and _has_taken(reply):
                            return
            except TimeoutError:
                raise Unavailable(
                    f"said, and no reply within {HEARD_SECONDS:g} s: it takes effect once a gateway and an "
                    "orchestrator run; see seamless pilot show"
                ) from None


def _has_taken(reply: Event) -> bool:
    """Whether a reply says that what was said took effect.

    Raises:
        InvalidInput: it came too late, or was refused; says why.
    """
    if reply.type == Taken.type:
        if Taken.model_validate(reply.data).late:
            raise InvalidInput("it came too late, and changes nothing: it was answered before")
        return True
    if reply.type == Refused.type:
        refused = Refused.model_validate(reply.data)
        if refused.reason == "same-person":
            raise InvalidInput(
                "the same person has approved it before: another member of the committee has to"
            )
        raise InvalidInput(f"refused: {refused.text.en} {refused.detail}")
    return False


def _tell(pilot: Pilot, told: str, as_json: bool) -> None:
    if as_json:
        Console().json({"pilot": pilot.case, "said": told})
    else:
        Console().whole(f"{pilot.case}: {told}. The ledger says so.")
