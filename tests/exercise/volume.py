"""A small file system, which can be made full and be enlarged again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

LARGE = 4 * 2**30
"""So large it is while all is well. It takes memory only for what is written."""


class CannotMount(Exception):
    """This process may not mount a file system; says why."""


class Volume:
    """A file system in memory, mounted on an empty folder.

    Raises:
        CannotMount: that is not allowed here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _run("mount", "-t", "tmpfs", "-o", f"size={LARGE},mode=0700", "seamless-exercise", str(folder))

    def fill(self) -> None:
        """Make it no larger than what is on it."""
        found = os.statvfs(self.folder)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._resize(used)

    def enlarge(self) -> None:
        """Give it room again."""
        self._resize(LARGE)

    def unmount(self) -> None:
        """Remove it, with all that is on it."""
        _run("umount", "--lazy", str(self.folder))

    def _resize(self, size: int) -> None:
        _run("mount", "-o", f"remount,size={size}", str(self.folder))


def _run(*command: str) -> None:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        raise CannotMount(str(error)) from None
    if ended.returncode:
        raise CannotMount(f"{command[0]}: {ended.stderr.strip()}")
