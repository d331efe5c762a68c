"""Who runs a command, for what is kept about who did it: as the operating system reports it, and nobody
else's."""

from __future__ import annotations

import os
import pwd
import socket
from pathlib import Path
from typing import NamedTuple

LOGGED_IN = Path("/proc/self/loginuid")
"""Linux: the number of the user who logged in, whoever they have become since, by ``sudo`` for one."""

NOBODY = 2**32 - 1
"""What stands there where nobody has logged in: a process of the system, a container."""


class Identity(NamedTuple):
    """Who runs a command: ``officer``, at the machine ``desk``."""

    officer: str
    desk: str


def signed_in() -> Identity:
    """Who runs this command. Every lever asks here and nowhere else: an identity that is proven to the broker
    (a SASL user name, the subject of a certificate) would be told here."""
    return Identity(login_name(), machine_name())


def login_name() -> str:
    """The name of the user who logged in; their number where the system has no name for it, as in a
    container.

    Not what the environment says, which anybody can set: two persons have to be two users.
    """
    number = _logged_in()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def machine_name() -> str:
    """The name of this machine."""
    return socket.gethostname()[:100] or "unknown"


def _logged_in() -> int:
    try:
        number = int(LOGGED_IN.read_text("ascii"))
    except (OSError, ValueError):
        return os.getuid()
    return os.getuid() if number == NOBODY else number
