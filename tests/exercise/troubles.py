"""The ten troubles: how each is planted, what an operator reads off, and what is done by hand."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from deploy.local.stack import Stack
from network.broker.publisher import Record
from tests.applications import application, new_case, tree
from tests.exercise.desk import Desk
from tests.exercise.town import RunningTown
from workers.process.temporal import connect

WHY = "It is an exercise."


class Trouble:
    """One trouble.

    Attributes:
        name: as the guide calls it.
        case: the case that the query has to find.
    """

    name: str

    def __init__(self, town: RunningTown, desk: Desk) -> None:
        self.town, self.desk = town, desk
        self.case = ""

    @property
    def stack(self) -> Stack:
        """The servers and processes."""
        return self.town.stack

    @property
    def labels(self) -> Mapping[str, str]:
        """By which its alert is told from others of the name."""
        return {}

    @property
    def by_hand(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What is done by hand, by the words of the guide."""
        return {}

    async def plant(self) -> None:
        """Make it."""
        raise NotImplementedError

    async def variables(self) -> list[Mapping[str, str]]:
        """What the variables of the runbook stand for; a command that names one of them is run with each."""
        return [{}]

    async def asked(self, line: str) -> Any:
        """What a command says as JSON."""
        return json.loads((await self.desk.run(line, {})).said)

    async def letters(self, reason: str) -> list[Mapping[str, str]]:
        """The dead letters of a reason, as the runbooks have them listed."""
        found = await self.asked(f"seamless dead-letter list --reason {reason} --json")
        return [{"LETTER": each["id"]} for each in found["dead_letters"]]


class PoisonEvent(Trouble):
    """A record that nobody can read comes where an agency speaks."""

    name = "a poison event"

    @property
    def labels(self) -> Mapping[str, str]:
        return {"reason": "not-json"}

    async def plant(self) -> None:
        record = Record("agency.planning.events", new_case(), b'{"specversion": "1.0", "type": ')
        await self.town.publisher.publish([record])

    async def variables(self) -> list[Mapping[str, str]]:
        return await self.letters("not-json")


class StuckCase(Trouble):
    """Somebody has ended the workflow of a case in Temporal's UI."""

    name = "a stuck case"

    @property
    def labels(self) -> Mapping[str, str]:
        return {"reason": "workflow-gone"}

    async def plant(self) -> None:
        self.town.played["fire-safety"].silent = True
        self.case = await self.town.apply("construction-permit", application())
        client = await connect(self.stack.settings)
        await self.desk.listed("SeamlessWaitingFor = 'fire-safety'", self.case)
        await client.get_workflow_handle(self.case).terminate("It looked like the right button.")

    async def variables(self) -> list[Mapping[str, str]]:
        return [{"CASE": self.case}]


class DeadBroker(Trouble):
    """The broker is killed, and nobody starts it."""

    name = "a dead broker"

    @property
    def labels(self) -> Mapping[str, str]:
        return {"reason": "kafka-away"}

    @property
    def by_hand(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        return {"the broker is started": self._start}

    async def plant(self) -> None:
        assert self.stack.kafka is not None
        self.stack.kafka.kill()

    async def _start(self) -> None:
        assert self.stack.kafka is not None
        await self.stack.kafka.start()
        await self.stack.ready()


TROUBLES: tuple[type[Trouble], ...] = (PoisonEvent, StuckCase, DeadBroker)
__all__ = ["TROUBLES", "Trouble", "tree"]
