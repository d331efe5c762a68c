"""What agencies that operators have paused do to the consequences of deadlines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from contracts.platform import FencePassed
from contracts.standing import Standing
from contracts.wire.topics import events_topic

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=1)
"""How long a consequence is held at a time, at most, while an agency is paused: it is as long as the agency
was paused up to then, so that what was paused for an hour follows within an hour after it is resumed, and
what was paused for months fills no history."""


def held_by_pauses(
    standing: Standing, topics: Iterable[str], deadline: datetime, grace: timedelta, now: datetime
) -> FencePassed:
    """From when on a consequence of ``deadline`` may bind, by the pauses of the agencies that may still speak
    on ``topics``: those from whose silence it follows.

    A pause that began after the deadline holds nothing: there was silence before. After a pause whoever was
    paused has ``grace`` to speak, as after an outage of the platform.
    """
    watched = set(topics)
    pauses = [
        pause
        for agency, known in standing.every_pause().items()
        if events_topic(agency) in watched
        for pause in known
        if pause.began <= deadline
    ]
    if under_way := [pause.began for pause in pauses if pause.ended is None]:
        began = min(under_way)
        hold = min(max(now - began, grace, SHORTEST), max(LONGEST, grace))
        return FencePassed(held_until=max(now, deadline) + hold, paused=began)
    over = [(pause.ended + grace, pause.began) for pause in pauses if pause.ended is not None]
    until, began = max(over, default=(deadline, deadline))
    return FencePassed(held_until=until, paused=began) if until > deadline else FencePassed()


def later(one: FencePassed, other: FencePassed) -> FencePassed:
    """Both: what may bind from the later of the two moments on."""
    ends = [each.held_until for each in (one, other) if each.held_until is not None]
    return FencePassed(
        held_until=max(ends, default=None),
        outage=one.outage or other.outage,
        paused=one.paused or other.paused,
    )
