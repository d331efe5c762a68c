"""Order per key, and keys side by side."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest

from workers.gateway.chains import Chains


async def test_each_key_keeps_its_order_and_keys_do_not_wait_for_one_another() -> None:
    seen: dict[str, list[int]] = defaultdict(list)
    stuck = asyncio.Event()

    async def work(item: tuple[str, int]) -> None:
        key, number = item
        if item == ("slow", 0):
            await stuck.wait()
        await asyncio.sleep(0)
        seen[key].append(number)

    chains: Chains[str, tuple[str, int]] = Chains(work)
    for number in range(5):
        for key in ("slow", "a", "b"):
            chains.put(key, (key, number))
    assert not await chains.drain(0.05)
    assert seen == {"a": [0, 1, 2, 3, 4], "b": [0, 1, 2, 3, 4]}
    stuck.set()
    assert await chains.drain(1)
    assert seen["slow"] == [0, 1, 2, 3, 4]
    assert len(chains) == 0


async def test_what_is_broken_off_ends_at_once_and_its_followers_never_start() -> None:
    started: list[int] = []

    async def work(item: int) -> None:
        started.append(item)
        await asyncio.Event().wait()

    chains: Chains[str, int] = Chains(work)
    chains.put("case", 1)
    chains.put("case", 2)
    assert not await chains.drain(0.01)
    await chains.cancel()
    assert started == [1]
    assert len(chains) == 0


@pytest.mark.parametrize("rounds", [1, 3])
async def test_a_key_may_come_again_after_its_chain_has_ended(rounds: int) -> None:
    seen: list[int] = []

    async def work(item: int) -> None:
        seen.append(item)

    chains: Chains[str, int] = Chains(work)
    for number in range(rounds):
        chains.put("case", number)
        assert await chains.drain(1)
    assert seen == list(range(rounds))
