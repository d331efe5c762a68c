"""Who a process is to Temporal: its UI shows an identity at every poller, task and signal."""

from __future__ import annotations

import os
import re
import socket
from typing import NamedTuple, Self

_WRITTEN = re.compile(r"(?P<process>[^@\s]+)@(?P<host>\S*)#(?P<pid>[0-9]+) build=(?P<build>\S+)")


def department_process(agency: str) -> str:
    """What the process is called that runs the checks of an agency."""
    return f"department-{agency}"


class Identity(NamedTuple):
    """A process of a build, on a machine: ``gateway@node-3#4711 build=0.2.0``.

    Attributes:
        process: ``orchestrator``, ``gateway``, ``watcher`` or ``department-<agency>``; ``seamless`` for a
            command.
        pid: the number of the process on its machine.
        build: as the setting ``SEAMLESS_BUILD`` has it.
    """

    process: str
    host: str
    pid: int
    build: str

    @classmethod
    def here(cls, process: str, build: str) -> Self:
        """That of this process."""
        return cls(process, "".join(socket.gethostname().split()), os.getpid(), build)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """An identity as Temporal shows it; None where it is none of ours, such as that of another client."""
        found = _WRITTEN.fullmatch(text)
        return cls(found["process"], found["host"], int(found["pid"]), found["build"]) if found else None

    def __str__(self) -> str:
        return f"{self.process}@{self.host}#{self.pid} build={self.build}"
