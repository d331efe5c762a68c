"""Who runs a command, for what is kept about who did it."""

from __future__ import annotations

import getpass
import os


def login_name() -> str:
    """The login name; the user's number where the system has no name for it, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):
        return f"user {os.getuid()}"
