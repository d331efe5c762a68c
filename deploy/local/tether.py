"""Run a program that dies with its parent: ``python tether.py PARENT-PID PROGRAM [ARGUMENT...]``.

A small script that turns into the program, and not a ``preexec_fn``: Python code between fork and exec
may deadlock in a process with threads, and the Temporal SDK has many. Linux only; elsewhere the
program merely runs, and a parent that is killed leaves it behind.

Linux ties the program to the *thread* that started it, so start it from one that lasts as long as
the process does, such as the main thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie this process to ``parent``, then become ``command``; returns never."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the tie was made
        sys.exit(1)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and the program would inherit that
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
