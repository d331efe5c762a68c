"""A real broker that cannot be worked with: what the client says about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.terms.errors import Unavailable
from deploy.local.kafka import KafkaEngine
from deploy.local.ports import LOOPBACK, free_port
from network.broker.connection import Broker

pytestmark = pytest.mark.integration

LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_somebody="secret";'


class ManyListeners(KafkaEngine):
    """A broker with two listeners more: one demands a login, one is advertised where nobody listens."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.login, self.elsewhere, self.nowhere = (f"{LOOPBACK}:{free_port()}" for _ in range(3))

    def _write_settings(self) -> None:
        super()._write_settings()
        file = self.data / "server.properties"
        known = dict(line.split("=", 1) for line in file.read_text().splitlines())
        known["listeners"] += f",LOGIN://{self.login},ELSEWHERE://{self.elsewhere}"
        known["advertised.listeners"] += f",LOGIN://{self.login},ELSEWHERE://{self.nowhere}"
        known["listener.security.protocol.map"] += ",LOGIN:SASL_PLAINTEXT,ELSEWHERE:PLAINTEXT"
        known["sasl.enabled.mechanisms"] = "PLAIN"
        known["listener.name.login.plain.sasl.jaas.config"] = LOGIN
        file.write_text("".join(f"{name}={value}\n" for name, value in known.items()))


@pytest.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ManyListeners]:
    async with ManyListeners(tmp_path_factory.mktemp("kafka")) as running:
        yield running


async def test_one_that_can_be_worked_with(engine: ManyListeners) -> None:
    await Broker(engine.bootstrap).reach()


async def test_one_that_demands_a_login(engine: ManyListeners) -> None:
    with pytest.raises(
        Unavailable, match=rf"{engine.login} closes the connection .* demands a login \(SASL\)"
    ):
        await Broker(engine.login).reach()


async def test_one_whose_brokers_are_advertised_where_nobody_listens(engine: ManyListeners) -> None:
    with pytest.raises(
        Unavailable, match=rf"says that its brokers are at {engine.nowhere}.*advertised.listeners"
    ):
        await Broker(engine.elsewhere).reach()
