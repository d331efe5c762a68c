"""Running seeds, and telling what one did."""

from __future__ import annotations

import gc
import hashlib
import logging
from dataclasses import dataclass

import structlog

from tests.simulation.clock import virtual_time
from tests.simulation.oracles import violations
from tests.simulation.plan import plan
from tests.simulation.world import World, small_numbers


@dataclass(frozen=True)
class Outcome:
    """One seed.

    Attributes:
        violations: what did not hold.
        story: what happened, one line each.
        digest: of the story: the same in every run of the seed.
    """

    seed: int
    troubles: tuple[str, ...]
    violations: tuple[str, ...]
    story: tuple[str, ...]
    seconds: float
    events: int

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.story).encode()).hexdigest()[:16]


def quiet() -> None:
    """The product's log would be longer than the run."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)


def run_seed(seed: int) -> Outcome:
    """Run one seed."""
    drawn = plan(seed)
    collects = gc.isenabled()
    gc.disable()
    try:
        with virtual_time() as loop, small_numbers(drawn):
            world = World(drawn, loop)
            loop.run_until_complete(world.run())
            found = violations(world)
            story = tuple(f"{at:8.3f}  {text}" for at, text in world.story)
            return Outcome(
                seed, tuple(sorted(drawn.troubles)), tuple(found), story, loop.time(), len(world.town.said)
            )
    finally:
        if collects:
            gc.enable()
