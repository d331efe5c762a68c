"""How every process of ours begins and ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

DRAIN_SECONDS = 0.1


class UsageError(Exception):
    """A user's mistake or a machine's state: told in one sentence, without a traceback.

    Attributes:
        exit_code: what the process exits with.
    """

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run_main(main: Callable[[], Coroutine[Any, Any, int | None]]) -> None:
    """Run ``main`` to its end and leave the process with its exit code.

    The SDK's runtime threads may still deliver a result while the interpreter is torn down, which
    aborts or hangs it (sdk-python issue 300). So: a short drain before the loop ends, then out
    without finalisation, with all output flushed.
    """
    code = 1
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code = runner.run(_drained(main))
    except UsageError as error:
        print(f"seamless: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        logging.getLogger(__name__).exception("the process failed")
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


async def _drained(main: Callable[[], Coroutine[Any, Any, int | None]]) -> int:
    try:
        return await main() or 0
    finally:
        await asyncio.sleep(DRAIN_SECONDS)


async def until_stopped() -> None:
    """Return when the process is asked to stop, by Ctrl-C or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
