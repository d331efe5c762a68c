"""What a process says of itself to a server: to Temporal, its identity; to Kafka, its client id."""

from __future__ import annotations

import re
from typing import NamedTuple

OURS = re.compile(r"(?P<process>[^@\s]+)@(?P<host>[^#\s]+)#(?P<pid>[0-9]{1,9})(?:\s+build=(?P<build>\S+))?")
"""``gateway@city-1#4711 build=0.2.0``."""

SDK = re.compile(r"(?P<pid>[0-9]{1,9})@(?P<host>\S+)")
"""What the SDK says where it is not told anything else."""


class Identity(NamedTuple):
    """What a process says of itself; None is what it does not say."""

    process: str | None = None
    host: str | None = None
    pid: int | None = None
    build: str | None = None


def identity_of(text: str) -> Identity:
    """What an identity says, however it was written; nothing, where it is none that we know."""
    if found := OURS.fullmatch(text):
        return Identity(found["process"], found["host"], int(found["pid"]), found["build"])
    if found := SDK.fullmatch(text):
        return Identity(host=found["host"], pid=int(found["pid"]))
    return Identity()
