"""How a command ends: its exit code, and a mistake reported in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from contracts.terms.errors import Damaged, InvalidInput, SeamlessError, Unavailable

EXIT_CODES: dict[type[SeamlessError], int] = {Damaged: 1, InvalidInput: 2, Unavailable: 3}
"""What a command exits with when it ends in an error of this kind."""


def exit_code_of(error: SeamlessError) -> int:
    """The exit code of an error; 1 for what is none of :data:`EXIT_CODES`."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


def run(main: Callable[[], Coroutine[Any, Any, int | None]]) -> NoReturn:
    """Run the asynchronous part of a command and leave with its exit code. Only errors are logged."""
    from workers.process.logs import configure_logs
    from workers.process.run import run_main

    configure_logs("ERROR", process="seamless")
    run_main(main, exit_code_of=exit_code_of)
