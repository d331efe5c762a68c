"""A child process: in its own session, logged to a file, tied to its parent, ended by its process id."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")


class ChildProcess:
    """A program that runs from the moment this object is made.

    It has a session of its own, so that a terminal's Ctrl-C reaches only us and we can stop it in
    order; on Linux it dies with us, even when we are killed (see ``tether.py``).
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        keep_open: Sequence[int] = (),
    ) -> None:
        """Start it.

        Args:
            command: the program, as an absolute path, and its arguments.
            log: the file that its output is appended to.
            folder: its working directory.
            environment: its environment variables; ours when None.
            keep_open: file descriptors that it inherits.
        """
        self.log = log
        with open(log, "ab", opener=_private) as output:
            self._log_begins = output.seek(0, os.SEEK_END)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                pass_fds=keep_open,
                start_new_session=True,
                umask=0o077,  # what it writes holds personal data
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """What it ended with (a negative number is the signal that killed it); None while it runs."""
        return self._process.poll()

    def ended(self) -> str | None:
        """How it ended, for a person; None while it runs."""
        code = self.exit_code
        if code is None:
            return None
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    async def stop(self, within_seconds: float) -> None:
        """Ask it to end; kill it if it has not after ``within_seconds``, or if the caller is cancelled."""
        self._process.terminate()
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, within_seconds)
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill it (SIGKILL) and return when it is gone."""
        self._process.kill()
        self._process.wait()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that this very process, and no earlier one, has written to its log."""
        with self.log.open("rb") as file:
            file.seek(self._log_begins)
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
