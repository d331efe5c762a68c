"""A watched stack: what ends is started again, what ends again and again later each time."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.local import stack as module
from deploy.local.engine import EngineError
from deploy.local.ports import LOOPBACK
from deploy.local.stack import Stack
from workers.process.settings import load_settings


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    for name, seconds in (("WATCH", 0.001), ("RESTART", 0.01), ("LONGEST_RESTART", 0.04)):
        monkeypatch.setattr(module, f"{name}_SECONDS", seconds)
    return Stack(load_settings(data=tmp_path), own_kafka=False, own_temporal=False)


class Program:
    """A program that ends a while after each start.

    Attributes:
        lives: how long after each start, in seconds; for ever after the last of them.
    """

    def __init__(self, *lives: float) -> None:
        self.lives = list(lives)
        self.starts = 0
        self._ends = 0.0

    def ended(self) -> str | None:
        return None if asyncio.get_running_loop().time() < self._ends else "killed by SIGKILL"

    async def start(self) -> None:
        self.starts += 1
        if not self.lives:
            raise EngineError("port 9092 is in use by another program")
        self._ends = asyncio.get_running_loop().time() + self.lives.pop(0)


async def pauses_of(stack: Stack, program: Program, starts: int) -> list[float]:
    """How long each start was put off."""
    with capture_logs() as lines:
        watching = asyncio.create_task(stack._restart("Kafka", program.ended, program.start))
        async with asyncio.timeout(5):
            while program.starts < starts:
                await asyncio.sleep(0.002)
        watching.cancel()
    return [line["in_seconds"] for line in lines if "in_seconds" in line]


async def test_what_ends_at_once_again_and_again_is_started_later_each_time(stack: Stack) -> None:
    pauses = await pauses_of(stack, Program(*[0.0] * 5), 5)
    assert pauses[:5] == [0.01, 0.02, 0.04, 0.04, 0.04]


async def test_what_ran_for_long_is_started_again_soon(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEADY_SECONDS", 0.2)
    assert (await pauses_of(stack, Program(0.0, 0.0, 0.3, 9.0), 4))[-1] == 0.01


async def test_what_does_not_start_is_tried_again(stack: Stack) -> None:
    program = Program()
    await pauses_of(stack, program, 3)
    assert program.starts == 3


def test_a_worker_keeps_its_metrics_port_unless_another_program_took_it(stack: Stack) -> None:
    port = stack._metrics_port("gateway")
    assert stack._metrics_port("gateway") == port
    assert stack._metrics_port("archive") != port
    with socket.create_server((LOOPBACK, port)):
        assert stack._metrics_port("gateway") != port
