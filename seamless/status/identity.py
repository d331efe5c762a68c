"""How a process identifies itself to a server: to Temporal by its identity, to Kafka by its client id."""

from __future__ import annotations

import re
from typing import NamedTuple

from workers.process.identity import Identity

SDK = re.compile(r"(?P<pid>[0-9]{1,9})@(?P<host>\S+)")
"""What the SDK says where it is not told anything else."""


class Said(NamedTuple):
    """What a process says of itself; None is what it does not say."""

    process: str | None = None
    host: str | None = None
    pid: int | None = None
    build: str | None = None


def said_in(text: str) -> Said:
    """What an identity says, whoever wrote it; nothing, where it is none that we know."""
    if (ours := Identity.read(text)) is not None:
        return Said(*ours)
    if found := SDK.fullmatch(text):
        return Said(host=found["host"], pid=int(found["pid"]))
    return Said()
