"""Logs of every process: structlog and the standard library, to standard error."""

from __future__ import annotations

import logging
import sys

import structlog

from workers.process.repetitions import Repetitions
from workers.process.terminal import indented, json_line, visible

TRACEBACKS = ("exception", "stack")


def configure_logs(level: str = "INFO", *, process: str) -> None:
    """Send structlog and the standard library's logging the same way.

    To a terminal: for people. Otherwise: one JSON object a line. ``workflow.logger`` and the Temporal
    SDK use the standard library, so they are rendered by the same processors. What an entry quotes never
    drives a terminal, not even one that shows the JSON.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderers: list[structlog.typing.Processor] = (
        [_made_visible, structlog.dev.ConsoleRenderer()]
        if sys.stderr.isatty()
        else [structlog.processors.JSONRenderer(json_line)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    handler.addFilter(Repetitions())  # libraries report every attempt while a server is away
    logging.getLogger("aiokafka").setLevel(max(root.level, logging.WARNING))


def _made_visible(_: object, name: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The entry with texts for values; only a traceback has lines."""
    texts = {visible(key): value if isinstance(value, str) else repr(value) for key, value in entry.items()}
    return {key: indented(value) if key in TRACEBACKS else visible(value) for key, value in texts.items()}
