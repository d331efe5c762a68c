"""How a program ends: what is said about why, and the exit code."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from collections.abc import Callable

from contracts.terms.errors import InvalidInput, SeamlessError
from workers.process.logs import configure_logs
from workers.process.terminal import tell, visible

INTERRUPTED = 130
CLOSED_PIPE = 141
"""Whoever read the output stopped reading, as ``head`` does: the code of a program that SIGPIPE ends."""

FILE_FAULTS = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE),
        *(errno.ENOENT, errno.EACCES, errno.EPERM),
    }
)
"""What a file may fail with, also in errors that name none: while it is written, say."""


def code_after(error: BaseException, exit_code_of: Callable[[SeamlessError], int]) -> int:
    """The exit code of a program that ended with an error, after a person was told about it in a sentence.

    Only what nobody but us can fix is shown with its traceback.
    """
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return CLOSED_PIPE
    known = error if isinstance(error, SeamlessError) else _mistake(error)
    if known is not None:
        tell(str(known))
        return exit_code_of(known)
    if not logging.getLogger().handlers:
        configure_logs("ERROR", process="seamless")
    logging.getLogger(__name__).error("the process failed", exc_info=error)
    return 1


def flushed(code: int, exit_code_of: Callable[[SeamlessError], int]) -> int:
    """The exit code once all output has left: another than ``code`` where it could not."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # which it is when it was closed before we began
                stream.flush()
        except OSError as error:
            with contextlib.suppress(
                OSError
            ):  # the rest of it goes nowhere, or the interpreter would try again
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            code = code or code_after(error, exit_code_of)
    return code


def _mistake(error: BaseException) -> InvalidInput | None:
    """What a person can fix of an error that is none of ours: of a file or folder, or a text."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidInput(f"{visible(error.object)}: this text is not UTF-8")
    if isinstance(error, OSError) and error.filename is not None:
        why = "a directory is needed there" if isinstance(error, FileExistsError) else error.strerror
        return InvalidInput(f"cannot use {visible(str(error.filename))}: {why}")
    if isinstance(error, OSError) and error.errno in FILE_FAULTS:
        return InvalidInput(f"cannot read or write: {error.strerror}")
    return None
