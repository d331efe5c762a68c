"""How every process of ours begins and ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NoReturn

import structlog
import uvloop

from contracts.terms.errors import SeamlessError
from workers.process import spans
from workers.process.ending import code_after, flushed
from workers.process.logs import configure_logs
from workers.process.metrics import serve_metrics
from workers.process.pulse import Pulse
from workers.process.settings import Settings, load_settings

DRAIN_SECONDS = 0.1
PRIVATE = 0o077
"""The umask of every process: what it writes holds personal data, and only its owner may read it."""

log = structlog.get_logger(__name__)


def run_process(
    name: str,
    run: Callable[[Settings], Coroutine[Any, Any, None]],
    *,
    settings: Settings | None = None,
    exit_code_of: Callable[[SeamlessError], int] = lambda error: 1,
) -> NoReturn:
    """Run one process of the platform until it is asked to stop.

    Args:
        name: what its logs and metrics call it.
        run: works until it is cancelled; says in the metrics when it is ready.
        settings: those of the environment, unless given.
        exit_code_of: see :func:`run_main`.
    """

    async def main() -> None:
        known = settings or load_settings()
        configure_logs(known.log_level, process=name)
        spans.begin_at_zero()
        pulse = Pulse()
        port = serve_metrics(name, known, pulse)
        log.info("started", metrics_port=port)
        beating = asyncio.create_task(pulse.keep_beating())
        try:
            with traced(known, name):
                await until_stopped(run(known))
        finally:
            beating.cancel()

    run_main(main, exit_code_of=exit_code_of)


@contextlib.contextmanager
def traced(settings: Settings, process: str) -> Iterator[None]:
    """Send the spans that are made meanwhile where the settings say; nowhere where a log is replayed, whose
    times are long past. What does that is imported only then."""
    if not settings.otlp or settings.virtual_time:
        yield
        return
    from workers.process.tracing import exporting

    with exporting(settings, process):
        yield


def run_main(
    main: Callable[[], Coroutine[Any, Any, int | None]],
    *,
    exit_code_of: Callable[[SeamlessError], int] = lambda error: 1,
) -> NoReturn:
    """Run ``main`` to its end and leave the process with the exit code that it returns.

    Args:
        exit_code_of: the exit code of an error that is told to a person.

    The SDK's runtime threads may still deliver a result while the interpreter is torn down, which
    aborts or hangs it (sdk-python issue 300). So: a short drain before the loop ends, then out
    without finalisation, with all output flushed.
    """
    os.umask(PRIVATE)
    code = 1
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code = runner.run(_drained(main))
    except BaseException as error:
        code = code_after(error, exit_code_of)
    finally:
        logging.shutdown()
        os._exit(flushed(code, exit_code_of))


async def _drained(main: Callable[[], Coroutine[Any, Any, int | None]]) -> int:
    try:
        return await main() or 0
    finally:
        await asyncio.sleep(DRAIN_SECONDS)


async def until_stopped(work: Coroutine[Any, Any, None] | None = None) -> None:
    """Return when the process is asked to stop, by Ctrl-C or SIGTERM; meanwhile do ``work``, and cancel it
    then. Work that ends by itself ends the wait, with its error if it has one."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    if work is None:
        await stopped.wait()
        return
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stopped.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in (working, stopping):
        task.cancel()
    await asyncio.wait([working, stopping])
    if not working.cancelled():
        working.result()
