"""Dead letters about which two persons have to agree: one proposes, another confirms.

As ``cancel`` by force is, it is held to by the command that is run: a dead letter is settled by a record on
its topic, which the gateway takes from whoever may write there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import Directory
from contracts.terms.errors import Refusal
from contracts.terms.levers import LetterLever
from contracts.terms.service_item import ServiceItem
from contracts.wire.dead_letter import SETTLED_AS, DeadLetter
from contracts.wire.envelope import Event
from contracts.wire.messages import Applied
from network.broker.dead_letters import discard, propose, replay
from network.broker.publisher import Publisher

Procedures = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
"""The procedures of those of these cases that the archive knows."""


class Ordered(NamedTuple):
    """What an order of one person does to dead letters.

    Attributes:
        settled: those that one person may settle.
        proposed: those that it proposes.
        stands: those of which the same is proposed already, by whomever.
    """

    settled: tuple[DeadLetter, ...]
    proposed: tuple[DeadLetter, ...] = ()
    stands: tuple[DeadLetter, ...] = ()

    @property
    def waiting(self) -> tuple[DeadLetter, ...]:
        """Those that another person has to confirm."""
        return self.proposed + self.stands


class Confirmed(NamedTuple):
    """What a confirmation does to dead letters.

    Attributes:
        replayed, discarded: what another person has proposed.
        own: those that the same person has proposed.
    """

    replayed: tuple[DeadLetter, ...]
    discarded: tuple[DeadLetter, ...]
    own: tuple[DeadLetter, ...]


async def ordered(
    letters: Sequence[DeadLetter],
    lever: LetterLever,
    directory: Directory,
    procedures: Procedures,
    catalogue: Mapping[str, ServiceItem] = CATALOGUE,
) -> Ordered:
    """What it does to order ``lever`` of dead letters that wait.

    Two persons are needed of every one where the directory says so, and otherwise where the service item of
    its procedure does. Where nobody can tell its procedure, two are needed if any service item says so.

    Args:
        procedures: asked only where a service item wants two persons.
    """
    two = await _needing_two(letters, lever, directory, procedures, catalogue)
    standing = {
        each.id
        for each in letters
        if each.state == "waiting" and each.proposed is not None and each.proposed.state == SETTLED_AS[lever]
    }
    return Ordered(
        settled=tuple(each for each in letters if each.id not in two),
        proposed=tuple(each for each in letters if each.id in two - standing),
        stands=tuple(each for each in letters if each.id in two & standing),
    )


async def carry_out(publisher: Publisher, order: Ordered, lever: LetterLever, *, by: str, why: str) -> None:
    """Settle what one person may settle, and propose the rest.

    Raises:
        InvalidInput: one is settled already.
        Unavailable: Kafka does not take it.
    """
    settle = {"replay": replay, "discard": discard}[lever]
    for letter in order.settled:
        await settle(publisher, letter, by=by, why=why)
    for letter in order.proposed:
        await propose(publisher, letter, SETTLED_AS[lever], by=by, why=why)


def confirmed(letters: Sequence[DeadLetter], by: str) -> Confirmed:
    """What it does to confirm what was proposed of dead letters that wait; nothing to those of which nothing
    was."""
    others = [(each, each.proposed.state) for each in letters if each.proposed and each.proposed.by != by]
    return Confirmed(
        replayed=tuple(each for each, state in others if state == "replayed"),
        discarded=tuple(each for each, state in others if state == "discarded"),
        own=tuple(each for each in letters if each.proposed and each.proposed.by == by),
    )


async def confirm(publisher: Publisher, agreed: Confirmed, *, by: str, why: str) -> None:
    """Let what was proposed take effect.

    Raises:
        InvalidInput: one is settled already.
        Unavailable: Kafka does not take it.
    """
    for letter in agreed.replayed:
        await replay(publisher, letter, by=by, why=why)
    for letter in agreed.discarded:
        await discard(publisher, letter, by=by, why=why)


async def _needing_two(
    letters: Sequence[DeadLetter],
    lever: LetterLever,
    directory: Directory,
    procedures: Procedures,
    catalogue: Mapping[str, ServiceItem],
) -> set[str]:
    """The ids of those that need two persons."""
    if lever in directory.two_persons:
        return {each.id for each in letters}
    if not any(lever in item.two_persons for item in catalogue.values()):
        return set()
    known = await procedures({_case_of(each) for each in letters})
    alone = {procedure for procedure, item in catalogue.items() if lever not in item.two_persons}
    return {each.id for each in letters if (known.get(_case_of(each)) or _applied_for(each)) not in alone}


def _case_of(letter: DeadLetter) -> str:
    return (letter.key or b"").decode(errors="replace")


def _applied_for(letter: DeadLetter) -> str | None:
    """The procedure that an application is for; None of anything else."""
    try:
        event = Event.decode(letter.value, letter.headers)
    except (Refusal, ValueError, RecursionError):
        return None
    said = event.data.get("procedure") if event.type == Applied.type else None
    return said if isinstance(said, str) else None
